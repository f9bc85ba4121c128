import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/** Reads without an engine: one stream from end to end, and positioned reads of many threads. */
public final class Streams {

  private static final int MIB = 1 << 20;
  private static final int THREADS = 16;
  private static final int READS = 25;

  private Streams() {}

  /** One thread reads all of a file in order, 1 MiB at a time; returns the check sum of its bytes. */
  public static long sequential(Configuration conf, String name) throws IOException {
    Path path = new Path(name);
    CRC32C sum = new CRC32C();
    byte[] piece = new byte[MIB];
    try (FSDataInputStream in = path.getFileSystem(conf).open(path)) {
      for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
        sum.update(piece, 0, count);
      }
    }
    return sum.getValue();
  }

  /** 16 threads of 25 positioned reads of 1 MiB each at random offsets, the same in every run; returns their check sum. */
  public static long random(Configuration conf, String name) throws Exception {
    Path path = new Path(name);
    long length = path.getFileSystem(conf).getFileStatus(path).getLen();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Long>> under = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        long seed = thread;
        under.add(threads.submit(() -> oneThread(conf, path, length, new Random(seed))));
      }
      long sum = 0;
      for (Future<Long> one : under) {
        sum = 31 * sum + one.get();
      }
      return sum;
    } catch (ExecutionException e) {
      throw new IOException("a reader failed", e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private static long oneThread(Configuration conf, Path path, long length, Random random) throws IOException {
    CRC32C sum = new CRC32C();
    byte[] piece = new byte[MIB];
    try (FSDataInputStream in = path.getFileSystem(conf).open(path)) {
      for (int read = 0; read < READS; read++) {
        long position = (long) (random.nextDouble() * (length - MIB));
        in.readFully(position, piece, 0, MIB);
        sum.update(piece, 0, MIB);
      }
    }
    return sum.getValue();
  }
}
