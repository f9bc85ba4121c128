package io.forebay.hadoop;

import java.io.IOException;
import java.security.PrivilegedExceptionAction;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * A read of the wrapped file system that a thread of ours makes for its caller, as the caller's user.
 *
 * <p>S3A's streams wait inside a socket, which no interrupt ends, and whose stream nobody else can close: that waits
 * for the read. So the caller waits here instead. When it is interrupted it leaves at once, and the thread is left to
 * finish by itself; what it brings may still serve others. The work must therefore not touch the caller's memory.
 */
final class Errand {

  private static final Executor CREW = DaemonThreads.crew("forebay-read");

  private Errand() {}

  /** What is to be done; it is told whether somebody still waits for it. */
  interface Work<T> {
    T run(BooleanSupplier wanted) throws IOException;
  }

  /**
   * Has {@code work} done and waits for it. What it throws is thrown as it is.
   *
   * @throws java.io.InterruptedIOException where the calling thread is interrupted before the work is done
   */
  static <T> T run(Path path, Work<T> work) throws IOException {
    if (DaemonThreads.isOurs()) {
      return work.run(() -> true);
    }
    AtomicBoolean left = new AtomicBoolean();
    UserGroupInformation user = UserGroupInformation.getCurrentUser();
    FutureTask<T> errand =
        new FutureTask<>(() -> user.doAs((PrivilegedExceptionAction<T>) () -> work.run(() -> !left.get())));
    CREW.execute(errand);
    try {
      return errand.get();
    } catch (InterruptedException e) {
      left.set(true);
      throw NativeFailures.interrupted(path);
    } catch (ExecutionException e) {
      throw thrown(e.getCause());
    }
  }

  /** What the work threw, with the caller's frames below its own: who asked is what a user looks for. */
  private static IOException thrown(Throwable cause) {
    StackTraceElement[] work = cause.getStackTrace();
    StackTraceElement[] caller = Thread.currentThread().getStackTrace();
    StackTraceElement[] both = Arrays.copyOf(work, work.length + caller.length);
    System.arraycopy(caller, 0, both, work.length, caller.length);
    cause.setStackTrace(both);
    if (cause instanceof RuntimeException) {
      throw (RuntimeException) cause;
    }
    if (cause instanceof Error) {
      throw (Error) cause;
    }
    return cause instanceof IOException ? (IOException) cause : new IOException(cause);
  }
}
