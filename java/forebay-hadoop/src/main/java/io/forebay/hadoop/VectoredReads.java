package io.forebay.hadoop;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * Vectored reads, for Hadoops that have them; the only class here that names {@link FileRange} in its code.
 *
 * <p>All ranges are checked before any is begun. Then the library is told of all of them at once, so that their
 * fetches overlap, and workers fill the buffers; each future completes when its own range is there.
 */
final class VectoredReads {

  /** Workers mostly wait for the network or copy; this many keep a 10 Gbit/s network busy through S3A's streams. */
  private static final int THREADS = 16;

  private static final ExecutorService WORKERS =
      DaemonThreads.pool("forebay-vectored", THREADS, new LinkedBlockingQueue<>());

  private VectoredReads() {}

  /** Begins to read {@code ranges}; says how many bytes they are. */
  static long begin(
      RangeReader reader,
      PinnedFile pinned,
      List<? extends FileRange> ranges,
      IntFunction<ByteBuffer> allocate,
      Consumer<ByteBuffer> release)
      throws IOException {
    Objects.requireNonNull(allocate, "allocate");
    Objects.requireNonNull(release, "release");
    List<? extends FileRange> sorted = checked(ranges, pinned);
    long[] wanted = new long[sorted.size() * 2];
    long total = 0;
    for (int i = 0; i < sorted.size(); i++) {
      FileRange range = sorted.get(i);
      range.setData(new CompletableFuture<>());
      wanted[2 * i] = range.getOffset();
      wanted[2 * i + 1] = range.getLength();
      total += range.getLength();
    }
    if (total > 0) {
      reader.want(wanted);
    }
    ForebayMetrics.vectored(sorted.size());
    UserGroupInformation user = UserGroupInformation.getCurrentUser();
    for (FileRange range : sorted) {
      WORKERS.execute(() -> read(user, reader, range, allocate, release));
    }
    return total;
  }

  private static void read(
      UserGroupInformation user,
      RangeReader reader,
      FileRange range,
      IntFunction<ByteBuffer> allocate,
      Consumer<ByteBuffer> release) {
    ByteBuffer buffer = null;
    try {
      buffer = allocate.apply(range.getLength());
      ByteBuffer into = buffer;
      into.limit(into.position() + range.getLength());
      user.doAs((PrivilegedExceptionAction<Integer>) () -> fill(reader, range, into));
      range.getData().complete(buffer);
    } catch (Throwable e) {
      if (buffer != null) {
        release.accept(buffer);
      }
      range.getData().completeExceptionally(e);
    }
  }

  private static int fill(RangeReader reader, FileRange range, ByteBuffer into) throws IOException {
    int start = into.position();
    if (range.getLength() > 0 && reader.readFully(range.getOffset(), into) < range.getLength()) {
      throw new EOFException("the file ended within the range " + range);
    }
    into.position(start);
    return range.getLength();
  }

  /** The ranges by offset; throws what Hadoop's own streams throw for ranges that make no sense. */
  private static List<FileRange> checked(List<? extends FileRange> ranges, PinnedFile pinned) throws EOFException {
    Objects.requireNonNull(ranges, "ranges");
    List<FileRange> sorted = new ArrayList<>(ranges.size());
    for (FileRange range : ranges) {
      Objects.requireNonNull(range, "range");
      if (range.getOffset() < 0) {
        throw new EOFException("position is negative in range " + range);
      }
      if (range.getLength() < 0) {
        throw new IllegalArgumentException("length is negative in range " + range);
      }
      if (range.getLength() > pinned.length() - range.getOffset()) {
        throw new EOFException(pinned.path() + ": range " + range + " is beyond the end of " + pinned.length()
            + " bytes");
      }
      sorted.add(range);
    }
    sorted.sort(Comparator.comparingLong(FileRange::getOffset));
    for (int i = 1; i < sorted.size(); i++) {
      FileRange before = sorted.get(i - 1);
      if (before.getOffset() + before.getLength() > sorted.get(i).getOffset()) {
        throw VectoredSupport.overlapping("Overlapping ranges " + before + " and " + sorted.get(i));
      }
    }
    return sorted;
  }
}
