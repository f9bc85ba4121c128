package io.forebay.hadoop;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** The filter over local files with ETags: what is cached, at which version, for whom, and what it says of itself. */
public class FilterTest {

  private static final int LENGTH = 3_000_017;
  private static final byte[] BEFORE = CacheBench.content(LENGTH, 1);
  private static final byte[] AFTER = CacheBench.content(LENGTH, 2);

  @Rule
  public final TemporaryFolder folder = new TemporaryFolder();

  private FileSystem stock;
  private FileSystem files;
  private Path path;

  @Before
  public void start() throws Exception {
    stock = FileSystem.newInstance(ScratchFileSystem.TOP.toUri(), conf(ScratchFileSystem.class));
    files = filter();
    // A name of its own: what is cached outlives a test's folder.
    path = new Path(ScratchFileSystem.TOP, "/" + folder.getRoot().getName() + "/a b=c/file");
  }

  @After
  public void stop() throws IOException {
    files.close();
    stock.close();
  }

  private Configuration conf(Class<? extends FileSystem> type) throws Exception {
    Configuration conf = new Configuration(false);
    conf.addResource("core-default.xml");
    CacheBench.use(conf);
    conf.set("fs.scratch.impl", type.getName());
    conf.set("fs.forebay.delegate.scratch.impl", ScratchFileSystem.class.getName());
    conf.set(ScratchFileSystem.ROOT, folder.getRoot().getPath());
    return conf;
  }

