package io.forebay.hadoop.objects;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.NativeFailures;
import io.forebay.hadoop.Signing;
import io.forebay.jni.NativeException;
import io.forebay.jni.NativeUpload;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.fs.Abortable;
import org.apache.hadoop.fs.FSExceptionMessages;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.statistics.IOStatistics;
import org.apache.hadoop.fs.statistics.IOStatisticsSource;
import org.apache.hadoop.fs.statistics.impl.IOStatisticsBinding;

/**
 * A file being written, which appears as a whole when it is closed, or not at all. A write or close that failed has
 * failed for good: every later call says so again, close included.
 */
final class UploadStream extends OutputStream implements StreamCapabilities, Abortable, IOStatisticsSource {

  /** Gathers what writers give byte by byte; larger writes go past it. */
  private static final int GATHERED = 16 << 10;

  /** Hadoop's names for the abilities; StreamCapabilities holds the first since 3.3.1 only. */
  private static final String ABORTABLE = "fs.capability.outputstream.abortable";

  private final Path path;
  private final long upload;
  private final Signing signing;
  private final FileSystem.Statistics statistics;
  private final Ending ending;
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private byte[] gathered = new byte[GATHERED];
  private int count;
  private IOException failure;
  private boolean closed;
  private boolean aborted;

  /** What else belongs to a file's end. */
  interface Ending {
    /** Hears that the file is about to appear, or has. */
    void changing();

    /** Hears that it has appeared. */
    void appeared() throws IOException;
  }

  UploadStream(
      Path path, long upload, Signing signing, FileSystem.Statistics statistics, Ending ending) {
    this.path = path;
    this.upload = upload;
    this.signing = signing;
    this.statistics = statistics;
    this.ending = ending;
  }

  /** Opens the native half. */
  static long open(CachedStore store, String key, Path path, UploadSettings settings, boolean kept)
      throws IOException {
    try {
      return NativeUpload.open(store.handle(), key, settings.part(), settings.parallel(), kept);
    } catch (NativeException e) {
      throw NativeFailures.translate(e, path);
    }
  }

  @Override
  public synchronized void write(int value) throws IOException {
    checkOpen();
    if (count == gathered.length) {
      flushGathered();
    }
    gathered[count++] = (byte) value;
    took(1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    checkOpen();
    if ((offset | length) < 0 || length > bytes.length - offset) {
      throw new IndexOutOfBoundsException(
          "offset " + offset + " and length " + length + " do not fit an array of " + bytes.length + " bytes");
    }
    if (length <= gathered.length - count) {
      System.arraycopy(bytes, offset, gathered, count, length);
      count += length;
    } else {
      flushGathered();
      send(bytes, offset, length);
    }
    took(length);
  }

  /** Counts what a caller has given, also where it is only gathered yet. */
  private void took(int length) {
    written.addAndGet(length);
    if (statistics != null) {
      statistics.incrementBytesWritten(length);
    }
  }

  /** Sends nothing: what is not closed can't be read, and small requests cost as much as large ones. */
  @Override
  public synchronized void flush() {
    // Callers flush often, and after the close too.
  }

  private void flushGathered() throws IOException {
    int length = count;
    count = 0;
    send(gathered, 0, length);
  }

  private void send(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    try {
      while (done < length) {
        signing.renewIfDue();
        int taken = NativeUpload.write(upload, bytes, offset + done, length - done);
        if (taken == NativeUpload.PENDING) {
          checkInterrupt();
        } else {
          done += taken;
        }
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      if (failure != null && !aborted) {
        throw again();
      }
      return;
    }
    closed = true;
    try {
      if (failure != null) {
        throw again();
      }
      flushGathered();
      finish();
    } finally {
      release();
    }
    ending.appeared();
  }

  private void finish() throws IOException {
    ending.changing();
    try {
      while (!NativeUpload.isFinished(upload)) {
        signing.renewIfDue();
        checkInterrupt();
      }
    } catch (IOException e) {
      throw failed(e);
    } finally {
      ending.changing();
    }
  }

  @Override
  public synchronized AbortableResult abort() {
    boolean already = closed;
    if (!already) {
      closed = true;
      aborted = true;
      release();
    }
    return new Aborted(already);
  }

  private void release() {
    gathered = new byte[0];
    count = 0;
    try {
      NativeUpload.close(upload);
    } catch (NativeException e) {
      // Only where the library is already gone; then so is the upload.
      failures.incrementAndGet();
    }
  }

  private IOException failed(IOException cause) {
    failures.incrementAndGet();
    failure = cause instanceof NativeException ? NativeFailures.translate((NativeException) cause, path) : cause;
    return failure;
  }

  /** The first failure, told again: each throw needs an exception of its own, or try-with-resources suppresses itself. */
  private IOException again() {
    return new IOException(path + ": writing failed before: " + failure.getMessage(), failure);
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException(path + ": " + FSExceptionMessages.STREAM_IS_CLOSED);
    }
    if (failure != null) {
      throw again();
    }
  }

  private void checkInterrupt() throws InterruptedIOException {
    if (Thread.interrupted()) {
      throw new InterruptedIOException("interrupted while writing " + path);
    }
  }

  @Override
  public boolean hasCapability(String capability) {
    switch (capability.toLowerCase(Locale.ROOT)) {
      case ABORTABLE:
      case StreamCapabilities.IOSTATISTICS:
        return true;
      default:
        return false;
    }
  }

  @Override
  public IOStatistics getIOStatistics() {
    return IOStatisticsBinding.dynamicIOStatistics()
        .withLongFunctionCounter("stream_write_bytes", name -> written.get())
        .withLongFunctionCounter("stream_write_exceptions", name -> failures.get())
        .withLongFunctionCounter("stream_write_block_uploads", name -> 0L)
        .build();
  }

  @Override
  public String toString() {
    return "UploadStream{" + path + ", " + written + " bytes}";
  }

  /** What an abort did. */
  private static final class Aborted implements AbortableResult {
    private final boolean already;

    Aborted(boolean already) {
      this.already = already;
    }

    @Override
    public boolean alreadyClosed() {
      return already;
    }

    @Override
    public IOException anyCleanupException() {
      // What the store still holds is deleted by the library, which logs what stays.
      return null;
    }
  }
}
