package io.forebay.jni;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Thirty-two threads that share a few handles and do anything with them, in any order. Only NativeExceptions may come of
 * it, none of them for a bug of the library's.
 */
final class ManyThreads {

  /** One thing done by one thread. */
  interface Step {
    void take(Random random) throws Exception;
  }

  private static final int THREADS = 32;

  private final AtomicLong steps = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicReference<Throwable> wrong = new AtomicReference<>();

  private ManyThreads() {
  }

  /** Lets them go on for so long, says the seed and the result, and ends the process where something was wrong. */
  static void run(long seconds, Supplier<Step> eachThread) throws InterruptedException {
    ManyThreads all = new ManyThreads();
    long seed = Long.getLong("forebay.test.seed", System.nanoTime());
    System.out.println("seed " + seed);
    long until = System.nanoTime() + seconds * 1_000_000_000L;
    Thread[] threads = new Thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
      Random random = new Random(seed + i);
      Step step = eachThread.get();
      threads[i] = new Thread(() -> all.repeat(step, random, until));
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (all.wrong.get() != null) {
      all.wrong.get().printStackTrace(System.out);
      System.exit(2);
    }
    System.out.println("ok " + all.steps + " steps, " + all.refused + " refused");
  }

  private void repeat(Step step, Random random, long until) {
    while (System.nanoTime() < until && wrong.get() == null) {
      try {
        steps.incrementAndGet();
        step.take(random);
      } catch (NativeException e) {
        refused.incrementAndGet();
        if (Kind.of(e.kind()) == Kind.INTERNAL) {
          wrong.compareAndSet(null, e);
        }
      } catch (Throwable e) {
        wrong.compareAndSet(null, e);
      }
    }
  }
}
