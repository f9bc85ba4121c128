package io.forebay.hadoop.hdfs;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.forebay.hadoop.CacheBench;
import io.forebay.hadoop.ChangedFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Collection;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.junit.runners.Parameterized;

/**
 * Whatever becomes of a file whose bytes are cached: the next open reads what is there now, and a stream that is open
 * meanwhile reads the version of its open or fails. Each change keeps the modification time, and where it can the length.
 */
@RunWith(Parameterized.class)
public class ChangesOnHdfsTest extends OnHdfs {

  private static final int LENGTH = 2 * HdfsCluster.BLOCK + 777_777;
  private static final int HALF = LENGTH / 2;
  private static final byte[] BEFORE = CacheBench.content(LENGTH, 1);
  private static final byte[] AFTER = CacheBench.content(LENGTH, 2);

  /** A change to a file that holds {@link #BEFORE}; gives what it holds then. */
  private interface Change {
    byte[] make(DistributedFileSystem files, Path path) throws Exception;
  }

  @Parameterized.Parameters(name = "{0}")
  public static Collection<Object[]> changes() {
    return Arrays.asList(
        change("overwritten", (files, path) -> {
          HdfsCluster.write(files, path, AFTER);
          return AFTER;
        }),
        change("appended to", (files, path) -> {
          append(files, path, Arrays.copyOf(AFTER, 1000));
          byte[] longer = Arrays.copyOf(BEFORE, LENGTH + 1000);
          System.arraycopy(AFTER, 0, longer, LENGTH, 1000);
          return longer;
        }),
        change("truncated within its last block", (files, path) -> truncated(files, path, LENGTH - 1000)),
        change("truncated at the end of a block", (files, path) -> truncated(files, path, HdfsCluster.BLOCK)),
        change("truncated and appended to", (files, path) -> {
          byte[] mixed = truncated(files, path, LENGTH - 700_000);
          append(files, path, Arrays.copyOf(AFTER, 700_000));
          mixed = Arrays.copyOf(mixed, LENGTH);
          System.arraycopy(AFTER, 0, mixed, LENGTH - 700_000, 700_000);
          return mixed;
        }),
        change("renamed over", (files, path) -> {
          Path other = HdfsCluster.newPath();
          HdfsCluster.write(files, other, AFTER);
          files.delete(path, false);
          files.rename(other, path);
          return AFTER;
        }),
        change("deleted and created", (files, path) -> {
          files.delete(path, false);
          HdfsCluster.write(files, path, AFTER);
          return AFTER;
        }),
        change("concatenated", (files, path) -> {
          Path other = HdfsCluster.newPath();
          HdfsCluster.write(files, other, AFTER);
          files.concat(path, new Path[] {other});
          byte[] both = Arrays.copyOf(BEFORE, 2 * LENGTH);
          System.arraycopy(AFTER, 0, both, LENGTH, LENGTH);
          return both;
        }));
  }

  @Parameterized.Parameter
  public String name;

  @Parameterized.Parameter(1)
  public Object change;

  private static Object[] change(String name, Change change) {
    return new Object[] {name, change};
  }

  private static void append(DistributedFileSystem files, Path path, byte[] bytes) throws IOException {
    try (OutputStream out = files.append(path)) {
      out.write(bytes);
    }
  }

  private static byte[] truncated(DistributedFileSystem files, Path path, int length) throws Exception {
    boolean done = files.truncate(path, length);
    while (!done) {
      // The NameNode has the last block's DataNodes agree first; it says when they have.
      Thread.yield();
      done = files.isFileClosed(path);
    }
    return Arrays.copyOf(BEFORE, length);
  }

  private byte[] make() throws Exception {
    FileStatus before = stock.getFileStatus(path);
    byte[] content = ((Change) change).make(stock, path);
    stock.setTimes(path, before.getModificationTime(), -1);
    assertEquals(before.getModificationTime(), stock.getFileStatus(path).getModificationTime());
    return content;
  }

  @Test
  public void the_next_open_reads_what_is_there_now() throws Exception {
    HdfsCluster.write(stock, path, BEFORE);
    warm(LENGTH);
    byte[] now = make();
    assertArrayEquals(now, read(now.length));
    CacheBench.awaitFills();
    assertArrayEquals(now, read(now.length));
  }

  @Test
  public void an_open_stream_reads_its_version_or_fails() throws Exception {
    HdfsCluster.write(stock, path, BEFORE);
    try (FSDataInputStream in = open()) {
      byte[] first = new byte[HALF];
      in.readFully(0, first);
      assertArrayEquals(Arrays.copyOf(BEFORE, HALF), first);
      make();
      int read = 0;
      byte[] piece = new byte[10_000];
      try {
        for (; read < LENGTH - piece.length; read += piece.length) {
          in.readFully(read, piece);
          assertArrayEquals(name + " at " + read, Arrays.copyOfRange(BEFORE, read, read + piece.length), piece);
        }
      } catch (ChangedFileException e) {
        assertEquals(path.getName(), new Path(e.getPath().toString()).getName());
      }
      in.readFully(0, first);
      assertArrayEquals("what is cached stays", Arrays.copyOf(BEFORE, HALF), first);
    }
  }

  @Test
  public void a_stream_that_has_read_nothing_yet_gives_no_other_version() throws Exception {
    HdfsCluster.write(stock, path, BEFORE);
    try (FSDataInputStream in = open()) {
      make();
      assertThrows(ChangedFileException.class, () -> in.readFully(0, new byte[HALF]));
    }
    assertThrows(IOException.class, () -> files.open(new Path(path, "below")).close());
  }
}
