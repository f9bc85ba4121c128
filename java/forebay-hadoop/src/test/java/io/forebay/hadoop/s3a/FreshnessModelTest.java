package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.Rights;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.apache.hadoop.hive.ql.exec.MapredContext;
import org.apache.hadoop.hive.ql.exec.tez.TezContext;
import org.apache.spark.TaskContext;
import org.junit.Test;

/**
 * The promise of freshness against a model: writers elsewhere and in this process, tasks of Spark and of Hive on threads
 * that are used for one after the other, a driver, two file system instances, and answers that come late in any order.
 *
 * <p>Every thread is its own, but only one runs at a time, at moments drawn from a seed; {@code gradle test -Pseed=<n>}
 * plays one round again.
 */
public class FreshnessModelTest {

  private static final int FILES = 6;
  private static final int SLOTS = 3;
  private static final int STEPS = 150;
  private static final int ROUNDS = 150;

  @Test
  public void whoever_asks_sees_what_it_may_and_nothing_older() throws Exception {
    String given = System.getProperty("forebay.test.seed");
    long first = given == null ? new Random().nextLong() : Long.parseLong(given);
    for (int round = 0; round < (given == null ? ROUNDS : 1); round++) {
      for (String mode : new String[] {"task", "open"}) {
        try (World world = new World(first + round, mode)) {
          world.run();
        }
      }
    }
  }

  /** One round. */
  private static final class World implements AutoCloseable {
    private final String context;
    private final Random random;
    private final boolean byTask;
    private final ModelStore store;
    private final Statuses[] instances = new Statuses[2];
    private final Worker[] workers = new Worker[SLOTS];
    private final Worker driver = new Worker();
    // The state of each file after this process changed it last.
    private final int[] own = new int[FILES];
    private final FileStatus[] listed = new FileStatus[FILES];
    private int depth;

    World(long seed, String mode) {
      context = "mode " + mode + ", -Pseed=" + seed;
      random = new Random(seed);
      store = new ModelStore(FILES, this::meanwhile, random.nextBoolean());
      byTask = mode.equals("task");
      Configuration conf = new Configuration(false);
      conf.set("fs.forebay.freshness", mode);
      conf.set("fs.forebay.auth", random.nextBoolean() ? "verify" : "trusted");
      for (int i = 0; i < instances.length; i++) {
        boolean looks = random.nextInt(3) > 0;
        boolean lists = random.nextBoolean();
        instances[i] = new Statuses(store, Freshness.of(conf, "b"), Rights.of(conf, "b"), lists,
            new NextFiles(null, Path::getName), looks ? store : null, new NextLooks(true));
      }
      Arrays.setAll(workers, slot -> new Worker());
    }

    void run() throws Exception {
      for (int step = 0; step < STEPS; step++) {
        step();
      }
    }

    /** What happens to others while somebody waits for an answer. */
    private void meanwhile() {
      depth++;
      try {
        while (depth <= SLOTS && random.nextInt(3) == 0) {
          step();
        }
      } catch (Exception e) {
        throw new AssertionError(context, e);
      } finally {
        depth--;
      }
    }

    private void step() throws Exception {
      int file = random.nextInt(FILES);
      Worker worker = random.nextInt(5) == 0 ? driver : workers[random.nextInt(SLOTS)];
      switch (random.nextInt(12)) {
        case 0:
        case 1:
          store.write(file);
          break;
        case 2:
          store.delete(file);
          break;
        case 3:
          store.arrive(random.nextInt(FILES));
          break;
        case 4:
          listed[file] = ModelStore.status(file, store.state(file));
          break;
        case 5:
          changeHere(file);
          break;
        case 6:
          if (worker != driver && !worker.isBusy) {
            worker.begin(random.nextInt(3));
          }
          break;
        case 7:
          if (!worker.isBusy && listed[file] != null) {
            worker.checkPassed(file, listed[file]);
          }
          break;
        default:
          if (!worker.isBusy) {
            // As scans go: one file after the other.
            for (int next = file; next < FILES; next++) {
              worker.check(next);
            }
          }
          break;
      }
    }

    /** A change by this process, of which the instances are told before and after. */
    private void changeHere(int file) {
      Path path = ModelStore.path(file);
      instances[0].changed(path);
      if (random.nextBoolean()) {
        store.write(file);
      } else {
        store.delete(file);
      }
      int state = store.state(file);
      instances[0].changed(path);
      own[file] = Math.abs(state);
    }

    @Override
    public void close() {
      driver.thread.shutdownNow();
      Arrays.stream(workers).forEach(worker -> worker.thread.shutdownNow());
    }

    /** A thread of the process: the driver's, or one on which task follows task. */
    private final class Worker {
      private final ExecutorService thread = Executors.newSingleThreadExecutor();
      private int[] atStart;
      private boolean isBusy;

      /** Begins a task of Spark or of Hive, or none. */
      void begin(int kind) throws Exception {
        on(() -> {
          TaskContext.end();
          MapredContext.close();
          if (kind == 0) {
            TaskContext.begin();
          } else if (kind == 1) {
            TezContext.begin();
          }
        });
        atStart = kind < 2 ? store.all() : null;
      }

      /** The oldest state of a file that a call made now may tell of. */
      private int oldest(int file) {
        int since = byTask && atStart != null ? atStart[file] : store.state(file);
        return Math.max(Math.abs(since), own[file]);
      }

      void check(int file) throws Exception {
        Statuses instance = instances[random.nextInt(instances.length)];
        int oldest = oldest(file);
        int before = store.state(file);
        on(() -> {
          try {
            judge(file, oldest, ModelStore.told(instance.status(ModelStore.path(file))));
          } catch (FileNotFoundException e) {
            judgeAbsence(file, before, e);
          }
        });
      }

      void checkPassed(int file, FileStatus passed) throws Exception {
        Statuses instance = instances[random.nextInt(instances.length)];
        int oldest = oldest(file);
        int told = ModelStore.told(passed);
        int before = store.state(file);
        on(() -> {
          try {
            int seen = ModelStore.told(instance.version(ModelStore.path(file), passed));
            judge(file, oldest, seen);
            assertTrue(context + ": another version than the one passed", seen == told);
          } catch (RemoteFileChangedException e) {
            boolean wasThere = before == told && store.state(file) == told;
            assertTrue(context + ": file " + file + " is in the state that was passed, " + told, !wasThere);
          } catch (FileNotFoundException e) {
            judgeAbsence(file, before, e);
          }
        });
      }

      private void judge(int file, int oldest, int seen) {
        String what = context + ": file " + file + " seen in state " + seen + ", not before " + oldest + ", now "
            + store.state(file);
        assertTrue(what, seen >= oldest && seen <= Math.abs(store.state(file)));
      }

      /** "Not found" is never remembered: it was so during the call. */
      private void judgeAbsence(int file, int before, FileNotFoundException e) {
        assertTrue(context + ": file " + file + " is there: " + e.getMessage(),
            before <= 0 || store.state(file) != before);
      }

      private void on(Call call) throws Exception {
        isBusy = true;
        try {
          thread.submit(() -> {
            call.run();
            return null;
          }).get();
        } catch (ExecutionException e) {
          if (e.getCause() instanceof Error) {
            throw (Error) e.getCause();
          }
          throw new AssertionError(context, e.getCause());
        } finally {
          isBusy = false;
        }
      }
    }
  }

  /** A call of one thread. */
  private interface Call {
    void run() throws IOException;
  }
}
