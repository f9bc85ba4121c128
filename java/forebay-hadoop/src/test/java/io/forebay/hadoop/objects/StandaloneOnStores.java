package io.forebay.hadoop.objects;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.CacheBench;
import io.forebay.hadoop.ChangedFileException;
import io.forebay.hadoop.ForebayFileSystem;
import io.forebay.jni.NativeLibrary;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
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
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** What the file system does alike on every store but S3, whose tests have stock S3A beside them. */
public abstract class StandaloneOnStores {

  static final int PART = 5 << 20;

  private static final AtomicInteger FOLDERS = new AtomicInteger();

  private final List<FileSystem> opened = new ArrayList<>();
  FileSystem files;
  Path folder;

  /** The root of the store under test. */
  abstract URI root() throws Exception;

  /** Sets what its connector would be told. */
  abstract void configure(Configuration conf) throws Exception;

  @Before
  public void start() throws Exception {
    NativeLibrary.load();
    files = open();
    folder = new Path(root() + "/tests/folder-" + FOLDERS.incrementAndGet());
  }

  FileSystem open(String... keysAndValues) throws Exception {
    Configuration conf = new Configuration(false);
    conf.addResource("core-default.xml");
    for (String scheme : new String[] {"gs", "abfs"}) {
      conf.set("fs." + scheme + ".impl", ForebayFileSystem.class.getName());
    }
    conf.set("fs.forebay.cache.dirs", CacheBench.folder());
    conf.set("fs.forebay.cache.size", "512MB");
    configure(conf);
    for (int at = 0; at < keysAndValues.length; at += 2) {
      conf.set(keysAndValues[at], keysAndValues[at + 1]);
    }
    FileSystem one = FileSystem.newInstance(root(), conf);
    opened.add(one);
    return one;
  }

  @After
  public void stop() throws IOException {
    for (FileSystem one : opened) {
      one.close();
    }
  }

  static byte[] content(int length, long seed) {
    byte[] content = new byte[length];
    new Random(seed).nextBytes(content);
    return content;
  }

  static void write(FileSystem into, Path path, boolean overwrite, byte[] content) throws IOException {
    try (FSDataOutputStream out = into.create(path, overwrite)) {
      out.write(content);
    }
  }

  static byte[] read(FileSystem from, Path path) throws IOException {
    try (FSDataInputStream in = from.open(path)) {
      return CacheBench.readWhole(in, (int) from.getFileStatus(path).getLen());
    }
  }

  static List<String> below(FileSystem files, Path path) throws IOException {
    List<String> found = new ArrayList<>();
    RemoteIterator<LocatedFileStatus> all = files.listFiles(path, true);
    while (all.hasNext()) {
      found.add(all.next().getPath().toUri().getPath().substring(path.toUri().getPath().length()));
    }
    Collections.sort(found);
    return found;
  }

  static List<String> in(FileSystem files, Path path) throws IOException {
    List<String> found = new ArrayList<>();
    for (FileStatus one : files.listStatus(path)) {
      found.add(one.getPath().getName() + (one.isDirectory() ? "/" : ""));
    }
    Collections.sort(found);
    return found;
  }

  @Test
  public void names_are_kept_whatever_is_in_them() throws Exception {
    String[] names = {"plain", "a b", "part=1/x=y", "plus+plus", "%2F", "%20", "ü/日本", "a&b<c>", "q?u#e", "*", "'\"", "~._-", "_x/.y"};
    List<String> expected = new ArrayList<>();
    for (String name : names) {
      byte[] content = content(1000, name.hashCode());
      Path path = new Path(folder, "of/" + name);
      write(files, path, true, content);
      assertArrayEquals(name, content, read(files, path));
      expected.add("/of/" + name);
    }
    Collections.sort(expected);
    assertEquals(expected, below(files, folder));
    assertTrue(files.rename(new Path(folder, "of"), new Path(folder, "moved")));
    assertFalse(files.exists(new Path(folder, "of")));
    assertEquals(names.length, below(files, new Path(folder, "moved")).size());
    assertTrue(files.delete(folder, true));
    assertFalse(files.exists(folder));
  }

