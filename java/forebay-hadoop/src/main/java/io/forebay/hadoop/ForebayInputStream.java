package io.forebay.hadoop;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.apache.hadoop.fs.ByteBufferPositionedReadable;
import org.apache.hadoop.fs.ByteBufferReadable;
import org.apache.hadoop.fs.CanSetReadahead;
import org.apache.hadoop.fs.CanUnbuffer;
import org.apache.hadoop.fs.FSExceptionMessages;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.statistics.IOStatistics;
import org.apache.hadoop.fs.statistics.IOStatisticsSource;

/**
 * A stream over one pinned version of one object.
 *
 * <p>It keeps a position and a {@link Window}. Small reads are answered from the window; reads of at least half a
 * window go straight into the caller's memory. Every read fills what the caller gave, up to the end of the file:
 * readers that get a short answer ask once more for each. Positioned and vectored reads touch neither position nor
 * window and run at the same time as each other and as anything else.
 *
 * <p>As with every Hadoop stream, position-changing calls come from one thread at a time. {@code close} and
 * {@code unbuffer} may come from any thread at any time; whoever reads meanwhile gets its bytes or, after a close, an
 * IOException.
 */
public final class ForebayInputStream extends FSInputStream
    implements ByteBufferReadable, ByteBufferPositionedReadable, CanUnbuffer, CanSetReadahead, StreamCapabilities,
        IOStatisticsSource {

  // Hadoop's name for vectored reads; StreamCapabilities holds it since 3.3.5 only.
  private static final String VECTORED = "in:readvectored";

  private final PinnedFile pinned;
  private final RangeReader reader;
  private final Credit credit;
  private final Window window = new Window();
  private volatile boolean closed;

  ForebayInputStream(PinnedFile pinned, RangeReader reader, Credit credit) {
    this.pinned = pinned;
    this.reader = reader;
    this.credit = credit;
  }

  @Override
  public int read() throws IOException {
    int value = window.take();
    // More than once where another thread calls unbuffer between filling and taking.
    while (value < 0) {
      if (!fill(1)) {
        return -1;
      }
      value = window.take();
    }
    credit.crumb();
    return value;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if ((offset | length) < 0 || length > into.length - offset) {
      throw new IndexOutOfBoundsException(
          "offset " + offset + " and length " + length + " do not fit an array of " + into.length + " bytes");
    }
    int count = window.take(into, offset, length);
    if (count == length) {
      credit.fromWindow(count);
      checkOpen();
      return count;
    }
    return readPast(count, ByteBuffer.wrap(into, offset + count, length - count));
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    checkOpen();
    int length = into.remaining();
    int count = window.take(into);
    if (count == length) {
      credit.fromWindow(count);
      return count;
    }
    return readPast(count, into);
  }

  /** Goes on where the window ended after {@code taken} bytes. */
  private int readPast(int taken, ByteBuffer into) throws IOException {
    checkOpen();
    credit.fromWindow(taken);
    int done = 0;
    while (into.remaining() > 0 && into.remaining() < window.size() / 2) {
      if (!fill(into.remaining())) {
        break;
      }
      int count = window.take(into);
      credit.fromWindow(count);
      done += count;
    }
    if (into.hasRemaining() && window.remaining() == 0) {
      credit.flush();
      int count = reader.readFully(window.position(), into);
      if (count > 0) {
        window.passed(count);
        credit.read(count);
        done += count;
      }
    }
    return taken + done == 0 ? -1 : taken + done;
  }

  /** Brings at least one byte into the window; false at the end of the file. */
  private boolean fill(int demand) throws IOException {
    checkOpen();
    credit.flush();
    long position = window.position();
    if (position >= pinned.length()) {
      return false;
    }
    byte[] room = window.room();
    int length = (int) Math.min(room.length, Math.min(window.size(), pinned.length() - position));
    int count = reader.read(position, ByteBuffer.wrap(room), length, Math.min(demand, length));
    window.filled(room, count);
    if (closed) {
      window.shut();
      throw reader.streamClosed();
    }
    return true;
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) throws IOException {
    checkOpen();
    validatePositionedReadArgs(position, into, offset, length);
    return readAt(position, ByteBuffer.wrap(into, offset, length));
  }

  @Override
  public void readFully(long position, byte[] into, int offset, int length) throws IOException {
    checkOpen();
    validatePositionedReadArgs(position, into, offset, length);
    readFully(position, ByteBuffer.wrap(into, offset, length));
  }

  @Override
  public int read(long position, ByteBuffer into) throws IOException {
    checkOpen();
    checkPosition(position);
    return readAt(position, into);
  }

  @Override
  public void readFully(long position, ByteBuffer into) throws IOException {
    checkOpen();
    checkPosition(position);
    int wanted = into.remaining();
    if (wanted > 0 && readAt(position, into) < wanted) {
      throw new EOFException(FSExceptionMessages.EOF_IN_READ_FULLY);
    }
  }

  private int readAt(long position, ByteBuffer into) throws IOException {
    int count = reader.readFully(position, into);
    if (count > 0) {
      credit.read(count);
    }
    return count;
  }

  /** As Hadoop's interface of the same name, which 3.3.4 doesn't have yet. */
  @Override
  public void readVectored(List<? extends FileRange> ranges, IntFunction<ByteBuffer> allocate) throws IOException {
    readVectored(ranges, allocate, unused -> { });
  }

  /** As Hadoop's interface of the same name since 3.4.2; {@code release} gets the buffers of failed ranges. */
  public void readVectored(
      List<? extends FileRange> ranges, IntFunction<ByteBuffer> allocate, Consumer<ByteBuffer> release)
      throws IOException {
    checkOpen();
    credit.vectored(VectoredReads.begin(reader, pinned, ranges, allocate, release));
  }

  @Override
  public void seek(long position) throws IOException {
    checkOpen();
    if (position < 0) {
      throw new EOFException(FSExceptionMessages.NEGATIVE_SEEK + " " + position);
    }
    if (!window.seek(position)) {
      credit.seek();
    }
  }

  @Override
  public long skip(long count) throws IOException {
    checkOpen();
    long position = window.position();
    long skipped = Math.max(0, Math.min(count, pinned.length() - position));
    if (skipped > 0) {
      seek(position + skipped);
    }
    return skipped;
  }

  @Override
  public long getPos() {
    return window.position();
  }

  @Override
  public boolean seekToNewSource(long position) {
    return false;
  }

  @Override
  public int available() throws IOException {
    checkOpen();
    return (int) Math.max(0, Math.min(Integer.MAX_VALUE, pinned.length() - window.position()));
  }

  /** The planner sees the reads themselves; a number of bytes tells it nothing more. */
  @Override
  public void setReadahead(Long bytes) {
    if (bytes != null && bytes < 0) {
      throw new IllegalArgumentException("Negative readahead " + bytes);
    }
  }

  @Override
  public void unbuffer() {
    credit.flush();
    window.release();
    reader.unbuffer();
  }

  @Override
  public boolean hasCapability(String capability) {
    switch (capability.toLowerCase(Locale.ROOT)) {
      case StreamCapabilities.READBYTEBUFFER:
      case StreamCapabilities.PREADBYTEBUFFER:
      case StreamCapabilities.UNBUFFER:
      case StreamCapabilities.READAHEAD:
      case StreamCapabilities.IOSTATISTICS:
        return true;
      case VECTORED:
        return VectoredSupport.IS_PRESENT;
      default:
        return false;
    }
  }

  @Override
  public IOStatistics getIOStatistics() {
    return credit.statistics();
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    window.shut();
    credit.flush();
    reader.close();
    LogDrain.drain();
  }

  @Override
  public String toString() {
    return "ForebayInputStream{" + pinned.path() + ", at " + window.position() + " of " + pinned.length() + ", "
        + (closed ? "closed" : reader.describe()) + "}";
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw reader.streamClosed();
    }
  }

  private static void checkPosition(long position) throws EOFException {
    if (position < 0) {
      throw new EOFException(FSExceptionMessages.NEGATIVE_SEEK + " " + position);
    }
  }
}
