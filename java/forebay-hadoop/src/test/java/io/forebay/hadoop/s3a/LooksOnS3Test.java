package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import io.forebay.hadoop.ForebayMetrics;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.spark.TaskContext;
import org.junit.After;
import org.junit.Test;

/** Statuses that the library's own client asks for, over a real server: what they say, and what they cost. */
public class LooksOnS3Test extends OnS3 {

  @After
  public void endTask() {
    TaskContext.end();
  }

  private void assumeDirect() {
    assumeTrue("the wrapped file system asks by HEAD", origin.equals("direct"));
  }

  /** What a GET brought of each file, in the order of the requests. */
  private int bodies() {
    return (int) bench.proxy.of("GET").stream().filter(get -> get.status == 206).count();
  }

  @Test
  public void a_status_holds_what_s3a_s_own_holds() throws IOException {
    Path path = Bench.newPath();
    bench.write(path, 3_000_000, 1);
    S3AFileStatus stock = (S3AFileStatus) bench.stock().getFileStatus(path);
    for (int task = 1; task <= 2; task++) {
      TaskContext.begin();
      S3AFileStatus ours = (S3AFileStatus) files.getFileStatus(path);
      String context = "task " + task;
      assertEquals(context, stock, ours);
      assertEquals(context, stock.toString(), ours.toString());
      assertEquals(context, stock.getLen(), ours.getLen());
      assertEquals(context, stock.getModificationTime(), ours.getModificationTime());
      assertEquals(context, stock.getBlockSize(), ours.getBlockSize());
      assertEquals(context, stock.getOwner(), ours.getOwner());
      assertEquals(context, stock.getGroup(), ours.getGroup());
      assertEquals(context, stock.getPermission(), ours.getPermission());
      assertEquals(context, stock.getReplication(), ours.getReplication());
      assertEquals(context, stock.getEtag(), ours.getEtag());
      assertEquals(context, stock.getVersionId(), ours.getVersionId());
      assertEquals(context, stock.isEmptyDirectory(), ours.isEmptyDirectory());
      assertEquals(context, stock.isEncrypted(), ours.isEncrypted());
      assertEquals(context, stock.isErasureCoded(), ours.isErasureCoded());
    }
  }

  @Test
  public void one_get_tells_a_task_what_a_file_is_and_brings_its_first_bytes() throws IOException {
    assumeDirect();
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 3_000_000, 1);
    TaskContext.begin();
    bench.proxy.forget();
    assertEquals(content.length, files.getFileStatus(path).getLen());
    try (FSDataInputStream in = open(path)) {
      byte[] footer = new byte[50_000];
      in.readFully(content.length - footer.length, footer);
      assertArrayEquals(Arrays.copyOfRange(content, content.length - footer.length, content.length), footer);
    }
    assertEquals(bench.proxy.of("GET").toString(), 1, bodies());
    assertEquals(0, bench.proxy.count("HEAD"));

