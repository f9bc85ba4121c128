package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.function.ThrowingRunnable;

/**
 * A task is killed while the store does not answer. No time is asserted, only printed: the store is held until the
 * killed reader has ended, so that it can't have ended by an answer.
 */
public class InterruptedReadsOnS3Test extends OnS3 {

  private static final int LENGTH = 3_000_000;
  private static final long GUARD_SECONDS = 60;

  private CountDownLatch gate;

  @Before
  public void holdTheStore() {
    gate = bench.proxy.hold();
  }

  @After
  public void letGo() {
    gate.countDown();
  }

  private static <T> FutureTask<T> begin(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = new Thread(task, "task");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  /** Interrupts {@code read} once its request has come to the store, and returns what it threw. */
  private IOException killed(ThrowingRunnable read) throws Exception {
    Thread[] reader = new Thread[1];
    CountDownLatch started = new CountDownLatch(1);
    int before = bench.proxy.held();
    FutureTask<IOException> outcome = begin(() -> {
      reader[0] = Thread.currentThread();
      started.countDown();
      IOException thrown = assertThrows(IOException.class, read);
      assertFalse("the interrupt was taken", Thread.currentThread().isInterrupted());
      return thrown;
    });
    assertTrue(started.await(GUARD_SECONDS, TimeUnit.SECONDS));
    bench.proxy.awaitHeld(before + 1);
    long told = System.nanoTime();
    reader[0].interrupt();
    IOException thrown = outcome.get(GUARD_SECONDS, TimeUnit.SECONDS);
    System.out.println(origin + ": ended " + (System.nanoTime() - told) / 1_000_000 + " ms after the interrupt");
    return thrown;
  }

  /** One way to read. */
  private interface Read {
    void from(FSDataInputStream in) throws IOException;
  }

  @Test
  public void reads_of_every_kind_end_while_the_store_is_silent() throws Exception {
    Read[] reads = {
      in -> in.read(),
      in -> in.readFully(1_000_000, new byte[700_000]),
      in -> {
        in.seek(2_000_000);
        in.readFully(new byte[500_000]);
      },
      in -> in.readFully(5, ByteBuffer.allocateDirect(100_000)),
    };
    for (Read read : reads) {
      // Of its own, so that no read finds its bytes under way already.
      Path path = Bench.newPath();
      bench.write(path, LENGTH, 9);
      try (FSDataInputStream in = open(path)) {
        IOException thrown = killed(() -> read.from(in));
        assertEquals(InterruptedIOException.class, thrown.getClass());
        assertEquals("interrupted while reading " + path, thrown.getMessage());
      }
    }
    assertEquals("the store has not answered", 1, gate.getCount());
  }

  @Test
  public void who_waits_for_the_same_bytes_gets_them() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 9);
    try (FSDataInputStream victim = open(path); FSDataInputStream other = open(path)) {
      FutureTask<byte[]> waiting = begin(() -> {
        bench.proxy.awaitHeld(1);
        byte[] into = new byte[400_000];
        other.readFully(100, into);
        return into;
      });
      killed(() -> victim.readFully(100, new byte[400_000]));
      gate.countDown();
      assertArrayEquals(Arrays.copyOfRange(content, 100, 400_100), waiting.get(GUARD_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test
  public void a_stream_that_was_interrupted_reads_on() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 9);
    try (FSDataInputStream in = open(path)) {
      killed(() -> in.readFully(0, new byte[1000]));
      gate.countDown();
      assertArrayEquals(content, Bench.readWhole(in, LENGTH));
    }
  }
}
