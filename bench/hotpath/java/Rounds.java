import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.function.IntToDoubleFunction;

/**
 * Rounds in which the arms take turns, on one or more threads at a time. The first arm is the base.
 *
 * <p>A round's ratio is the base's time divided by an arm's. Time is what the threads have had of a processor, so
 * that neighbours on a busy machine count less; the ratio by the clock stands beside it. Each round draws its places
 * anew and gives the same ones to every arm; which arm is first goes round.
 */
final class Rounds {

  private static final int ROUNDS = 15;
  /** Of processor time per arm and round. */
  private static final long ROUND_NANOS = 20_000_000;
  /** Rounds before those that count: half a second per arm, by when C2 has compiled it. */
  private static final int WARM_UP = 25;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final int threads;
  private final int arms;
  /** Nanoseconds per read, by round, arm and thread. */
  private final double[][][] cpu;
  private final double[][][] wall;

  private Rounds(int threads, int arms) {
    this.threads = threads;
    this.arms = arms;
    cpu = new double[ROUNDS][arms][threads];
    wall = new double[ROUNDS][arms][threads];
  }

  static Rounds of(int threads, long seed, Arm.Maker... makers) throws Exception {
    Rounds rounds = new Rounds(threads, makers.length);
    CyclicBarrier barrier = new CyclicBarrier(threads);
    Thread[] workers = new Thread[threads];
    Throwable[] failures = new Throwable[threads];
    for (int i = 0; i < threads; i++) {
      int thread = i;
      workers[i] = new Thread(() -> {
        try {
          rounds.work(thread, new SplittableRandom(seed + thread), barrier, makers);
        } catch (Throwable e) {
          failures[thread] = e;
          barrier.reset();
        }
      });
      workers[i].start();
    }
    for (int i = 0; i < threads; i++) {
      workers[i].join();
    }
    for (Throwable failure : failures) {
      if (failure != null) {
        throw new IllegalStateException(failure);
      }
    }
    return rounds;
  }

  private void work(int thread, SplittableRandom seeds, CyclicBarrier barrier, Arm.Maker[] makers) throws Exception {
    Arm[] own = new Arm[arms];
    for (int i = 0; i < arms; i++) {
      own[i] = makers[i].make();
    }
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      long places = seeds.nextLong();
      for (int turn = 0; turn < arms; turn++) {
        int arm = Math.floorMod(round + turn, arms);
        barrier.await();
        SplittableRandom random = new SplittableRandom(places);
        long start = System.nanoTime();
        long used = THREADS.getCurrentThreadCpuTime();
        long reads = 0;
        long spent;
        do {
          reads += own[arm].readSome(random);
          spent = THREADS.getCurrentThreadCpuTime() - used;
        } while (spent < ROUND_NANOS);
        if (round >= 0) {
          cpu[round][arm][thread] = (double) spent / reads;
          wall[round][arm][thread] = (double) (System.nanoTime() - start) / reads;
        }
      }
    }
  }

  /** A line of JSON per arm but the base. */
  void print(int bytes, String... names) {
    for (int i = 1; i < arms; i++) {
      int arm = i;
      double[] ratios = sorted(round -> mean(cpu, round, 0) / mean(cpu, round, arm));
      double[] byClock = sorted(round -> mean(wall, round, 0) / mean(wall, round, arm));
      double[] base = sorted(round -> mean(cpu, round, 0));
      double[] ours = sorted(round -> mean(cpu, round, arm));
      double[] crowd = sorted(round -> mean(wall, round, 0) / mean(cpu, round, 0));
      System.out.println(String.format(Locale.ROOT,
          "{\"arm\": \"%s\", \"base\": \"%s\", \"bytes\": %d, \"threads\": %d, \"ratio\": %.4f, \"low\": %.4f, "
              + "\"high\": %.4f, \"clock_ratio\": %.4f, \"base_ns\": %.2f, \"ours_ns\": %.2f, \"crowd\": %.2f}",
          names[arm], names[0], bytes, threads, middle(ratios), ratios[ROUNDS / 4], ratios[ROUNDS * 3 / 4],
          middle(byClock), middle(base), middle(ours), middle(crowd)));
    }
  }

  private double mean(double[][][] times, int round, int arm) {
    return Arrays.stream(times[round][arm]).sum() / threads;
  }

  private double[] sorted(IntToDoubleFunction of) {
    double[] values = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      values[round] = of.applyAsDouble(round);
    }
    Arrays.sort(values);
    return values;
  }

  private static double middle(double[] sorted) {
    return sorted[sorted.length / 2];
  }
}
