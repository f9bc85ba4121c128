package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FutureDataInputStreamBuilder;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.junit.Test;

/** The overlay over a real S3 server, with either origin: right bytes, and no more requests than needed. */
public class OverlayOnS3Test extends OnS3 {

  private static final int LENGTH = 3_000_017;


  @Test
  public void the_overlay_is_in_use_and_says_how() throws IOException {
    assertTrue(files.hasPathCapability(new Path("/"), ForebayS3AFileSystem.CAPABILITY));
    assertEquals("s3a", files.getScheme());
    String text = files.toString();
    assertTrue(text, text.contains(origin.equals("direct") ? "reads directly" : "reads through S3A"));
    assertFalse(text, text.contains(S3Server.SECRET_KEY));
  }

  @Test
  public void a_whole_object_is_read_as_it_was_written() throws IOException {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 1);
    try (FSDataInputStream in = open(path)) {
      assertArrayEquals(content, Bench.readWhole(in, LENGTH));
    }
  }

  @Test
  public void a_second_instance_reads_without_a_get_and_with_one_head() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 1);
    try (FSDataInputStream in = open(path)) {
      assertArrayEquals(content, Bench.readWhole(in, LENGTH));
    }
    files.close();
    Bench.awaitFills();
    bench.proxy.forget();
    ForebayS3AFileSystem second = bench.forebay();
    try (FSDataInputStream in = second.open(path)) {
      assertArrayEquals(content, Bench.readWhole(in, LENGTH));
    }
    assertEquals(bench.proxy.of("GET").toString(), 0, bench.proxy.count("GET"));
    assertEquals(1, bench.proxy.count("HEAD"));
    assertEquals(0, bench.proxy.count("LIST"));
  }

  @Test
  public void cold_bytes_are_fetched_once_and_pinned() throws IOException {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 1);
    bench.proxy.forget();
    try (FSDataInputStream in = open(path)) {
      assertArrayEquals(content, Bench.readWhole(in, LENGTH));
      in.seek(100);
      assertEquals(content[100] & 0xff, in.read());
    }
    long bytes = 0;
    for (CountingProxy.Exchange get : bench.proxy.of("GET")) {
      assertEquals(get.toString(), 206, get.status);
      assertNotEquals(get.toString(), null, get.ifMatch);
      bytes += get.body;
    }
    assertEquals(bench.proxy.of("GET").toString(), LENGTH, bytes);
    assertEquals(1, bench.proxy.count("HEAD"));
  }

  @Test
  public void random_reads_of_every_kind_equal_the_object() throws IOException {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 2);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (FSDataInputStream in = open(path)) {
      for (int i = 0; i < 300; i++) {
        String context = "seed " + seed + ", read " + i;
        int at = random.nextInt(LENGTH);
        int length = Math.min(LENGTH - at, random.nextInt(random.nextBoolean() ? 200 : 400_000));
        byte[] expected = Arrays.copyOfRange(content, at, at + length);
        byte[] read = new byte[length];
        switch (random.nextInt(4)) {
          case 0:
            in.readFully(at, read);
            break;
          case 1:
            in.seek(at);
            in.readFully(read);
            break;
          case 2:
            ByteBuffer direct = ByteBuffer.allocateDirect(length);
            in.readFully((long) at, direct);
            direct.flip();
            direct.get(read);
            break;
          default:
            in.seek(at);
            ByteBuffer heap = ByteBuffer.wrap(read);
            assertEquals(context, length == 0 ? 0 : length, in.read(heap));
            break;
        }
        assertArrayEquals(context, expected, read);
      }
    }
  }

  @Test
  public void threads_share_a_stream_for_positioned_reads() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 3);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (FSDataInputStream in = open(path)) {
      Future<?>[] done = new Future<?>[4];
      for (int t = 0; t < done.length; t++) {
        Random random = new Random(t);
        done[t] = threads.submit(
            () -> {
              for (int i = 0; i < 100; i++) {
                int at = random.nextInt(LENGTH - 50_000);
                byte[] read = new byte[random.nextInt(50_000)];
                in.readFully(at, read);
                assertArrayEquals(Arrays.copyOfRange(content, at, at + read.length), read);
              }
              return null;
            });
      }
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  public void openFile_takes_a_status_of_any_kind() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 100_000, 4);
    FileStatus status = files.getFileStatus(path);
    FileStatus plain = new FileStatus(status.getLen(), false, 1, 1, status.getModificationTime(), path);
    FileStatus located = files.listLocatedStatus(path).next();
    for (FileStatus passed : new FileStatus[] {status, plain, located, null}) {
      bench.proxy.forget();
      FutureDataInputStreamBuilder builder = files.openFile(path).opt("fs.option.openfile.read.policy", "random");
      try (FSDataInputStream in = (passed == null ? builder : builder.withFileStatus(passed)).build().get()) {
        assertTrue(Bench.isCached(in));
        assertArrayEquals(content, Bench.readWhole(in, content.length));
      }
      assertEquals(1, bench.proxy.count("HEAD"));
    }
  }

  @Test
  public void a_new_version_is_read_by_the_next_open() throws IOException {
    Path path = Bench.newPath();
    for (int version = 0; version < 5; version++) {
      byte[] content = bench.write(path, 200_000 + version % 2, version);
      try (FSDataInputStream in = open(path)) {
        assertArrayEquals(content, Bench.readWhole(in, content.length));
      }
    }
  }

  @Test
  public void what_is_written_through_the_overlay_is_read_back() throws IOException {
    Configuration conf = bench.conf(ForebayS3AFileSystem.class, bench.server.endpoint(), S3Server.SECRET_KEY);
    try (FileSystem both = FileSystem.newInstance(files.getUri(), conf)) {
      Path from = Bench.newPath();
      Path to = Bench.newPath();
      for (int version = 0; version < 3; version++) {
        byte[] content = new byte[50_000];
        new Random(version).nextBytes(content);
        try (FSDataOutputStream out = both.create(from, true)) {
          out.write(content);
        }
        both.delete(to, false);
        assertTrue(both.rename(from, to));
        try (FSDataInputStream in = both.open(to)) {
          assertTrue(Bench.isCached(in));
          assertArrayEquals(content, Bench.readWhole(in, content.length));
        }
        assertThrows(FileNotFoundException.class, () -> both.open(from));
      }
    }
  }

  @Test
  public void an_empty_object_has_no_bytes() throws IOException {
    Path path = Bench.newPath();
    bench.write(path, 0, 0);
    try (FSDataInputStream in = files.open(path)) {
      assertEquals(-1, in.read());
      assertEquals(-1, in.read(new byte[10], 0, 10));
      assertEquals(0, in.available());
      assertThrows(EOFException.class, () -> in.readFully(new byte[1]));
    }
  }

  @Test
  public void streams_outlive_their_file_system() throws IOException {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 500_000, 5);
    FSDataInputStream in = open(path);
    byte[] first = new byte[500_000];
    in.readFully(0, first);
    files.close();
    byte[] again = new byte[100_000];
    in.readFully(200_000, again);
    assertArrayEquals(Arrays.copyOfRange(content, 200_000, 300_000), again);
    in.close();
    assertThrows(IOException.class, () -> files.open(path));
  }

  @Test
  public void a_stream_closed_while_others_read_gives_bytes_or_an_exception() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 8);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 20; round++) {
        FSDataInputStream in = open(path);
        CountDownLatch reading = new CountDownLatch(3);
        Future<?>[] readers = new Future<?>[4];
        for (int t = 0; t < readers.length; t++) {
          int number = t;
          Random random = new Random(round * 10L + t);
          readers[t] = threads.submit(() -> readUntilClosed(in, content, random, reading, number == 0));
        }
        assertTrue(reading.await(30, TimeUnit.SECONDS));
        in.close();
        for (Future<?> reader : readers) {
          reader.get(60, TimeUnit.SECONDS);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Void readUntilClosed(
      FSDataInputStream in, byte[] content, Random random, CountDownLatch reading, boolean sequential) {
    try {
      while (true) {
        byte[] read = new byte[1 + random.nextInt(20_000)];
        int at = random.nextInt(LENGTH - read.length);
        if (sequential) {
          in.seek(at);
          in.readFully(read);
        } else {
          in.readFully(at, read);
        }
        assertArrayEquals(Arrays.copyOfRange(content, at, at + read.length), read);
        reading.countDown();
      }
    } catch (IOException closed) {
      assertTrue(closed.toString(), closed.getMessage().endsWith("Stream is closed!"));
      return null;
    }
  }

  @Test
  public void statuses_and_listings_are_s3as() throws IOException {
    Path path = Bench.newPath();
    bench.write(path, 10, 6);
    assertTrue(files.getFileStatus(path) instanceof S3AFileStatus);
    assertEquals(bench.stock().getFileStatus(path), files.getFileStatus(path));
    assertEquals(1, files.listStatus(path).length);
    assertEquals(10, files.getFileStatus(path).getLen());
  }

  @Test
  public void input_bytes_equal_stock_s3as_for_the_same_reads() throws IOException {
    Path path = Bench.newPath();
    bench.write(path, LENGTH, 7);
    long stock = bytesOf(bench.stock(), path);
    long cold = bytesOf(files, path);
    long process = Bench.processBytes();
    long warm = bytesOf(files, path);
    assertEquals(stock, cold);
    assertEquals(stock, warm);
    // Reading ahead may be under way: its bytes are taken back after each piece.
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (Bench.processBytes() - process != stock) {
      assertTrue("others were charged: " + (Bench.processBytes() - process - stock), System.nanoTime() < end);
      Thread.yield();
    }
  }

  /** One stream per place: S3A also counts what it skips when a seek stays within its open request. */
  private static long bytesOf(FileSystem from, Path path) throws IOException {
    long before = Bench.threadBytes();
    byte[] small = new byte[700];
    try (FSDataInputStream in = from.open(path)) {
      for (int i = 0; i < 5000; i++) {
        in.read();
      }
      in.readFully(small);
      in.readFully(new byte[300_000]);
    }
    try (FSDataInputStream in = from.open(path)) {
      in.readFully(1_000_000, new byte[12_345]);
    }
    try (FSDataInputStream in = from.open(path)) {
      in.seek(LENGTH - 10);
      while (in.read(small) >= 0) {
        assertTrue(in.getPos() <= LENGTH);
      }
    }
    try (FSDataInputStream in = from.open(path)) {
      in.seek(77);
      in.read();
    }
    return Bench.threadBytes() - before;
  }
}