    Bench.awaitFills();
    for (String way : new String[] {"head", "get"}) {
      try (FileSystem again = with(ForebayS3AFileSystem.class, "fs.forebay.status.revalidate", way)) {
        TaskContext.begin();
        again.getFileStatus(path);
        TaskContext.begin();
        bench.proxy.forget();
        assertEquals(content.length, again.getFileStatus(path).getLen());
        int head = way.equals("head") ? 1 : 0;
        assertEquals(way, head, bench.proxy.count("HEAD"));
        assertEquals(way, 1 - head, bench.proxy.of("GET").stream().filter(get -> get.status == 304).count());
        assertEquals(way, 0, bodies());
      }
    }
  }

  @Test
  public void a_status_that_an_engine_passes_is_confirmed_by_the_bytes_it_reads_next() throws Exception {
    assumeDirect();
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 3_000_000, 1);
    FileStatus full = bench.stock().getFileStatus(path);
    FileStatus plain = new FileStatus(full.getLen(), false, 1, full.getBlockSize(), full.getModificationTime(), path);
    for (FileStatus passed : new FileStatus[] {full, plain}) {
      TaskContext.begin();
      bench.proxy.forget();
      try (FSDataInputStream in = files.openFile(path).withFileStatus(passed).build().get()) {
        byte[] footer = new byte[1000];
        in.readFully(content.length - footer.length, footer);
      }
      assertEquals("one request", 1, bench.proxy.count("HEAD") + bench.proxy.count("GET"));
    }
  }

  @Test
  public void what_may_be_no_file_of_data_is_asked_of_s3a() throws IOException {
    assumeDirect();
    Path directory = Bench.newPath();
    Path inside = new Path(directory, "part-0");
    bench.write(inside, 1000, 1);
    bench.write(new Path(directory, "_SUCCESS"), 10, 1);
    TaskContext.begin();
    bench.proxy.forget();
    files.getFileStatus(new Path(directory, "_SUCCESS"));
    assertEquals("a name that engines hide", 0, bodies());
    assertTrue(files.getFileStatus(directory).isDirectory());
    bench.proxy.forget();
    assertTrue(files.getFileStatus(directory).isDirectory());
    assertEquals("known to be a directory", 0, bench.proxy.count("GET"));
    assertThrows(FileNotFoundException.class, () -> files.getFileStatus(new Path(directory, "part-1")));
    bench.delete(inside);
    bench.delete(new Path(directory, "_SUCCESS"));
    bench.delete(directory);
    bench.write(directory, 1000, 1);
    TaskContext.begin();
    assertTrue("a file by now", files.getFileStatus(directory).isFile());
    Path empty = Bench.newPath();
    bench.write(empty, 0, 1);
    assertEquals(0, files.getFileStatus(empty).getLen());
  }

  @Test
  public void it_can_be_switched_off_and_is_counted() throws IOException {
    assumeDirect();
    Path path = Bench.newPath();
    bench.write(path, 1000, 1);
    try (FileSystem off = with(ForebayS3AFileSystem.class, "fs.forebay.status.by-get", "false")) {
      long before = count(ForebayMetrics.ASKED_S3A);
      TaskContext.begin();
      bench.proxy.forget();
      off.getFileStatus(path);
      assertEquals(1, bench.proxy.count("HEAD"));
      assertEquals(0, bench.proxy.count("GET"));
      assertEquals(before + 1, count(ForebayMetrics.ASKED_S3A));
    }
    long before = count("status.by-get");
    TaskContext.begin();
    files.getFileStatus(path);
    assertEquals(before + 1, count("status.by-get"));
  }

  @Test
  public void what_a_task_opens_next_is_asked_for_before_its_turn() throws IOException {
    Path[] paths = new Path[4];
    for (int file = 0; file < paths.length; file++) {
      // Each in a directory of its own: of one that many files are read of, a listing tells what is next.
      paths[file] = new Path(Bench.newPath(), "part");
      bench.write(paths[file], 1000 + file, file);
    }
    long ahead = count(ForebayMetrics.ASKED_AHEAD);
    for (int task = 1; task <= 3; task++) {
      TaskContext.begin();
      bench.proxy.forget();
      for (int file = 0; file < paths.length; file++) {
        if (task == 3 && file == 2) {
          // Asked for already; but what this process has changed since is asked for anew.
          bench.delete(paths[2]);
          Changes.of(paths[2]);
          assertThrows(FileNotFoundException.class, () -> files.getFileStatus(paths[2]));
          continue;
        }
        assertEquals(1000 + file, files.getFileStatus(paths[file]).getLen());
      }
      if (task == 2) {
        assertEquals("each once", paths.length, bench.proxy.count("HEAD") + bench.proxy.count("GET"));
        assertEquals("but the first", ahead + paths.length - 1, count(ForebayMetrics.ASKED_AHEAD));
      }
    }
  }

  /** A client that gets no answers costs a task a few failures, not one for each file. */
  @Test
  public void a_client_that_fails_again_and_again_is_left_alone() throws IOException {
    assumeDirect();
    Path path = Bench.newPath();
    bench.write(path, 1000, 1);
    bench.proxy.follow((method, asked, head) -> method.equals("GET") ? CountingProxy.answer("500 Oops", "") : null);
    for (int task = 1; task <= 6; task++) {
      TaskContext.begin();
      assertEquals(1000, files.getFileStatus(path).getLen());
    }
    assertEquals(3, bench.proxy.of("GET").size());
    assertEquals(6, bench.proxy.count("HEAD"));
  }

  private static long count(String metric) {
    return ForebayMetrics.snapshot().get(metric);
  }
}
