package io.forebay.hadoop.s3a;

import static io.forebay.hadoop.s3a.AsStock.assertBoth;
import static io.forebay.hadoop.s3a.AsStock.assertBothName;
import static io.forebay.hadoop.s3a.AsStock.assertSame;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.junit.Before;
import org.junit.Test;

/** What goes wrong goes wrong as with S3A itself, which runs beside it. */
public class ErrorsOnS3Test extends OnS3 {

  private static final int LENGTH = 2_000_000;

  private FileSystem stock;

  @Before
  public void startControl() throws Exception {
    stock = bench.stock();
  }

  @Test
  public void a_missing_file_and_a_directory_are_not_found() throws Exception {
    Path missing = new Path(Bench.newPath(), "missing");
    assertBothName(missing, FileNotFoundException.class, () -> stock.open(missing), () -> files.open(missing));
    Path file = Bench.newPath();
    bench.write(file, 10, 1);
    Path directory = file.getParent();
    assertBothName(directory, FileNotFoundException.class, () -> stock.open(directory), () -> files.open(directory));
    Path root = new Path("/");
    assertBoth(FileNotFoundException.class, () -> stock.open(root), () -> files.open(root));
    assertBoth(ExecutionException.class,
        () -> stock.openFile(missing).build().get(), () -> files.openFile(missing).build().get());
    Throwable inside =
        assertThrows(ExecutionException.class, () -> files.openFile(missing).build().get()).getCause();
    assertEquals(FileNotFoundException.class, inside.getClass());
  }

  @Test
  public void a_file_of_another_file_system_is_refused() {
    Path elsewhere = new Path("s3a://another-bucket/key");
    assertBothName("s3a://another-bucket", IllegalArgumentException.class,
        () -> stock.open(elsewhere), () -> files.open(elsewhere));
    Path local = new Path("file:///etc/passwd");
    assertBothName("/etc/passwd", IllegalArgumentException.class, () -> stock.open(local), () -> files.open(local));
  }

