package io.forebay.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;

import org.junit.function.ThrowingRunnable;

/** How what makes no sense is refused. */
final class Refused {

  /** Offsets and lengths that are no part of a hundred bytes. */
  static final int[][] OUTSIDE = {{-1, 1}, {0, -1}, {0, 101}, {101, 0}, {60, 41},
      {Integer.MAX_VALUE, Integer.MAX_VALUE}, {Integer.MIN_VALUE, Integer.MIN_VALUE}, {1, Integer.MAX_VALUE}};

  private Refused() {
  }

  static void assertInvalid(ThrowingRunnable call) {
    assertKind("", Kind.INVALID_ARGUMENT, call);
  }

  static void assertKind(String message, Kind kind, ThrowingRunnable call) {
    NativeException e = assertThrows(message, NativeException.class, call);
    assertEquals(message + e, kind, Kind.of(e.kind()));
    assertFalse(e.operation().isEmpty());
  }
}
