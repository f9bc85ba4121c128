package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.ChangedFileException;
import io.forebay.hadoop.ForebayFileSystem;
import io.forebay.hadoop.ForebayMetrics;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** The file system without hadoop-aws and stock S3A, on the same objects. */
public class StandaloneOnS3Test {

  private static final int PART = 5 << 20;

  private Bench bench;
  private FileSystem files;
  private FileSystem stock;
  private Path folder;

  @Before
  public void start() throws Exception {
    bench = new Bench("direct");
    files = with(S3Server.SECRET_KEY, "fs.s3a.multipart.size", String.valueOf(PART));
    stock = bench.newInstance(S3AFileSystem.class, bench.server.endpoint(), S3Server.SECRET_KEY);
    folder = Bench.newPath();
  }

  @After
  public void stop() throws IOException {
    bench.close();
  }

  private FileSystem with(String secret, String... keysAndValues) throws IOException {
    Configuration conf = bench.conf(ForebayFileSystem.class, bench.server.endpoint(), secret);
    for (int at = 0; at < keysAndValues.length; at += 2) {
      conf.set(keysAndValues[at], keysAndValues[at + 1]);
    }
    return bench.newInstance(conf);
  }

  private static byte[] content(int length, long seed) {
    byte[] content = new byte[length];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static void write(FileSystem into, Path path, boolean overwrite, byte[] content) throws IOException {
    try (FSDataOutputStream out = into.create(path, overwrite)) {
      out.write(content);
    }
  }

  private static byte[] read(FileSystem from, Path path) throws IOException {
    try (FSDataInputStream in = from.open(path)) {
      return Bench.readWhole(in, (int) from.getFileStatus(path).getLen());
    }
  }

  private static List<String> below(FileSystem files, Path path) throws IOException {
    List<String> found = new ArrayList<>();
    RemoteIterator<LocatedFileStatus> all = files.listFiles(path, true);
    while (all.hasNext()) {
      LocatedFileStatus one = all.next();
      found.add(one.getPath() + " " + one.getLen() + " " + one.isDirectory());
    }
    Collections.sort(found);
    return found;
  }

  private static List<String> in(FileSystem files, Path path) throws IOException {
    List<String> found = new ArrayList<>();
    for (FileStatus one : files.listStatus(path)) {
      found.add(one.getPath() + " " + one.getLen() + " " + one.isDirectory());
    }
    Collections.sort(found);
    return found;
  }

  @Test
  public void names_are_s3a_s_whatever_is_in_them() throws Exception {
    byte[] content = content(1000, 1);
    StringBuilder deep = new StringBuilder("deep");
    while (deep.length() < 800) {
      deep.append("/0123456789-123456789");
    }
    String[] names = {"plain", "a b", "part=1/x=y", "plus+plus", "%2F", "%20", "ü/日本", "a&b<c>", "q?u#e", "*", "'\"", "~._-", "_x/.y",
      deep.toString()};
    for (String name : names) {
      Path ours = new Path(folder, "ours/" + name);
      Path theirs = new Path(folder, "theirs/" + name);
      write(files, ours, true, content);
      write(stock, theirs, true, content);
      for (FileSystem reading : new FileSystem[] {files, stock}) {
        assertArrayEquals(name, content, read(reading, ours));
        assertArrayEquals(name, content, read(reading, theirs));
      }
    }
    assertEquals(below(stock, folder), below(files, folder));
    assertEquals(names.length * 2, below(files, folder).size());
    assertEquals(in(stock, new Path(folder, "ours")), in(files, new Path(folder, "ours")));
    assertTrue(files.rename(new Path(folder, "ours"), new Path(folder, "moved")));
    assertGone(new Path(folder, "ours"));
    assertEquals(names.length, below(stock, new Path(folder, "moved")).size());
    assertTrue(files.delete(folder, true));
    assertGone(folder);
  }

  /** That no file is left; SeaweedFS shows a folder for a while after its last file. */
  private void assertGone(Path path) throws IOException {
    try {
      assertEquals(Collections.emptyList(), below(stock, path));
    } catch (FileNotFoundException e) {
      // Then the folder has gone too.
    }
  }

  @Test
  public void a_listing_goes_on_after_its_first_page() throws Exception {
    // One more than a page, written past both.
    for (int at = 0; at <= 1000; at++) {
      write(files, new Path(folder, String.format("f%04d", at)), true, new byte[0]);
    }
    assertEquals(1001, files.listStatus(folder).length);
    assertEquals(1001, below(files, folder).size());
    assertEquals(1001, files.getContentSummary(folder).getFileCount());
    assertTrue(files.rename(folder, new Path(folder + "-moved")));
    assertEquals(1001, files.listStatus(new Path(folder + "-moved")).length);
    assertTrue(files.delete(new Path(folder + "-moved"), true));
    assertGone(new Path(folder + "-moved"));
  }

  @Test
  public void statuses_carry_the_version_that_a_stream_reads() throws Exception {
    Path path = new Path(folder, "one");
    write(files, path, true, content(70_000, 2));
    FileStatus status = files.getFileStatus(path);
    String etag = ((EtagSource) status).getEtag();
    assertEquals(etag, ((EtagSource) files.listStatus(folder)[0]).getEtag());
    assertEquals(etag, ((EtagSource) files.listFiles(folder, true).next()).getEtag());
    byte[] next = content(70_000, 3);
    write(stock, path, true, next);
    ExecutionException changed =
        assertThrows(ExecutionException.class, () -> files.openFile(path).withFileStatus(status).build().get());
    assertTrue(String.valueOf(changed.getCause()), changed.getCause() instanceof ChangedFileException);
    assertArrayEquals(next, read(files, path));
  }

  @Test
  public void a_file_of_many_parts_is_whole_and_memory_is_given_back() throws Exception {
    byte[] content = content(4 * PART + 12345, 4);
    Path path = new Path(folder, "parts");
    long before = ForebayMetrics.snapshot().get("write.parts");
    try (FSDataOutputStream out = files.create(path)) {
      out.write(content, 0, 1);
      out.write(content, 1, PART);
      for (int at = PART + 1; at < content.length; at += 100_000) {
        out.write(content, at, Math.min(100_000, content.length - at));
      }
      assertFalse("it can't be seen before its close", stock.exists(path));
    }
    assertEquals(5, ForebayMetrics.snapshot().get("write.parts") - before);
    assertArrayEquals(content, read(stock, path));
    assertArrayEquals(content, read(files, path));
    Bench.awaitFills();
  }

  @Test
  public void an_aborted_file_never_appears() throws Exception {
    Path path = new Path(folder, "aborted");
    FSDataOutputStream out = files.create(path);
    out.write(content(2 * PART, 5));
    assertFalse(out.abort().alreadyClosed());
    out.close();
    assertFalse(files.exists(path));
    assertThrows(IOException.class, () -> out.write(1));
    Bench.awaitFills();
  }

  @Test
  public void of_two_who_create_one_wins_and_the_other_hears_of_it() throws Exception {
    for (int length : new int[] {100, 2 * PART}) {
      Path path = new Path(folder, "created-" + length);
      byte[] first = content(length, 6);
      FSDataOutputStream late = files.create(path, false);
      late.write(content(length, 7));
      write(files, path, false, first);
      assertThrows(FileAlreadyExistsException.class, () -> files.create(path, false));
      assertThrows(FileAlreadyExistsException.class, late::close);
      assertThrows("and again", IOException.class, late::close);
      assertArrayEquals(first, read(stock, path));
      write(files, path, true, content(10, 8));
      assertEquals(10, stock.getFileStatus(path).getLen());
    }
  }

  @Test
  public void a_close_that_fails_says_so() throws Exception {
    FileSystem denied = with("not-the-secret", "fs.s3a.create.performance", "true");
    for (int length : new int[] {10, 3 * PART}) {
      FSDataOutputStream out = denied.create(new Path(folder, "denied"), true);
      try {
        out.write(content(length, 9));
      } catch (IOException e) {
        assertTrue("only a long file fails before its end", length > PART);
      }
      assertThrows(IOException.class, out::close);
    }
    assertThrows(AccessDeniedException.class, () -> denied.getFileStatus(folder));
    assertFalse(files.exists(new Path(folder, "denied")));
  }

  @Test
  public void directories_are_s3a_s() throws Exception {
    Path empty = new Path(folder, "a/b");
    assertTrue(files.mkdirs(empty));
    assertTrue(stock.getFileStatus(empty).isDirectory());
    assertEquals(0, stock.listStatus(empty).length);
    write(stock, new Path(empty, "f"), true, "x".getBytes(StandardCharsets.UTF_8));
    assertEquals(1, files.listStatus(empty).length);
    assertTrue(files.delete(new Path(empty, "f"), false));
    assertTrue("the directory stays", stock.getFileStatus(empty).isDirectory());
    assertTrue(files.getFileStatus(new Path(folder, "a")).isDirectory());
    assertThrows(IOException.class, () -> files.delete(new Path(folder, "a"), false));
    write(files, new Path(folder, "file"), true, new byte[3]);
    assertThrows(FileAlreadyExistsException.class, () -> files.mkdirs(new Path(folder, "file/below")));
    assertThrows(FileAlreadyExistsException.class, () -> files.create(empty, true));
  }

  @Test
  public void the_root_and_a_directory_s_own_inside_are_refused() throws Exception {
    Path root = new Path("/");
    files.mkdirs(new Path(folder, "d"));
    assertFalse(files.rename(root, new Path(folder, "root")));
    assertFalse(files.rename(new Path(folder, "d"), root));
    assertFalse(files.rename(folder, new Path(folder, "d/inside")));
    assertFalse(files.delete(root, true));
    assertThrows(IOException.class, () -> files.delete(root, false));
    assertTrue(files.getFileStatus(root).isDirectory());
    assertTrue(files.exists(new Path(folder, "d")));
  }

  @Test
  public void markers_are_deleted_where_that_is_wanted() throws Exception {
    FileSystem deleting = with(S3Server.SECRET_KEY, "fs.s3a.directory.marker.retention", "delete");
    deleting.mkdirs(new Path(folder, "x/y"));
    write(deleting, new Path(folder, "x/y/f"), true, new byte[1]);
    files.delete(new Path(folder, "x/y/f"), false);
    assertEquals(1, deleting.getContentSummary(new Path(folder, "x/y")).getDirectoryCount());
    assertEquals(0, deleting.getContentSummary(folder).getFileCount());
  }
}
