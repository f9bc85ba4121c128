package io.forebay.hadoop.hdfs;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.Availability;
import io.forebay.hadoop.CacheBench;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.security.PrivilegedExceptionAction;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import org.apache.hadoop.crypto.key.KeyProvider;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DFSTestUtil;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.client.CreateEncryptionZoneFlag;
import org.apache.hadoop.hdfs.client.HdfsAdmin;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.Test;

/** The overlay over a real HDFS: right bytes, no more questions than HDFS asks, and no bytes from it when warm. */
public class OverlayOnHdfsTest extends OnHdfs {

  /** Four blocks, the last one short. */
  private static final int LENGTH = 3 * HdfsCluster.BLOCK + 12_345;

  @Test
  public void the_overlay_is_in_use_and_says_so() throws IOException {
    assertTrue(files.hasPathCapability(new Path("/"), Availability.CAPABILITY));
    assertFalse(stock.hasPathCapability(new Path("/"), Availability.CAPABILITY));
    assertTrue(files.toString(), files.toString().contains("reads through HDFS"));
  }

  @Test
  public void a_second_instance_reads_without_a_byte_of_a_datanode_and_with_one_question() throws Exception {
    byte[] content = write(LENGTH, 1);
    assertArrayEquals(content, read(LENGTH));
    files.close();
    CacheBench.awaitFills();
    files = hdfs.forebay();
    long sent = hdfs.bytesSent();
    long questions = HdfsCluster.questions();
    assertArrayEquals(content, read(LENGTH));
    assertEquals(0, hdfs.bytesSent() - sent);
    assertEquals(1, HdfsCluster.questions() - questions);
  }

  @Test
  public void random_reads_equal_the_file() throws IOException {
    byte[] content = write(LENGTH, 2);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (FSDataInputStream in = open()) {
      for (int i = 0; i < 200; i++) {
        int at = random.nextInt(LENGTH);
        byte[] read = new byte[Math.min(LENGTH - at, random.nextInt(random.nextBoolean() ? 200 : 400_000))];
        if (random.nextBoolean()) {
          in.readFully(at, read);
        } else {
          in.seek(at);
          in.readFully(read);
        }
        assertArrayEquals("seed " + seed + ", read " + i, Arrays.copyOfRange(content, at, at + read.length), read);
      }
    }
  }

  @Test
  public void bytes_count_once_cold_and_warm() throws IOException {
    write(LENGTH, 3);
    for (String state : new String[] {"cold", "warm"}) {
      long thread = CacheBench.threadBytes();
      long process = CacheBench.processBytes();
      warm(LENGTH);
      assertEquals(state, LENGTH, CacheBench.threadBytes() - thread);
      assertEquals(state, LENGTH, CacheBench.processBytes() - process);
    }
  }

  @Test
  public void open_file_reads_through_the_cache_too() throws Exception {
    byte[] content = write(LENGTH, 4);
    try (FSDataInputStream in = files.openFile(path)
        .opt("fs.option.openfile.read.policy", "sequential").build().get()) {
      assertTrue(CacheBench.isCached(in));
      assertArrayEquals(content, CacheBench.readWhole(in, LENGTH));
    }
    assertThrows(IllegalArgumentException.class, () -> files.openFile(path).must("no.such.key", "x").build().get());
  }

  @Test
  public void who_may_not_read_gets_none_of_the_cached_bytes() throws Exception {
    write(LENGTH, 5);
    warm(LENGTH);
    UserGroupInformation other = UserGroupInformation.createRemoteUser("somebody-else");
    DistributedFileSystem theirs = other.doAs((PrivilegedExceptionAction<DistributedFileSystem>) hdfs::forebay);
    try {
      try (FSDataInputStream in = theirs.open(path)) {
        in.read();
      }
      stock.setPermission(path, new FsPermission((short) 0600));
      assertThrows(AccessControlException.class, () -> theirs.open(path));
      assertNotNull("why a located status is no question to ask",
          theirs.getClient().getLocatedFileInfo(path.toString(), true));
    } finally {
      theirs.close();
    }
  }

  @Test
  public void block_locations_stay_real() throws IOException {
    write(LENGTH, 6);
    assertEquals(Arrays.toString(stock.getFileBlockLocations(path, 0, LENGTH)),
        Arrays.toString(files.getFileBlockLocations(path, 0, LENGTH)));
  }

  @Test
  public void errors_are_those_of_hdfs() throws IOException {
    files.mkdirs(path);
    for (Path bad : new Path[] {path, new Path(path, "missing"), new Path("file:///tmp/x")}) {
      Exception theirs = assertThrows(Exception.class, () -> stock.open(bad));
      Exception ours = assertThrows(theirs.getClass(), () -> files.open(bad));
      assertEquals(firstLine(theirs), firstLine(ours).replace("ForebayDistributed", "Distributed"));
    }
    assertThrows(FileNotFoundException.class, () -> files.open(new Path(path, "missing")));
  }

  private static String firstLine(Exception e) {
    return e.getMessage().split("\n")[0];
  }

  @Test
  public void a_file_that_is_being_written_is_read_as_hdfs_reads_it() throws IOException {
    try (FSDataOutputStream out = stock.create(path)) {
      out.write(CacheBench.content(LENGTH, 7));
      out.hflush();
      assertReadAsStock(CacheBench.content(LENGTH, 7));
    }
    assertArrayEquals(CacheBench.content(LENGTH, 7), read(LENGTH));
  }

  @Test
  public void encrypted_files_stay_off_the_disk() throws Exception {
    DFSTestUtil.createKey("forebay", hdfs.cluster, hdfs.conf());
    KeyProvider keys = hdfs.cluster.getNamesystem().getProvider();
    files.getClient().setKeyProvider(keys);
    stock.getClient().setKeyProvider(keys);
    Path zone = new Path("/zone");
    stock.mkdirs(zone);
    new HdfsAdmin(hdfs.uri(), hdfs.conf())
        .createEncryptionZone(zone, "forebay", EnumSet.of(CreateEncryptionZoneFlag.NO_TRASH));
    path = new Path(zone, "file");
    assertReadAsStock(write(LENGTH, 8));
  }

  @Test
  public void erasure_coded_files_are_read_by_hdfs() throws IOException {
    stock.enableErasureCodingPolicy("XOR-2-1-1024k");
    Path folder = new Path("/coded");
    stock.mkdirs(folder);
    stock.setErasureCodingPolicy(folder, "XOR-2-1-1024k");
    path = new Path(folder, "file");
    assertReadAsStock(write(LENGTH, 9));
  }

  @Test
  public void snapshots_are_read_by_hdfs() throws IOException {
    Path folder = new Path("/kept");
    stock.mkdirs(folder);
    stock.allowSnapshot(folder);
    path = new Path(folder, "file");
    byte[] content = write(LENGTH, 10);
    stock.createSnapshot(folder, "then");
    path = new Path("/kept/.snapshot/then/file");
    assertReadAsStock(content);
  }

  @Test
  public void an_empty_file_is_empty() throws IOException {
    write(0, 11);
    assertReadAsStock(new byte[0]);
  }

  private void assertReadAsStock(byte[] content) throws IOException {
    try (FSDataInputStream in = files.open(path)) {
      assertFalse("opened by HDFS", CacheBench.isCached(in));
      assertArrayEquals(content, CacheBench.readWhole(in, content.length));
    }
  }
}
