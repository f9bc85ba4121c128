package io.forebay.hadoop;

import io.forebay.hadoop.s3a.RemoteChange;
import io.forebay.jni.Kind;
import io.forebay.jni.NativeException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.AccessDeniedException;
import org.apache.hadoop.fs.FSExceptionMessages;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIOException;

/**
 * The one table from the native library's kinds of failure to the exceptions that Hadoop's contract names.
 *
 * <p>Most failures never come here: the wrapped file system reads the same range and throws its own. The table is
 * for those that can't be asked again: an interrupt, a closed stream, a file system without a wrapped one.
 */
public final class NativeFailures {

  private static final boolean HAS_S3A = hasS3A();

  private NativeFailures() {}

  /** What a caller of Hadoop's interfaces expects for {@code failure}, with it as the cause. */
  public static IOException translate(NativeException failure, Path path) {
    String text = path + ": " + failure.getMessage();
    switch (Kind.of(failure.kind())) {
      case NOT_FOUND:
        return caused(new FileNotFoundException(text), failure);
      case ACCESS_DENIED:
        return caused(new AccessDeniedException(path.toString(), null, failure.getMessage()), failure);
      case CHANGED:
        return HAS_S3A
            ? RemoteChange.exception(path, failure)
            : new ChangedFileException(path.toString(), failure.getMessage(), failure);
      case END_OF_FILE:
        return caused(new EOFException(text), failure);
      case INTERRUPTED:
        return caused(interrupted(path), failure);
      case TIMED_OUT:
        return caused(new SocketTimeoutException(text), failure);
      case CLOSED:
        return caused(streamClosed(path), failure);
      case ALREADY_EXISTS:
        return caused(new FileAlreadyExistsException(text), failure);
      case INVALID_ARGUMENT:
      case UNSUPPORTED:
      case ORIGIN:
      case INTERNAL:
        return new PathIOException(path.toString(), failure.getMessage(), failure);
      default:
        throw new AssertionError("no exception is chosen for kind " + failure.kind());
    }
  }

  static IOException streamClosed(Path path) {
    return new IOException(path + ": " + FSExceptionMessages.STREAM_IS_CLOSED);
  }

  static InterruptedIOException interrupted(Path path) {
    return new InterruptedIOException("interrupted while reading " + path);
  }

  private static boolean hasS3A() {
    try {
      Class.forName(RemoteChange.S3A_EXCEPTION, false, NativeFailures.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static <E extends IOException> E caused(E exception, Throwable cause) {
    exception.initCause(cause);
    return exception;
  }
}
