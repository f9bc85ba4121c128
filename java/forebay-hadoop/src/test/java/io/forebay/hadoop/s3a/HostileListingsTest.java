package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.Rights;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.impl.OpenFileParameters;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.spark.TaskContext;
import org.junit.After;
import org.junit.Test;

/**
 * Listings that say anything at all. S3A's SDK reads the LIST answers; what of ours takes their contents are {@link
 * Siblings}, {@link SeenVersions} and {@link NextFiles}. Whatever they are told: a version that is relied on is one
 * that a HEAD has shown of that very path, and no open fails but where the store says so. {@code
 * -Dforebay.test.seed=<n>} takes other rounds.
 */
public class HostileListingsTest {

  private static final int ROUNDS = 200;
  private static final int STEPS = 100;
  private static final int FILES = 12;
  private static final int PAGE = 1000;
  private static final String[] ETAGS =
      {null, "", "\"", "W/\"weak\"", "etag0", "\"etag1\"", "etag2", "\u0000", "\ud800"};
  private static final long[] NUMBERS = {0, 1, -1, 10, 1 << 20, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE};
  private static final String[] PLACES =
      {"s3a://b/t/part-0", "s3a://b/t", "s3a://b/", "s3a://other/t/part-0", "hdfs://b/t/part-0", "/t/part-0", "part-0"};

  private final long seed = Long.getLong("forebay.test.seed", 1);
  private final Map<Path, S3AFileStatus> store = new HashMap<>();
  private final Map<Path, Set<String>> shown = new HashMap<>();
  private Random random;
  private int lists;

  @After
  public void endTask() {
    TaskContext.end();
  }

  @Test
  public void whatever_a_listing_says_a_version_is_one_that_a_head_has_shown() throws IOException {
    int listed = 0;
    for (int round = 0; round < ROUNDS; round++) {
      random = new Random(seed + round);
      store.clear();
      shown.clear();
      lists = 0;
      Configuration conf = new Configuration(false);
      NextFiles next = new NextFiles(null, Path::getName);
      Statuses statuses =
          new Statuses(new Requests(), Freshness.of(conf, "b"), Rights.of(conf, "b"), true, next, null,
              new NextLooks(true));
      for (int step = 0; step < STEPS; step++) {
        step(statuses, "seed " + (seed + round) + ", step " + step);
      }
      listed += lists;
    }
    assertTrue("no listing was asked for", listed > ROUNDS);
  }

  private void step(Statuses statuses, String where) throws IOException {
    Path path = new Path("s3a://b/t/part-" + random.nextInt(FILES));
    switch (random.nextInt(10)) {
      case 0:
        TaskContext.begin();
        break;
      case 1:
        store.put(path, file(path, "etag" + random.nextInt(3)));
        break;
      case 2:
        store.remove(path);
        break;
      default:
        read(statuses, path, where);
    }
  }

  private void read(Statuses statuses, Path path, String where) throws IOException {
    try {
      S3AFileStatus status = statuses.file(path);
      assertEquals(where, path, status.getPath());
      assertNotNull(where + ": no HEAD was sent for " + path, shown.get(path));
      assertTrue(where + ": " + status.getEtag() + " of " + path, shown.get(path).contains(status.getEtag()));
      assertEquals(where, 10, status.getLen());
    } catch (FileNotFoundException e) {
      assertTrue(where + ": " + path + " is there", !store.containsKey(path));
    }
  }

  private static S3AFileStatus file(Path path, String etag) {
    return new S3AFileStatus(10, 1000, path, 1, "me", etag, null);
  }

  /** What is there, or anything else. */
  private FileStatus entry() {
    Path path = new Path(PLACES[random.nextInt(PLACES.length)]);
    List<S3AFileStatus> there = new ArrayList<>(store.values());
    switch (random.nextInt(there.isEmpty() ? 4 : 8)) {
      case 0:
        return null;
      case 1:
        return new FileStatus(number(), random.nextBoolean(), 1, number(), number(), path);
      case 2:
        return new S3AFileStatus(false, path, "me");
      case 3:
        String etag = ETAGS[random.nextInt(ETAGS.length)];
        Path named = random.nextBoolean() ? path : new Path("s3a://b/t/part-" + random.nextInt(FILES));
        return new S3AFileStatus(number(), number(), named, number(), null, etag, etag);
      default:
        return there.get(random.nextInt(there.size()));
    }
  }

  private long number() {
    return NUMBERS[random.nextInt(NUMBERS.length)];
  }

  private final class Requests implements StockS3A {

    @Override
    public FileStatus status(Path path) throws IOException {
      S3AFileStatus found = store.get(path);
      if (found == null) {
        throw new FileNotFoundException(path.toString());
      }
      shown.computeIfAbsent(path, unused -> new HashSet<>()).add(found.getEtag());
      return found;
    }

    @Override
    public RemoteIterator<FileStatus> list(Path directory) throws IOException {
      lists++;
      int entries = random.nextInt(20) == 0 ? 3 * PAGE : random.nextInt(2 * FILES);
      int failing = random.nextInt(4) == 0 ? random.nextInt(entries + 1) : Integer.MAX_VALUE;
      List<FileStatus> all = new ArrayList<>(random.nextBoolean() ? store.values() : new ArrayList<>());
      while (all.size() < entries) {
        all.add(entry());
      }
      Iterator<FileStatus> each = all.iterator();
      return new RemoteIterator<FileStatus>() {
        private int given;

        @Override
        public boolean hasNext() {
          return each.hasNext();
        }

        @Override
        public FileStatus next() throws IOException {
          assertTrue("a second page is asked for", given < PAGE);
          if (given++ == failing) {
            if (random.nextBoolean()) {
              throw new IOException("the listing broke off");
            }
            throw new IllegalArgumentException("a key that is no path");
          }
          return each.next();
        }
      };
    }

    @Override
    public CompletableFuture<FSDataInputStream> open(Path path, OpenFileParameters parameters) {
      throw new UnsupportedOperationException(path.toString());
    }
  }
}
