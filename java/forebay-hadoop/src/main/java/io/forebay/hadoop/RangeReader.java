package io.forebay.hadoop;

import io.forebay.jni.Kind;
import io.forebay.jni.NativeException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings ranges of one open file, from the native library or from the wrapped file system.
 *
 * <p>A read asks the library until it has bytes: it may be told to wait a little longer, or, where the wrapped file
 * system fetches for the library, to read some ranges itself first. Whatever goes wrong in the library is no error
 * of the read: the same range is read through the wrapped stream of the same pinned version, which either succeeds
 * or throws the exception its own users know. Keeps no position; any number of threads may read at once.
 */
final class RangeReader implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(RangeReader.class);

  /** Failures of the library after which a stream stops asking it; each may have cost seconds of retries. */
  private static final int ENOUGH_FAILURES = 3;

  /** How often one read fetches for the library, or finds all of it claimed by others, before it reads by itself. */
  private static final int ENOUGH_ROUNDS = 4;

  /** What a stream without the library asks for at least, so that a scan doesn't cost a request per window. */
  private static final int READAHEAD = 1 << 20;

  private final PinnedFile pinned;
  private final CachedFile file;
  private final DelegateReader delegate;
  private final Signing signing;
  private final DelegateLookAhead ahead;
  private volatile boolean closed;
  private volatile boolean permitted;
  private final AtomicInteger failures = new AtomicInteger();

  /**
   * @param ahead who reads ahead for the library, or null where it does so itself
   */
  RangeReader(
      PinnedFile pinned, CachedFile file, DelegateReader delegate, Signing signing, DelegateLookAhead ahead) {
    this.pinned = pinned;
    this.file = file;
    this.delegate = delegate;
    this.signing = signing;
    this.ahead = ahead;
  }

  /**
   * Fills {@code into} from {@code position} on, up to the end of the file.
   *
   * @return how many bytes, or -1 at the end of the file
   */
  int readFully(long position, ByteBuffer into) throws IOException {
    if (!into.hasRemaining()) {
      return 0;
    }
    if (position >= pinned.length()) {
      return -1;
    }
    int wanted = (int) Math.min(into.remaining(), pinned.length() - position);
    int done = 0;
    while (done < wanted) {
      done += read(position + done, into, wanted - done, wanted - done);
    }
    return done;
  }

  /**
   * Reads at least one byte and at most {@code length}, all of them within the file.
   *
   * @param demand how many bytes the caller needs; what comes beyond them costs nothing extra
   */
  int read(long position, ByteBuffer into, int length, int demand) throws IOException {
    try {
      return readAnyWay(position, into, length, demand);
    } catch (IOException e) {
      boolean isStopped = closed || (e instanceof InterruptedIOException && !(e instanceof SocketTimeoutException));
      if (!isStopped) {
        delegate.failed(e);
      }
      throw e;
    }
  }

  private int readAnyWay(long position, ByteBuffer into, int length, int demand) throws IOException {
    if (failures.get() >= ENOUGH_FAILURES) {
      return byDelegate(position, into, length, null);
    }
    boolean renewed = false;
    int rounds = 0;
    while (true) {
      checkOpen();
      try {
        signing.renewIfDue();
        boolean mayRead = isPermitted();
        int answer = mayRead ? ask(position, into, length, demand) : probe(position, demand);
        if (answer > 0 && mayRead) {
          lookAhead();
          return answer;
        }
        if (answer > 0) {
          Errand.run(pinned.path(), wanted -> {
            delegate.prove();
            return null;
          });
          permitted = true;
          continue;
        }
        checkInterrupt();
        boolean fetched = answer == CachedFile.DELEGATE && rounds++ < ENOUGH_ROUNDS
            && Errand.run(pinned.path(), wanted -> delegate.fetch(file, position, demand, ahead, wanted));
        if (!fetched && answer != CachedFile.PENDING) {
          return byDelegate(position, into, length, null);
        }
      } catch (NativeException e) {
        if (Kind.of(e.kind()) == Kind.ACCESS_DENIED && !renewed && signing.renewAfterDenial()) {
          renewed = true;
          continue;
        }
        return afterFailure(e, position, into, length);
      }
    }
  }

  /** Begins the fetches of several ranges at once; only a hint, so a failure waits for the reads to meet it. */
  void want(long[] positionsAndLengths) {
    try {
      signing.renewIfDue();
      file.want(positionsAndLengths);
    } catch (IOException e) {
      LOG.debug("could not begin to fetch ranges of {}", pinned.path(), e);
    }
  }

  /** Closes what reads no longer need; a later read opens it again. */
  void unbuffer() {
    delegate.release();
  }

  String describe() {
    return file.describe();
  }

  @Override
  public void close() {
    closed = true;
    delegate.close();
    file.close();
  }

  private int ask(long position, ByteBuffer into, int length, int demand) throws IOException {
    int at = into.position();
    int answer;
    if (into.hasArray()) {
      answer = file.read(position, into.array(), into.arrayOffset() + at, length, demand);
    } else if (into.isReadOnly()) {
      throw new ReadOnlyBufferException();
    } else {
      answer = file.readDirect(position, into, at, length, demand);
    }
    if (answer > 0) {
      into.position(at + answer);
    }
    return answer;
  }

  /** Asked before each read, and remembered: a right that was proved holds for the stream. */
  private boolean isPermitted() {
    if (!permitted) {
      permitted = delegate.isPermitted();
    }
    return permitted;
  }

  /** Whether the library has bytes at {@code position}, as {@link #ask} would answer, with none of them given away. */
  private int probe(long position, int demand) throws IOException {
    return file.read(position, new byte[1], 0, 1, demand);
  }

  private int afterFailure(NativeException failure, long position, ByteBuffer into, int length) throws IOException {
    Kind kind = Kind.of(failure.kind());
    if (kind == Kind.INTERRUPTED || closed) {
      throw closed ? streamClosed() : NativeFailures.translate(failure, pinned.path());
    }
    if (!delegate.exists()) {
      throw NativeFailures.translate(failure, pinned.path());
    }
    int count = failures.incrementAndGet();
    LOG.debug("{}: {} at {}; the wrapped file system reads it", pinned.path(), kind, position, failure);
    if (count == ENOUGH_FAILURES) {
      LOG.warn("{}: the cache failed {} times ({}); the rest of this stream is read without it",
          pinned.path(), count, failure.getMessage());
    }
    return byDelegate(position, into, length, failure);
  }

  private int byDelegate(long position, ByteBuffer into, int length, NativeException failure) throws IOException {
    checkOpen();
    int readahead = failures.get() >= ENOUGH_FAILURES ? Math.max(length, READAHEAD) : length;
    byte[] piece = new byte[Math.min(length, DelegateReader.PIECE)];
    try {
      // Never into the caller's memory: a reader that is interrupted leaves while the piece is still being read.
      for (int done = 0; done < length; done += piece.length) {
        long at = position + done;
        int count = Math.min(piece.length, length - done);
        int request = readahead - done;
        Errand.run(pinned.path(), wanted -> {
          delegate.read(at, piece, count, request);
          return count;
        });
        into.put(piece, 0, count);
      }
      ForebayMetrics.replayed();
      return length;
    } catch (IOException | RuntimeException e) {
      if (failure != null && failure != e) {
        e.addSuppressed(failure);
      }
      throw e;
    }
  }

  private void lookAhead() {
    if (ahead != null) {
      ahead.pump(file, delegate);
    }
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw streamClosed();
    }
  }

  IOException streamClosed() {
    return NativeFailures.streamClosed(pinned.path());
  }

  private void checkInterrupt() throws InterruptedIOException {
    if (Thread.interrupted()) {
      throw NativeFailures.interrupted(pinned.path());
    }
  }
}
