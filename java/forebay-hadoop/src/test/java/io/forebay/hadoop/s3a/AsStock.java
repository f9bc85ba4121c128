package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import org.junit.function.ThrowingRunnable;

/** Holds what Forebay throws to what stock S3A throws beside it. */
final class AsStock {

  private AsStock() {}

  static void assertBoth(Class<? extends Throwable> expected, ThrowingRunnable onStock, ThrowingRunnable onOurs) {
    Throwable theirs = assertThrows(expected, onStock);
    assertSame(theirs, assertThrows(expected, onOurs));
  }

  /** The same, and the message names what was asked for. */
  static void assertBothName(
      Object named, Class<? extends Throwable> expected, ThrowingRunnable onStock, ThrowingRunnable onOurs) {
    Throwable theirs = assertThrows(expected, onStock);
    Throwable ours = assertThrows(expected, onOurs);
    assertSame(theirs, ours);
    assertTrue(ours.toString(), String.valueOf(ours.getMessage()).contains(named.toString()));
  }

  /** For what only a run can tell: whichever way S3A fails. */
  static Throwable assertBothFail(ThrowingRunnable onStock, ThrowingRunnable onOurs) {
    Throwable theirs = assertThrows(Throwable.class, onStock);
    Throwable ours = assertThrows(Throwable.class, onOurs);
    assertSame(theirs, ours);
    return ours;
  }

  /** Same class, same words up to what differs by request: the path, or S3A's position in it. */
  static void assertSame(Throwable stock, Throwable ours) {
    assertEquals(ours.toString(), stock.getClass(), ours.getClass());
    assertEquals(opening(stock), opening(ours));
  }

  private static String opening(Throwable thrown) {
    // S3A says "re-open" where its stream was read before; ours may not have needed one until now.
    String message = String.valueOf(thrown.getMessage()).replaceFirst("^re-?open", "open");
    int path = message.indexOf("s3a://");
    int end = path < 0 ? -1 : message.indexOf(' ', path);
    return end < 0 ? message : message.substring(0, end);
  }
}