  @Test
  public void a_second_stream_reads_without_the_store() throws Exception {
    Path path = new Path(folder, "cached");
    byte[] content = content(300_000, 2);
    write(files, path, true, content);
    assertArrayEquals(content, read(files, path));
    CacheBench.awaitFills();
    try (FSDataInputStream in = open().open(path)) {
      assertArrayEquals(content, CacheBench.readWhole(in, content.length));
      assertTrue("its bytes come from the cache", CacheBench.isCached(in));
    }
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
    FileSystem other = open();
    try (FSDataInputStream before = other.open(path)) {
      write(files, path, true, next);
      // hadoop-aws, which is here, has an exception of its own for it.
      IOException failure = assertThrows(IOException.class, () -> CacheBench.readWhole(before, next.length));
      assertTrue(failure.toString(), failure.getClass().getSimpleName().contains("Changed"));
    }
    ExecutionException changed =
        assertThrows(ExecutionException.class, () -> files.openFile(path).withFileStatus(status).build().get());
    assertTrue(String.valueOf(changed.getCause()), changed.getCause() instanceof ChangedFileException);
    assertNotEquals(etag, ((EtagSource) files.getFileStatus(path)).getEtag());
    assertArrayEquals(next, read(files, path));
  }

  @Test
  public void a_file_of_many_parts_is_whole() throws Exception {
    for (int length : new int[] {3 * PART + 12345, 2 * PART, PART}) {
      byte[] content = content(length, length);
      Path path = new Path(folder, "parts-" + length);
      try (FSDataOutputStream out = files.create(path)) {
        for (int at = 0; at < content.length; at += 100_000) {
          out.write(content, at, Math.min(100_000, content.length - at));
        }
        assertFalse("it can't be seen before its close", files.exists(path));
      }
      assertArrayEquals(content, read(files, path));
    }
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
  }

  @Test
  public void of_two_who_create_one_wins_and_the_other_hears_of_it() throws Exception {
    for (int length : new int[] {100, 2 * PART + 1}) {
      Path path = new Path(folder, "created-" + length);
      byte[] first = content(length, 6);
      FSDataOutputStream late = files.create(path, false);
      late.write(content(length, 7));
      write(files, path, false, first);
      assertThrows(FileAlreadyExistsException.class, () -> files.create(path, false));
      assertThrows(FileAlreadyExistsException.class, late::close);
      assertThrows("and again", IOException.class, late::close);
      assertArrayEquals(first, read(files, path));
      write(files, path, true, content(10, 8));
      assertEquals(10, files.getFileStatus(path).getLen());
    }
  }

  @Test
  public void directories_are_there_until_they_are_deleted() throws Exception {
    Path empty = new Path(folder, "a/b");
    assertTrue(files.mkdirs(empty));
    assertTrue(files.getFileStatus(empty).isDirectory());
    assertEquals(0, files.listStatus(empty).length);
    assertEquals(Arrays.asList("b/"), in(files, new Path(folder, "a")));
    write(files, new Path(empty, "f"), true, new byte[1]);
    write(files, new Path(folder, "a/b-c"), true, new byte[1]);
    assertEquals(Arrays.asList("f"), in(files, empty));
    assertEquals(Arrays.asList("b-c", "b/"), in(files, new Path(folder, "a")));
    assertEquals(Arrays.asList("/a/b-c", "/a/b/f"), below(files, folder));
    assertTrue(files.delete(new Path(empty, "f"), false));
    assertTrue("the directory stays", files.getFileStatus(empty).isDirectory());
    assertThrows(IOException.class, () -> files.delete(new Path(folder, "a"), false));
    write(files, new Path(folder, "file"), true, new byte[3]);
    assertThrows(FileAlreadyExistsException.class, () -> files.mkdirs(new Path(folder, "file")));
    assertThrows(FileAlreadyExistsException.class, () -> files.mkdirs(new Path(folder, "file/below")));
    assertThrows(FileAlreadyExistsException.class, () -> files.create(empty, true));
    assertTrue(files.rename(new Path(folder, "a"), new Path(folder, "z")));
    assertFalse(files.exists(new Path(folder, "a")));
    assertTrue(files.getFileStatus(new Path(folder, "z/b")).isDirectory());
    assertEquals(Arrays.asList("/b-c"), below(files, new Path(folder, "z")));
    assertTrue(files.delete(new Path(folder, "z"), true));
    assertFalse(files.exists(new Path(folder, "z/b")));
    assertThrows(FileNotFoundException.class, () -> files.listStatus(new Path(folder, "z")));
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
  public void what_is_not_there_is_not_found() throws Exception {
    Path none = new Path(folder, "none");
    assertThrows(FileNotFoundException.class, () -> files.getFileStatus(none));
    assertThrows(FileNotFoundException.class, () -> files.open(none));
    assertThrows(FileNotFoundException.class, () -> files.listStatus(none));
    assertFalse(files.delete(none, true));
  }
}
