package io.forebay.hadoop;

import io.forebay.jni.NativeException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads ranges of one pinned version through the wrapped file system's streams, on whatever thread asks.
 *
 * <p>A stream serves one thread at a time; a second thread opens its own. One is kept between reads, so that a scan
 * has one stream. Each range costs exactly one request: the stream is told the range's length before it seeks, asks
 * for no more, and is read to the range's end, so that no connection is broken off.
 *
 * <p>The wrapped stream credits its bytes to the thread's statistics. Those are taken back here: what counts is what
 * our own caller takes.
 */
final class DelegateReader implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(DelegateReader.class);

  /** Small enough that readers who wait for a flight see its first bytes early, and a close is seen soon. */
  static final int PIECE = 256 << 10;

  private final PinnedFile pinned;
  private final Delegate delegate;
  private final FileSystem.Statistics statistics;
  private FSDataInputStream kept;
  private boolean closed;

  DelegateReader(PinnedFile pinned, Delegate delegate, FileSystem.Statistics statistics) {
    this.pinned = pinned;
    this.delegate = delegate;
    this.statistics = statistics;
  }

  /** Whether there is a wrapped file system to read through. */
  boolean exists() {
    return delegate.exists();
  }

  void failed(IOException failure) {
    delegate.failed(failure);
  }

  boolean isPermitted() {
    return delegate.isPermitted();
  }

  void prove() throws IOException {
    uncharged(() -> {
      delegate.prove();
      return 0;
    });
  }

  /**
   * Fetches what the library needs for a read of {@code length} bytes at {@code position} and nobody else fetches.
   * The first range is always this thread's; free workers help with the others, which may fail there without harm:
   * whoever then misses those bytes claims them anew.
   *
   * @param helpers workers, or null for none
   * @param wanted whether somebody still waits; a range that is under way is read to its end in any case, since
   *     others may wait for it too
   * @return whether asking the library again makes sense; not where it took a claim back while this thread read it
   */
  boolean fetch(CachedFile file, long position, long length, DelegateLookAhead helpers, BooleanSupplier wanted)
      throws IOException {
    Deque<Claim> own = new ArrayDeque<>();
    long[] claims = file.claims(position, length);
    for (int at = 0; at + Claim.LONGS <= claims.length; at += Claim.LONGS) {
      Claim claim = new Claim(claims, at);
      if (at == 0 || helpers == null || !helpers.take(file, this, claim)) {
        own.add(claim);
      }
    }
    try {
      boolean landed = true;
      while (landed && !own.isEmpty() && wanted.getAsBoolean()) {
        landed = land(file, own.remove());
      }
      return landed;
    } finally {
      own.forEach(claim -> file.abandon(claim.flight));
    }
  }

  /** Reads one claim and hands it over; says whether the library took all of it. */
  boolean land(CachedFile file, Claim claim) throws IOException {
    boolean landed = false;
    try {
      FSDataInputStream stream = borrow();
      try {
        stream.setReadahead(claim.length);
        stream.seek(claim.offset);
        landed = land(file, claim, stream);
      } finally {
        giveBack(stream, landed);
      }
    } finally {
      if (!landed) {
        file.abandon(claim.flight);
      }
    }
    return landed;
  }

  private boolean land(CachedFile file, Claim claim, FSDataInputStream stream) throws IOException {
    byte[] piece = new byte[(int) Math.min(PIECE, claim.length)];
    long left = claim.length;
    while (left > 0) {
      if (isClosed()) {
        throw NativeFailures.streamClosed(pinned.path());
      }
      int count = read(stream, piece, 0, (int) Math.min(piece.length, left));
      if (count < 0) {
        throw early(claim.offset + claim.length - left);
      }
      try {
        file.land(claim.flight, piece, 0, count);
      } catch (NativeException e) {
        LOG.debug("{}: the library no longer wants flight {}", pinned.path(), claim.flight, e);
        return false;
      }
      left -= count;
    }
    return true;
  }

  /**
   * Reads {@code length} bytes at {@code position} past the library; all of them lie within the file.
   *
   * @param readahead how many bytes to ask the store for, where the stream has no request open there; at least
   *     {@code length}
   */
  void read(long position, byte[] into, int length, int readahead) throws IOException {
    boolean whole = false;
    FSDataInputStream stream = borrow();
    try {
      stream.setReadahead((long) readahead);
      stream.seek(position);
      for (int done = 0; done < length; ) {
        int count = read(stream, into, done, length - done);
        if (count < 0) {
          throw early(position + done);
        }
        done += count;
      }
      whole = true;
    } finally {
      giveBack(stream, whole);
    }
  }

  private int read(FSDataInputStream stream, byte[] into, int offset, int length) throws IOException {
    try {
      return uncharged(() -> stream.read(into, offset, length));
    } catch (IllegalStateException e) {
      // What the AWS SDK's connection pool says once the file system is closed; S3A lets it through.
      throw new IOException(pinned.path() + ": the file system was closed during the read", e);
    }
  }

  /** Leaves no trace of a read in the thread's statistics. */
  private int uncharged(Read read) throws IOException {
    long before = credited();
    try {
      return read.run();
    } finally {
      if (statistics != null) {
        statistics.incrementBytesRead(before - credited());
      }
    }
  }

  private interface Read {
    int run() throws IOException;
  }

  private EOFException early(long position) {
    return new EOFException(pinned.path() + ": the store's answer ended at " + position + " of " + pinned.length()
        + " bytes");
  }

  private FSDataInputStream borrow() throws IOException {
    synchronized (this) {
      if (closed) {
        throw NativeFailures.streamClosed(pinned.path());
      }
      FSDataInputStream stream = kept;
      kept = null;
      if (stream != null) {
        return stream;
      }
    }
    return delegate.open();
  }

  private void giveBack(FSDataInputStream stream, boolean usable) {
    synchronized (this) {
      if (usable && !closed && kept == null) {
        kept = stream;
        return;
      }
    }
    discard(stream);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Closes the kept stream; the next read opens another. */
  void release() {
    FSDataInputStream stream;
    synchronized (this) {
      stream = kept;
      kept = null;
    }
    discard(stream);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    release();
  }

  /**
   * Closes a stream. One that wasn't read to its range's end is broken off: S3A would otherwise read, and charge for,
   * what is left of the range if that is no more than the readahead.
   */
  private void discard(FSDataInputStream stream) {
    if (stream != null) {
      try {
        uncharged(
            () -> {
              stream.setReadahead(0L);
              stream.close();
              return 0;
            });
      } catch (IOException e) {
        LOG.debug("could not close the wrapped stream of {}", pinned.path(), e);
      }
    }
  }

  private long credited() {
    return statistics == null ? 0 : statistics.getThreadStatistics().getBytesRead();
  }

  /** One range that a thread has taken upon itself to read for the library. */
  static final class Claim {
    static final int LONGS = 3;

    final long flight;
    final long offset;
    final long length;

    Claim(long[] claims, int at) {
      flight = claims[at];
      offset = claims[at + 1];
      length = claims[at + 2];
    }
  }
}