  private FileSystem filter(String... keysAndValues) throws Exception {
    Configuration conf = conf(ForebayFilterFileSystem.class);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      conf.set(keysAndValues[i], keysAndValues[i + 1]);
    }
    return FileSystem.newInstance(ScratchFileSystem.TOP.toUri(), conf);
  }

  private void write(byte[] content) throws IOException {
    try (OutputStream out = stock.create(path, true)) {
      out.write(content);
    }
  }

  /** Another version with the old one's time, as far as a user can have it. */
  private void overwrite(byte[] content) throws IOException {
    FileStatus before = stock.getFileStatus(path);
    write(content);
    stock.setTimes(path, before.getModificationTime(), -1);
  }

  private FSDataInputStream open() throws IOException {
    FSDataInputStream in = files.open(path);
    assertTrue("opened through the cache", CacheBench.isCached(in));
    return in;
  }

  private byte[] read() throws IOException {
    try (FSDataInputStream in = open()) {
      return CacheBench.readWhole(in, LENGTH);
    }
  }

  private long fromCache() {
    return ForebayMetrics.snapshot().get("read.bytes.ssd");
  }

  @Test
  public void a_second_instance_reads_from_the_cache() throws Exception {
    write(BEFORE);
    assertArrayEquals(BEFORE, read());
    CacheBench.awaitFills();
    files.close();
    files = filter();
    int opened = ScratchFileSystem.OPENED.get();
    long cached = fromCache();
    assertArrayEquals(BEFORE, read());
    assertEquals("all of it, and a byte to see that it is there", LENGTH + 1, fromCache() - cached);
    assertEquals("one stream, to prove the right to read", 1, ScratchFileSystem.OPENED.get() - opened);
    assertArrayEquals(BEFORE, read());
    assertEquals("once for a version", 1, ScratchFileSystem.OPENED.get() - opened);
  }

  @Test
  public void a_right_that_is_gone_is_noticed() throws Exception {
    write(BEFORE);
    read();
    CacheBench.awaitFills();
    try (FileSystem refused = filter(ScratchFileSystem.REFUSES, "true"); FSDataInputStream in = refused.open(path)) {
      byte[] into = new byte[1000];
      assertThrows(AccessControlException.class, () -> in.readFully(0, into));
      assertThrows(AccessControlException.class, in::read);
      assertArrayEquals("not a byte", new byte[1000], into);
    }
  }

  @Test
  public void a_new_version_with_the_old_ones_length_and_time_is_read() throws IOException {
    write(BEFORE);
    assertArrayEquals(BEFORE, read());
    CacheBench.awaitFills();
    overwrite(AFTER);
    assertArrayEquals(AFTER, read());
  }

  @Test
  public void an_open_stream_reads_its_version_or_fails() throws IOException {
    write(BEFORE);
    try (FSDataInputStream in = open()) {
      byte[] half = new byte[LENGTH / 2];
      in.readFully(0, half);
      overwrite(AFTER);
      byte[] piece = new byte[10_000];
      assertThrows(ChangedFileException.class, () -> {
        for (int at = 0; at < LENGTH - piece.length; at += piece.length) {
          in.readFully(at, piece);
          assertArrayEquals("at " + at, Arrays.copyOfRange(BEFORE, at, at + piece.length), piece);
        }
      });
    }
    try (FSDataInputStream in = open()) {
      write(Arrays.copyOf(AFTER, 10));
      assertThrows(ChangedFileException.class, () -> in.readFully(1000, new byte[1000]));
    }
    try (FSDataInputStream in = open(10)) {
      stock.delete(path, false);
      assertThrows(FileNotFoundException.class, () -> in.readFully(0, new byte[10]));
    }
  }

  private FSDataInputStream open(int length) throws IOException {
    assertEquals(length, files.getFileStatus(path).getLen());
    return open();
  }

  @Test
  public void a_passed_status_says_which_version() throws Exception {
    write(BEFORE);
    FileStatus before = files.getFileStatus(path);
    try (FSDataInputStream in = files.openFile(path).withFileStatus(before).build().get()) {
      assertTrue(CacheBench.isCached(in));
      assertArrayEquals(BEFORE, CacheBench.readWhole(in, LENGTH));
    }
    overwrite(AFTER);
    ExecutionException e = assertThrows(ExecutionException.class,
        () -> files.openFile(path).withFileStatus(before).build().get());
    assertEquals(ChangedFileException.class, e.getCause().getClass());
  }

  @Test
  public void without_etags_files_are_read_as_they_are() throws Exception {
    write(BEFORE);
    try (FileSystem untagged = filter(ScratchFileSystem.TAGS, "false")) {
      for (int i = 0; i < 2; i++) {
        try (FSDataInputStream in = untagged.open(path)) {
          assertFalse(CacheBench.isCached(in));
          assertArrayEquals(BEFORE, CacheBench.readWhole(in, LENGTH));
        }
      }
    }
  }

  @Test
  public void bytes_count_once() throws IOException {
    write(BEFORE);
    for (String state : new String[] {"cold", "warm"}) {
      long thread = CacheBench.threadBytes();
      long process = CacheBench.processBytes();
      read();
      CacheBench.awaitFills();
      assertEquals(state, LENGTH, CacheBench.threadBytes() - thread);
      assertEquals(state, LENGTH, CacheBench.processBytes() - process);
    }
  }

  @Test
  public void it_says_what_it_is_and_errors_are_the_wrapped_ones() throws Exception {
    assertTrue(files.hasPathCapability(path, Availability.CAPABILITY));
    assertEquals("scratch", files.getScheme());
    assertEquals(stock.getUri(), files.getUri());
    assertTrue(files.toString(), files.toString().contains(ScratchFileSystem.class.getName()));
    Path missing = new Path(path, "missing");
    assertEquals(assertThrows(FileNotFoundException.class, () -> stock.open(missing)).getMessage(),
        assertThrows(FileNotFoundException.class, () -> files.open(missing)).getMessage());
    try (FileSystem off = filter("fs.forebay.enabled", "false")) {
      write(BEFORE);
      try (FSDataInputStream in = off.open(path)) {
        assertFalse(CacheBench.isCached(in));
      }
      assertFalse(off.hasPathCapability(path, Availability.CAPABILITY));
    }
  }

  @Test
  public void a_bad_delegate_is_named_with_what_to_do() {
    assertRefused("", "fs.forebay.delegate.scratch.impl is not set; name the class that read scratch:// before "
        + "fs.scratch.impl named Forebay's");
    assertRefused("no.such.Files", "fs.forebay.delegate.scratch.impl: there is no class no.such.Files; put its jar "
        + "beside Forebay's, or mend the name");
    assertRefused(String.class.getName(),
        "fs.forebay.delegate.scratch.impl: java.lang.String is no org.apache.hadoop.fs.FileSystem");
    assertRefused(ForebayFilterFileSystem.class.getName(), "fs.forebay.delegate.scratch.impl: "
        + "io.forebay.hadoop.ForebayFilterFileSystem is Forebay's own; name the class that it is to wrap");
    assertRefused(FileSystem.class.getName(), "fs.forebay.delegate.scratch.impl: org.apache.hadoop.fs.FileSystem has "
        + "no public constructor without parameters");
  }

  private void assertRefused(String delegate, String message) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
        () -> filter("fs.forebay.delegate.scratch.impl", delegate));
    assertEquals(message, e.getMessage());
  }
}
