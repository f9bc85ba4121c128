package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.apache.hadoop.hive.ql.exec.MapredContext;
import org.apache.hadoop.hive.ql.exec.tez.TezContext;
import org.apache.spark.TaskContext;
import org.junit.After;
import org.junit.Test;

/** Which version of a file its readers see, and how often the store is asked, over a real server. */
public class FreshnessOnS3Test extends OnS3 {

  @After
  public void endTask() {
    TaskContext.end();
    MapredContext.close();
  }

  private FileSystem withFreshness(String mode) throws IOException {
    return with(ForebayS3AFileSystem.class, "fs.forebay.freshness", mode);
  }

  private static byte[] whole(FileSystem from, Path path, int length) throws IOException {
    try (FSDataInputStream in = from.open(path)) {
      return Bench.readWhole(in, length);
    }
  }

  /** How often the store was asked what a file is: by a HEAD, or by a GET of its last bytes. */
  private int asked() {
    long looks = bench.proxy.of("GET").stream()
        .filter(get -> get.range != null && get.range.startsWith("bytes=-")).count();
    return bench.proxy.count("HEAD") + (int) looks;
  }

  @Test
  public void a_task_asks_for_a_file_once_and_the_next_task_again() throws IOException {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 100_000, 1);
    for (int task = 1; task <= 3; task++) {
      TaskContext.begin();
      bench.proxy.forget();
      assertEquals(content.length, files.getFileStatus(path).getLen());
      assertArrayEquals(content, whole(files, path, content.length));
      FileStatus status = files.getFileStatus(path);
      assertArrayEquals(content, whole(files, path, content.length));
      try (FSDataInputStream in = Passed.open(files, path, status)) {
        assertArrayEquals(content, Bench.readWhole(in, content.length));
      }
      assertEquals(1, asked());
      assertEquals(0, bench.proxy.count("LIST"));
    }
  }

  /** As Hive reads a split: a status, an open for the footer, another for the rows. */
  @Test
  public void a_task_of_hive_asks_for_a_file_once_and_sees_what_was_written_before_it() throws IOException {
    Path path = Bench.newPath();
    for (int task = 1; task <= 3; task++) {
      byte[] content = bench.write(path, 50_000 + task, task);
      TezContext.begin();
      bench.proxy.forget();
      assertEquals(content.length, files.getFileStatus(path).getLen());
      assertArrayEquals(content, whole(files, path, content.length));
      assertArrayEquals(content, whole(files, path, content.length));
      assertEquals(1, asked());
      MapredContext.close();
      assertArrayEquals(content, whole(files, path, content.length));
      assertEquals("after its end", 2, asked());
    }
  }

  @Test
  public void outside_of_tasks_every_open_asks() throws IOException {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 1000, 1);
    bench.proxy.forget();
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(content, whole(files, path, content.length));
    }
    assertEquals(3, bench.proxy.count("HEAD"));
    TaskContext.begin();
    bench.proxy.forget();
    try (FileSystem always = withFreshness("open")) {
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(content, whole(always, path, content.length));
      }
    }
    assertEquals("as configured", 3, bench.proxy.count("HEAD"));
  }

  @Test
  public void a_passed_status_is_confirmed_once_or_trusted_as_configured() throws IOException {
    Path path = Bench.newPath();
    byte[] old = bench.write(path, 1000, 1);
    FileStatus listed = files.listStatus(path.getParent())[0];
    for (FileStatus one : files.listStatus(path.getParent())) {
      listed = one.getPath().equals(path) ? one : listed;
    }
    FileStatus status = listed;
    TaskContext.begin();
    bench.proxy.forget();
    for (int i = 0; i < 2; i++) {
      try (FSDataInputStream in = Passed.open(files, path, status)) {
        assertArrayEquals(old, Bench.readWhole(in, old.length));
      }
    }
    assertEquals(1, asked());

    bench.write(path, 1000, 2);
    TaskContext.begin();
    IOException changed = assertThrows(RemoteFileChangedException.class, () -> Passed.open(files, path, status));
    assertTrue(changed.getMessage(), changed.getMessage().contains("written again"));
    bench.delete(path);
    TaskContext.begin();
    assertThrows(FileNotFoundException.class, () -> Passed.open(files, path, status));

    bench.proxy.forget();
    try (FileSystem trusting = with(ForebayS3AFileSystem.class, "fs.forebay.freshness", "planned",
            "fs.forebay.auth", "trusted");
        FSDataInputStream in = Passed.open(trusting, path, status)) {
      assertEquals(0, bench.proxy.count("HEAD"));
      // From the cache, or not at all: the version that was asked for is gone.
      byte[] read = new byte[1000];
      try {
        in.readFully(read);
        assertArrayEquals(old, read);
      } catch (FileNotFoundException gone) {
        assertTrue(gone.getMessage(), gone.getMessage().contains(path.getName()));
      }
    }
  }

  @Test
  public void a_status_listed_after_the_task_asked_is_no_change() throws IOException {
    Path path = Bench.newPath();
    bench.write(path, 1000, 1);
    TaskContext.begin();
    whole(files, path, 1000);
    byte[] content = bench.write(path, 1000, 2);
    try (FSDataInputStream in = Passed.open(files, path, bench.stock().getFileStatus(path))) {
      assertArrayEquals(content, Bench.readWhole(in, content.length));
    }
  }

  @Test
  public void a_read_that_failed_makes_the_next_open_ask() throws IOException {
    Path path = Bench.newPath();
    // More than comes with the status, all of which the task may go on to read.
    int length = 3_000_000;
    bench.write(path, length, 1);
    TaskContext.begin();
    files.getFileStatus(path);
    byte[] content = bench.write(path, length, 2);
    assertThrows(RemoteFileChangedException.class, () -> whole(files, path, length));
    assertArrayEquals(content, whole(files, path, length));
  }

  @Test
  public void a_task_reads_what_it_wrote_itself() throws IOException {
    Configuration conf = bench.conf(ForebayS3AFileSystem.class, bench.server.endpoint(), S3Server.SECRET_KEY);
    try (FileSystem both = FileSystem.newInstance(files.getUri(), conf);
        FileSystem other = FileSystem.newInstance(files.getUri(), conf)) {
      TaskContext.begin();
      Path path = Bench.newPath();
      for (int version = 0; version < 4; version++) {
        byte[] content = new byte[10_000 + version % 2];
        new Random(version).nextBytes(content);
        FSDataOutputStream out = version < 2 ? both.create(path, true) : both.createFile(path).overwrite(true).build();
        out.write(content);
        if (version > 0) {
          // The old object is there until the new one is complete.
          assertEquals(10_000 + (version - 1) % 2, both.getFileStatus(path).getLen());
        }
        out.close();
        assertArrayEquals("version " + version, content, whole(both, path, content.length));
        assertArrayEquals("version " + version, content, whole(other, path, content.length));
      }
      Path to = Bench.newPath();
      byte[] content = whole(both, path, 10_001);
      assertTrue(both.rename(path, to));
      assertThrows(FileNotFoundException.class, () -> both.open(path));
      assertArrayEquals(content, whole(both, to, content.length));
      assertTrue(both.delete(to.getParent(), true));
      assertThrows(FileNotFoundException.class, () -> both.getFileStatus(to));
    }
  }

  @Test
  public void many_files_of_a_directory_are_confirmed_by_one_listing() throws IOException {
    Path directory = new Path(Bench.newPath(), "table");
    Configuration conf = bench.conf(ForebayS3AFileSystem.class, bench.proxy.endpoint(), S3Server.SECRET_KEY);
    conf.set("fs.forebay.freshness.by-listing", "true");
    byte[][] contents = new byte[6][];
    for (int file = 0; file < contents.length; file++) {
      contents[file] = bench.write(new Path(directory, "part " + file), 1000, file);
    }
    try (FileSystem listing = FileSystem.newInstance(files.getUri(), conf)) {
      // The library's own client fetches the fifth and sixth before their turn, and needs no HEAD for them.
      int[] first = origin.equals("direct") ? new int[] {4, 1} : new int[] {6, 0};
      int[][] headsAndLists = {first, {1, 1}, {2, 1}};
      for (int task = 0; task < headsAndLists.length; task++) {
        if (task == 2) {
          contents[4] = bench.write(new Path(directory, "part 4"), 1000, 100);
        }
        TaskContext.begin();
        bench.proxy.forget();
        for (int file = 0; file < contents.length; file++) {
          Path path = new Path(directory, "part " + file);
          assertArrayEquals("task " + task, contents[file], whole(listing, path, 1000));
        }
        assertEquals("task " + task, headsAndLists[task][0], asked());
        assertEquals("task " + task, headsAndLists[task][1], bench.proxy.count("LIST"));
      }
    }
  }

  @Test
  public void small_files_are_fetched_before_their_turn_with_one_request_each() throws IOException {
    Path directory = new Path(Bench.newPath(), "small");
    byte[][] contents = new byte[20][];
    for (int file = 0; file < contents.length; file++) {
      contents[file] = bench.write(new Path(directory, "part " + (100 + file)), 20_000, file);
    }
    TaskContext.begin();
    bench.proxy.forget();
    for (int file = 0; file < contents.length; file++) {
      Path path = new Path(directory, "part " + (100 + file));
      if (file == 10) {
        // Fetched before, so that this task may read what it was; or not yet, and then what it is.
        byte[] written = bench.write(path, 20_001, 100);
        int length = (int) files.getFileStatus(path).getLen();
        assertArrayEquals(length == 20_000 ? contents[file] : written, whole(files, path, length));
        continue;
      }
      assertEquals(20_000, files.getFileStatus(path).getLen());
      assertArrayEquals("file " + file, contents[file], whole(files, path, 20_000));
    }
    boolean ahead = origin.equals("direct");
    assertEquals(1, bench.proxy.count("LIST") + (ahead ? 0 : 1));
    // What was written while it was fetched may have to be asked for.
    long heads = bench.proxy.of("HEAD").stream().filter(head -> !head.toString().contains("part%20110")).count();
    assertEquals(bench.proxy.of("HEAD").toString(), ahead ? 0 : contents.length - 1, heads);
    assertTrue(bench.proxy.of("HEAD").toString(), bench.proxy.count("HEAD") - heads <= 1);
    int gets = bench.proxy.count("GET");
    assertTrue(bench.proxy.of("GET").toString(), gets <= contents.length + 1);
    assertEquals(contents[19].length, files.getFileStatus(new Path(directory, "part 119")).getLen());

    TaskContext.begin();
    bench.proxy.forget();
    for (int file = 11; file < contents.length; file++) {
      assertArrayEquals(contents[file], whole(files, new Path(directory, "part " + (100 + file)), 20_000));
    }
    assertEquals("warm", 0, bench.proxy.count("GET"));
    assertTrue(bench.proxy.count("HEAD") + " HEADs", bench.proxy.count("HEAD") <= contents.length - 11 + 1);
    assertEquals("the next task sees what was written", 20_001,
        files.getFileStatus(new Path(directory, "part 110")).getLen());
  }

  /** Writers elsewhere, and tasks here that begin, end and take turns, in an order drawn by lot. */
  @Test
  public void whatever_was_written_before_a_task_began_is_seen_by_it() throws IOException {
    Configuration conf = bench.conf(ForebayS3AFileSystem.class, bench.server.endpoint(), S3Server.SECRET_KEY);
    conf.set("fs.forebay.freshness.by-listing", "true");
    files = (ForebayS3AFileSystem) bench.newInstance(conf);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Path directory = Bench.newPath();
    Path[] paths = new Path[6];
    Arrays.setAll(paths, number -> new Path(directory, "file-" + number));
    int[] latest = new int[paths.length];
    TaskContext[] tasks = new TaskContext[3];
    int[][] atStart = new int[tasks.length][];
    for (int step = 0; step < 400; step++) {
      String context = "seed " + seed + ", step " + step;
      int key = random.nextInt(paths.length);
      int slot = random.nextInt(tasks.length);
      switch (random.nextInt(8)) {
        case 0:
        case 1:
          // The length says the version, so that every answer tells what it is.
          latest[key] = Math.abs(latest[key]) + 1;
          bench.write(paths[key], 100 + latest[key], step);
          break;
        case 2:
          bench.delete(paths[key]);
          latest[key] = -Math.abs(latest[key]);
          break;
        case 3:
          tasks[slot] = null;
          break;
        default:
          if (tasks[slot] == null) {
            tasks[slot] = TaskContext.begin();
            atStart[slot] = latest.clone();
          }
          TaskContext.resume(tasks[slot]);
          for (int file = 0; file <= key; file++) {
            check(context, paths[file], atStart[slot][file], latest[file]);
          }
          break;
      }
    }
  }

  /** Negative is "deleted after that version"; what is there must be no older than when the task began. */
  private void check(String context, Path path, int atStart, int now) throws IOException {
    int seen;
    try (FSDataInputStream in = files.open(path)) {
      seen = in.available() - 100;
    } catch (FileNotFoundException e) {
      assertTrue(context + ": it is there", now <= 0);
      return;
    }
    int oldest = atStart <= 0 ? -atStart + 1 : atStart;
    assertTrue(context + ": saw " + seen + ", at start " + atStart, seen >= oldest);
    assertTrue(context + ": saw " + seen + ", now " + now, seen <= Math.abs(now));
  }

  /** {@code openFile} with a status. */
  private static final class Passed {
    static FSDataInputStream open(FileSystem from, Path path, FileStatus status) throws IOException {
      try {
        return from.openFile(path).withFileStatus(status).build().get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException ? (IOException) e.getCause() : new IOException(e);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }
}
