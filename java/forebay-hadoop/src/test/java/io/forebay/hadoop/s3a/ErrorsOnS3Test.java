package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.Arrays;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.function.ThrowingRunnable;
import org.junit.runner.RunWith;
import org.junit.runners.Parameterized;

/** What goes wrong goes wrong as with S3A itself, which runs beside it. */
@RunWith(Parameterized.class)
public class ErrorsOnS3Test {

  private static final int LENGTH = 2_000_000;

  @Parameterized.Parameters(name = "{0}")
  public static Collection<String> origins() {
    return Arrays.asList("direct", "delegate");
  }

  private final String origin;
  private Bench bench;
  private ForebayS3AFileSystem files;
  private FileSystem stock;

  public ErrorsOnS3Test(String origin) {
    this.origin = origin;
  }

  @Before
  public void start() throws Exception {
    bench = new Bench(origin);
    files = bench.forebay();
    stock = bench.stock();
  }

  @After
  public void stop() throws IOException {
    bench.close();
  }

  /** Same class, same words up to what differs by request: the path, or S3A's position in it. */
  private static void assertSame(Throwable stock, Throwable ours) {
    assertEquals(ours.toString(), stock.getClass(), ours.getClass());
    assertEquals(opening(stock), opening(ours));
  }

  private static String opening(Throwable thrown) {
    // S3A says "re-open" where its stream was read before; ours may not have needed one until now.
    String message = String.valueOf(thrown.getMessage()).replaceFirst("^re-?open", "open");
    int path = message.indexOf("s3a://");
    int end = path < 0 ? -1 : message.indexOf(' ', path);
    return end < 0 ? message : message.substring(0, end);
  }

  private void assertBoth(Class<? extends Throwable> expected, ThrowingRunnable onStock, ThrowingRunnable onOurs) {
    Throwable theirs = assertThrows(expected, onStock);
    assertSame(theirs, assertThrows(expected, onOurs));
  }

  @Test
  public void a_missing_file_and_a_directory_are_not_found() throws Exception {
    Path missing = new Path(Bench.newPath(), "missing");
    assertBoth(FileNotFoundException.class, () -> stock.open(missing), () -> files.open(missing));
    Path file = Bench.newPath();
    bench.write(file, 10, 1);
    Path directory = file.getParent();
    assertBoth(FileNotFoundException.class, () -> stock.open(directory), () -> files.open(directory));
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
    assertBoth(IllegalArgumentException.class, () -> stock.open(elsewhere), () -> files.open(elsewhere));
    Path local = new Path("file:///etc/passwd");
    assertBoth(IllegalArgumentException.class, () -> stock.open(local), () -> files.open(local));
  }

  @Test
  public void an_unknown_key_that_must_be_understood_is_refused_at_once() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 10, 1);
    bench.proxy.forget();
    assertBoth(IllegalArgumentException.class,
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
    assertBoth(AccessDeniedException.class, () -> wrongStock.open(path), () -> wrongOurs.open(path));
  }

  @Test
  public void access_revoked_while_a_file_is_open_is_denied_at_the_read() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, LENGTH, 1);
    try (FSDataInputStream theirs = stock.open(path); FSDataInputStream ours = files.open(path)) {
      assertTrue(Bench.isCached(ours));
      bench.proxy.deny("GET");
      byte[] into = new byte[100_000];
      assertBoth(AccessDeniedException.class, () -> theirs.readFully(0, into), () -> ours.readFully(0, into));
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
      assertBoth(RemoteFileChangedException.class,
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
      assertSame(stocks, assertThrows(IOException.class, () -> ours.readFully(0, into)));
    }
  }

  @Test
  public void closed_streams_and_senseless_seeks_speak_as_s3as() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 1000, 1);
    FSDataInputStream theirs = stock.open(path);
    FSDataInputStream ours = files.open(path);
    assertBoth(java.io.EOFException.class, () -> theirs.seek(-1), () -> ours.seek(-1));
    byte[] into = new byte[10];
    assertEquals(theirs.read(1000, into, 0, 10), ours.read(1000, into, 0, 10));
    assertEquals(theirs.read(5000, into, 0, 10), ours.read(5000, into, 0, 10));
    assertBoth(java.io.EOFException.class, () -> theirs.readFully(995, into), () -> ours.readFully(995, into));
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
    Configuration conf = bench.conf(ForebayS3AFileSystem.class, bench.proxy.endpoint(), S3Server.SECRET_KEY);
    conf.set("fs.forebay.origin", "sideways");
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> FileSystem.newInstance(files.getUri(), conf));
    assertEquals(
        "fs.forebay.origin: 'sideways' is not allowed; give auto or direct or delegate", refused.getMessage());
  }

  @Test
  public void switched_off_it_is_s3a_alone() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 1000, 1);
    for (String key : new String[] {"fs.forebay.enabled", "fs.forebay.bucket." + S3Server.BUCKET + ".enabled"}) {
      Configuration conf = bench.conf(ForebayS3AFileSystem.class, bench.proxy.endpoint(), S3Server.SECRET_KEY);
      conf.set(key, "false");
      try (FileSystem off = FileSystem.newInstance(files.getUri(), conf)) {
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
    Configuration conf = bench.conf(ForebayS3AFileSystem.class, bench.proxy.endpoint(), S3Server.SECRET_KEY);
    conf.set("fs.s3a.change.detection.mode", "none");
    try (FileSystem unpinned = FileSystem.newInstance(files.getUri(), conf);
        FSDataInputStream in = unpinned.open(path)) {
      assertFalse(Bench.isCached(in));
    }
  }
}
