import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * Thirty-two threads share sixteen streams of a real file system, and read, seek, close during reads, close twice and
 * use them afterwards, in any order. Only IOExceptions may come of it, and no byte that isn't the object's.
 *
 * <p>Calls that move a stream's position or drop its buffer come from one thread at a time, as Hadoop's streams ask;
 * positioned reads and closes come from any thread at any time.
 */
public final class MisusesStreams {

  private static final int THREADS = 32;
  private static final int STREAMS = 16;

  private final AtomicReferenceArray<FSDataInputStream> streams = new AtomicReferenceArray<>(STREAMS);
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong afterClose = new AtomicLong();
  private final AtomicReference<Throwable> wrong = new AtomicReference<>();
  private final Lake lake;
  /** Set before the threads start, once everything is open. */
  private long until;

  private MisusesStreams(Lake lake) {
    this.lake = lake;
  }

  public static void main(String[] args) throws Exception {
    long seed = Long.parseLong(args[5]);
    System.out.println("seed " + seed);
    MisusesStreams misuse = new MisusesStreams(new Lake(args));
    for (int i = 0; i < STREAMS; i++) {
      misuse.streams.set(i, misuse.lake.open());
    }
    misuse.until = System.nanoTime() + Long.parseLong(args[4]) * 1_000_000_000L;
    Thread[] threads = new Thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
      SplittableRandom random = new SplittableRandom(seed + i);
      threads[i] = new Thread(() -> misuse.misuse(random));
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (misuse.wrong.get() != null) {
      misuse.wrong.get().printStackTrace(System.out);
      System.exit(2);
    }
    System.out.println("ok " + misuse.calls + " calls, " + misuse.refused + " refused, " + misuse.afterClose
        + " of them on a stream known to be closed");
  }

  private void misuse(SplittableRandom random) {
    byte[] array = new byte[200_000];
    while (System.nanoTime() < until && wrong.get() == null) {
      calls.incrementAndGet();
      try {
        step(random, random.nextInt(STREAMS), array);
      } catch (EOFException e) {
        wrong.compareAndSet(null, e);
      } catch (IOException e) {
        refused.incrementAndGet();
      } catch (Throwable e) {
        wrong.compareAndSet(null, e);
      }
    }
  }

  private void step(SplittableRandom random, int slot, byte[] array) throws IOException {
    FSDataInputStream stream = streams.get(slot);
    int length = 1 + random.nextInt(array.length);
    long position = random.nextLong(lake.length - length);
    switch (random.nextInt(12)) {
      case 0:
        streams.set(slot, lake.open());
        break;
      case 1:
        stream.close();
        break;
      case 2:
        stream.close();
        stream.close();
        useClosed(stream, position, array);
        break;
      case 3:
      case 4:
        inOrder(stream, position, array, length);
        break;
      case 5:
        oneByOne(stream, position, random.nextInt(5000));
        break;
      case 6:
        synchronized (stream) {
          stream.unbuffer();
        }
        break;
      case 7:
        ByteBuffer direct = ByteBuffer.allocateDirect(length);
        stream.readFully(position, direct);
        direct.flip();
        direct.get(array, 0, length);
        Lake.check(position, array, 0, length);
        break;
      default:
        stream.readFully(position, array, 0, length);
        Lake.check(position, array, 0, length);
    }
  }

  private void inOrder(FSDataInputStream stream, long position, byte[] array, int length) throws IOException {
    synchronized (stream) {
      stream.seek(position);
      stream.readFully(array, 0, length);
    }
    Lake.check(position, array, 0, length);
  }

  private static void oneByOne(FSDataInputStream stream, long position, int count) throws IOException {
    synchronized (stream) {
      stream.seek(position);
      for (int i = 0; i < count; i++) {
        int value = stream.read();
        if (value != -1 && (byte) value != Lake.at(position + i)) {
          throw new IllegalStateException("wrong byte at " + (position + i));
        }
      }
    }
  }

  private void useClosed(FSDataInputStream stream, long position, byte[] array) throws IOException {
    afterClose.incrementAndGet();
    int count = stream.read(position, array, 0, array.length);
    throw new IllegalStateException("a closed stream answered " + count);
  }
}
