package io.forebay.hadoop;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.statistics.IOStatistics;
import org.apache.hadoop.fs.statistics.StreamStatisticNames;
import org.apache.hadoop.fs.statistics.impl.IOStatisticsBinding;

/**
 * What a stream's caller has taken, told to Hadoop's statistics.
 *
 * <p>Engines read a task's input bytes from the statistics of its thread, so bytes are credited to the thread that
 * takes them, exactly those it takes, as S3A credits them: a window's unread rest counts for nobody. Bytes taken in
 * crumbs are credited together with the next larger read, the next refill or the close, because finding the
 * thread's counters costs more than taking a byte.
 */
final class Credit {

  /** From here on a read is worth crediting at once; below it lie page headers, always followed by pages. */
  static final int CRUMB = 512;

  private final FileSystem.Statistics statistics;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong seeks = new AtomicLong();
  private final AtomicLong vectored = new AtomicLong();
  // Taken from the window and not yet credited, and not yet counted natively; the reading thread's own.
  private long crumbs;
  private long uncounted;

  Credit(FileSystem.Statistics statistics) {
    this.statistics = statistics;
  }

  /** One byte came out of the window. */
  void crumb() {
    crumbs++;
  }

  /** So many bytes came out of the window. */
  void fromWindow(int count) {
    crumbs += count;
    if (count >= CRUMB) {
      settle();
    }
  }

  /** Credits what came out of the window to the calling thread. */
  void settle() {
    long count = crumbs;
    if (count > 0) {
      crumbs = 0;
      uncounted += count;
      credit(count);
    }
  }

  /** Settles where a native call is made anyway: at a refill, and at the end. */
  void flush() {
    settle();
    long count = uncounted;
    if (count > 0) {
      uncounted = 0;
      ForebayMetrics.countWindowBytes(count);
    }
  }

  /** Credits a read past the window. */
  void read(long count) {
    reads.incrementAndGet();
    credit(count);
  }

  void seek() {
    seeks.incrementAndGet();
  }

  /** Credits a vectored read to the thread that asked for it, whoever brings the bytes. */
  void vectored(long count) {
    vectored.incrementAndGet();
    credit(count);
  }

  private void credit(long count) {
    if (count > 0) {
      bytes.addAndGet(count);
      if (statistics != null) {
        statistics.incrementBytesRead(count);
      }
    }
  }

  /** The stream's live counters under Hadoop's names. */
  IOStatistics statistics() {
    return IOStatisticsBinding.dynamicIOStatistics()
        .withLongFunctionCounter(StreamStatisticNames.STREAM_READ_BYTES, name -> bytes.get() + crumbs)
        .withLongFunctionCounter(StreamStatisticNames.STREAM_READ_OPERATIONS, name -> reads.get())
        .withLongFunctionCounter(StreamStatisticNames.STREAM_READ_SEEK_OPERATIONS, name -> seeks.get())
        .withLongFunctionCounter("stream_read_vectored_operations", name -> vectored.get())
        .build();
  }
}
