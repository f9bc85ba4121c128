import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileRange;

/** Vectored reads (Hadoop 3.3.5 and later): the stall is what a thread spends in a range's future. */
abstract class TracedBase extends FSInputStream {

  final String file;
  final FSDataInputStream inner;

  TracedBase(String file, FSDataInputStream inner) {
    this.file = file;
    this.inner = inner;
  }

  @Override
  public int minSeekForVectorReads() {
    return inner.minSeekForVectorReads();
  }

  @Override
  public int maxReadSizeForVectorReads() {
    return inner.maxReadSizeForVectorReads();
  }

  @Override
  public void readVectored(List<? extends FileRange> ranges, IntFunction<ByteBuffer> allocate) throws IOException {
    long began = System.nanoTime();
    inner.readVectored(ranges, allocate);
    traced(ranges, began);
  }

  @Override
  public void readVectored(
      List<? extends FileRange> ranges, IntFunction<ByteBuffer> allocate, Consumer<ByteBuffer> release) throws IOException {
    long began = System.nanoTime();
    inner.readVectored(ranges, allocate, release);
    traced(ranges, began);
  }

  private void traced(List<? extends FileRange> ranges, long began) {
    Trace.read(System.nanoTime() - began);
    for (FileRange range : ranges) {
      Trace.needed(file, range.getOffset(), range.getOffset() + range.getLength());
      range.setData(new Timed(range.getData()));
    }
  }

  /** A future that counts the time its reader waits. */
  private static final class Timed extends CompletableFuture<ByteBuffer> {

    Timed(CompletableFuture<ByteBuffer> data) {
      data.whenComplete(
          (found, failure) -> {
            if (failure == null) {
              complete(found);
            } else {
              completeExceptionally(failure);
            }
          });
    }

    @Override
    public ByteBuffer get() throws InterruptedException, ExecutionException {
      long began = System.nanoTime();
      try {
        return super.get();
      } finally {
        Trace.read(System.nanoTime() - began);
      }
    }

    @Override
    public ByteBuffer get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
      long began = System.nanoTime();
      try {
        return super.get(timeout, unit);
      } finally {
        Trace.read(System.nanoTime() - began);
      }
    }

    @Override
    public ByteBuffer join() {
      long began = System.nanoTime();
      try {
        return super.join();
      } finally {
        Trace.read(System.nanoTime() - began);
      }
    }
  }
}
