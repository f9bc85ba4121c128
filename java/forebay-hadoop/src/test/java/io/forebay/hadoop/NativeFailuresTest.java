package io.forebay.hadoop;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertTrue;

import io.forebay.jni.Kind;
import io.forebay.jni.NativeException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.AccessDeniedException;
import java.util.EnumMap;
import java.util.Map;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIOException;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.junit.Test;

public class NativeFailuresTest {

  private static final Path PATH = new Path("s3a://bucket/key");

  private static Map<Kind, Class<? extends IOException>> expected() {
    Map<Kind, Class<? extends IOException>> expected = new EnumMap<>(Kind.class);
    expected.put(Kind.NOT_FOUND, FileNotFoundException.class);
    expected.put(Kind.ACCESS_DENIED, AccessDeniedException.class);
    expected.put(Kind.CHANGED, RemoteFileChangedException.class);
    expected.put(Kind.END_OF_FILE, EOFException.class);
    expected.put(Kind.INTERRUPTED, InterruptedIOException.class);
    expected.put(Kind.TIMED_OUT, SocketTimeoutException.class);
    expected.put(Kind.CLOSED, IOException.class);
    expected.put(Kind.INVALID_ARGUMENT, PathIOException.class);
    expected.put(Kind.UNSUPPORTED, PathIOException.class);
    expected.put(Kind.ORIGIN, PathIOException.class);
    expected.put(Kind.INTERNAL, PathIOException.class);
    expected.put(Kind.ALREADY_EXISTS, FileAlreadyExistsException.class);
    return expected;
  }

  @Test
  public void every_kind_has_its_exception() {
    Map<Kind, Class<? extends IOException>> expected = expected();
    for (Kind kind : Kind.values()) {
      NativeException failure = new NativeException(kind.code(), "read", "s3://bucket/key", "why it failed");
      IOException translated = NativeFailures.translate(failure, PATH);
      assertEquals(kind.name(), expected.get(kind), translated.getClass());
      assertSame(kind.name(), failure, translated.getCause());
      assertTrue(translated.getMessage(), translated.getMessage().contains("s3a://bucket/key"));
    }
  }

  @Test
  public void a_closed_stream_speaks_as_s3a_does() {
    assertEquals("s3a://bucket/key: Stream is closed!", NativeFailures.streamClosed(PATH).getMessage());
  }
}