  @Test
  public void an_unknown_key_that_must_be_understood_is_refused_at_once() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 10, 1);
    bench.proxy.forget();
    assertBothName("fs.unknown.key", IllegalArgumentException.class,
        () -> stock.openFile(path).must("fs.unknown.key", "1").build(),
        () -> files.openFile(path).must("fs.unknown.key", "1").build());
    assertEquals(0, bench.proxy.count("HEAD"));
  }

  @Test
  public void a_status_of_another_file_is_judged_by_s3a() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 1000, 1);
    FileStatus other = new FileStatus(1000, false, 1, 1, 0, new Path("s3a://another/place/name"));
    Throwable theirs = outcome(stock, path, other);
    Throwable ours = outcome(files, path, other);
    if (theirs == null) {
      assertEquals(null, ours);
    } else {
      assertSame(theirs, ours);
    }
    FileStatus sameName = new FileStatus(1000, false, 1, 1, 0, new Path("s3a://other/x/" + path.getName()));
    assertEquals(String.valueOf(outcome(stock, path, sameName)), String.valueOf(outcome(files, path, sameName)));
    FileStatus directory = new FileStatus(0, true, 1, 1, 0, path);
    Throwable stockDirectory = outcome(stock, path, directory);
    Throwable ourDirectory = outcome(files, path, directory);
    assertEquals(String.valueOf(stockDirectory), String.valueOf(ourDirectory));
    try (FSDataInputStream in = files.open(path)) {
      assertArrayEquals(content, Bench.readWhole(in, 1000));
    }
  }

  private static Throwable outcome(FileSystem from, Path path, FileStatus status) {
    try {
      CompletableFuture<FSDataInputStream> future = from.openFile(path).withFileStatus(status).build();
      future.get().close();
      return null;
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (Exception e) {
      return e;
    }
  }

  @Test
  public void wrong_credentials_are_denied_at_open() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 10, 1);
    FileSystem wrongStock = bench.newInstance(S3AFileSystem.class, bench.proxy.endpoint(), "wrong");
    FileSystem wrongOurs = bench.newInstance(ForebayS3AFileSystem.class, bench.proxy.endpoint(), "wrong");
    assertBothName(path, AccessDeniedException.class, () -> wrongStock.open(path), () -> wrongOurs.open(path));
  }

  @Test
  public void access_revoked_while_a_file_is_open_is_denied_at_the_read() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, LENGTH, 1);
    try (FSDataInputStream theirs = stock.open(path); FSDataInputStream ours = files.open(path)) {
      assertTrue(Bench.isCached(ours));
      bench.proxy.deny("GET");
      byte[] into = new byte[100_000];
      assertBothName(path, AccessDeniedException.class, () -> theirs.readFully(0, into), () -> ours.readFully(0, into));
      assertBoth(AccessDeniedException.class, () -> theirs.read(), () -> ours.read());
    }
  }

  @Test
  public void an_object_written_again_while_it_is_read_is_a_changed_file() throws Exception {
    Path path = Bench.newPath();
    byte[] first = bench.write(path, LENGTH, 1);
    try (FSDataInputStream theirs = stock.open(path); FSDataInputStream ours = files.open(path)) {
      byte[] head = new byte[1000];
      ours.readFully(0, head);
      assertArrayEquals(Arrays.copyOf(first, 1000), head);
      bench.write(path, LENGTH, 2);
      byte[] into = new byte[500_000];
      assertBothName(path, RemoteFileChangedException.class,
          () -> theirs.readFully(1_000_000, into), () -> ours.readFully(1_000_000, into));
      ours.readFully(0, head);
      assertArrayEquals("the version that was opened", Arrays.copyOf(first, 1000), head);
    }
  }

  @Test
  public void an_object_deleted_while_it_is_read_is_not_found() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, LENGTH, 1);
    try (FSDataInputStream theirs = stock.open(path); FSDataInputStream ours = files.open(path)) {
      bench.delete(path);
      byte[] into = new byte[100_000];
      Throwable stocks = assertThrows(IOException.class, () -> theirs.readFully(0, into));
      Throwable gone = assertThrows(IOException.class, () -> ours.readFully(0, into));
      assertSame(stocks, gone);
      assertTrue(gone.toString(), gone.getMessage().contains(path.toString()));
    }
  }

  @Test
  public void closed_streams_and_senseless_seeks_speak_as_s3as() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 1000, 1);
    FSDataInputStream theirs = stock.open(path);
    FSDataInputStream ours = files.open(path);
    assertBoth(EOFException.class, () -> theirs.seek(-1), () -> ours.seek(-1));
    byte[] into = new byte[10];
    assertEquals(theirs.read(1000, into, 0, 10), ours.read(1000, into, 0, 10));
    assertEquals(theirs.read(5000, into, 0, 10), ours.read(5000, into, 0, 10));
    assertBoth(EOFException.class, () -> theirs.readFully(995, into), () -> ours.readFully(995, into));
    theirs.seek(2000);
    ours.seek(2000);
    assertEquals(theirs.read(), ours.read());
    theirs.close();
    ours.close();
    assertBoth(IOException.class, () -> theirs.read(), () -> ours.read());
    assertBoth(IOException.class, () -> theirs.seek(0), () -> ours.seek(0));
    assertBoth(IOException.class, () -> theirs.readFully(0, into), () -> ours.readFully(0, into));
    assertBoth(IOException.class, () -> theirs.available(), () -> ours.available());
  }

  @Test
  public void a_closed_file_system_opens_nothing() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 10, 1);
    stock.close();
    files.close();
    assertBoth(IOException.class, () -> stock.open(path), () -> files.open(path));
  }

  @Test
  public void a_key_with_a_value_that_is_not_allowed_fails_initialize() throws Exception {
    String[][] wrong = {
      {"fs.forebay.enabled", "yes", "true or false"},
      {"fs.forebay.origin", "sideways", "auto or direct or delegate"},
      {"fs.forebay.freshness", "always", "task, open, planned, or ttl= with a duration such as ttl=60s"},
      {"fs.forebay.freshness", "ttl=99999999999999999999s",
        "task, open, planned, or ttl= with a duration such as ttl=60s"},
      {"fs.forebay.auth", "maybe", "verify or trusted"},
      {"fs.forebay.auth.ttl", "soon", "a duration such as 500ms, 60s, 5m, 1h or 7d"},
      {"fs.forebay.cache.dirs", "not/absolute", "absolute directories, separated by commas"},
      {"fs.forebay.cache.size", "lots", "a size of at least 1MB"},
      {"fs.forebay.memory", "1MB", "a size of at least 32MB"},
      {"fs.forebay.origin.stall-timeout", "60", "a duration from 100ms to 10m"},
    };
    for (String[] one : wrong) {
      IllegalArgumentException refused = assertThrows(
          one[0], IllegalArgumentException.class, () -> with(ForebayS3AFileSystem.class, one[0], one[1]));
      String expected = one[0] + ": '" + one[1] + "' is not allowed; give " + one[2];
      assertTrue(refused.getMessage(), refused.getMessage().endsWith(expected));
    }
  }

  @Test
  public void numbers_that_make_no_sense_are_s3as() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 1000, 1);
    byte[] into = new byte[10];
    try (FSDataInputStream theirs = stock.open(path); FSDataInputStream ours = files.open(path)) {
      for (long at : new long[] {-1, -1000, Long.MIN_VALUE}) {
        assertBoth(EOFException.class, () -> theirs.seek(at), () -> ours.seek(at));
        assertBoth(EOFException.class, () -> theirs.read(at, into, 0, 10), () -> ours.read(at, into, 0, 10));
        assertBoth(EOFException.class, () -> theirs.readFully(at, into), () -> ours.readFully(at, into));
      }
      for (long at : new long[] {1000, 1001, Integer.MAX_VALUE + 1L, Long.MAX_VALUE - 5, Long.MAX_VALUE}) {
        assertEquals(theirs.read(at, into, 0, 10), ours.read(at, into, 0, 10));
        assertBoth(EOFException.class, () -> theirs.readFully(at, into), () -> ours.readFully(at, into));
        theirs.seek(at);
        ours.seek(at);
        assertEquals(theirs.getPos(), ours.getPos());
        assertEquals(theirs.read(), ours.read());
        assertEquals(theirs.read(into), ours.read(into));
      }
      int[][] outside = {{-1, 1}, {0, -1}, {0, 11}, {5, 6}, {11, 0}, {Integer.MAX_VALUE, 1}, {1, Integer.MAX_VALUE},
          {Integer.MIN_VALUE, Integer.MIN_VALUE}};
      theirs.seek(0);
      ours.seek(0);
      for (int[] one : outside) {
        for (FSDataInputStream in : new FSDataInputStream[] {theirs, ours}) {
          // Which unchecked exception depends, in S3A too, on which of the two numbers is wrong.
          assertThrows(RuntimeException.class, () -> in.read(into, one[0], one[1]));
          assertThrows(RuntimeException.class, () -> in.read(5, into, one[0], one[1]));
          assertThrows(RuntimeException.class, () -> in.readFully(5, into, one[0], one[1]));
        }
      }
      for (FSDataInputStream in : new FSDataInputStream[] {theirs, ours}) {
        assertThrows(RuntimeException.class, () -> in.read(null, 0, 1));
        assertThrows(RuntimeException.class, () -> in.read(5, null, 0, 1));
        in.seek(7);
      }
      assertEquals(theirs.read(), ours.read());
    }
  }

  @Test
  public void switched_off_it_is_s3a_alone() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 1000, 1);
    for (String key : new String[] {"fs.forebay.enabled", "fs.forebay.bucket." + S3Server.BUCKET + ".enabled"}) {
      try (FileSystem off = with(ForebayS3AFileSystem.class, key, "false")) {
        assertFalse(off.hasPathCapability(path, ForebayS3AFileSystem.CAPABILITY));
        try (FSDataInputStream in = off.open(path)) {
          assertFalse(Bench.isCached(in));
          assertArrayEquals(content, Bench.readWhole(in, content.length));
        }
      }
    }
  }

  @Test
  public void where_changes_go_unnoticed_nothing_is_cached() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 1000, 1);
    try (FileSystem unpinned = with(ForebayS3AFileSystem.class, "fs.s3a.change.detection.mode", "none");
        FSDataInputStream in = unpinned.open(path)) {
      assertFalse(Bench.isCached(in));
    }
  }
}
