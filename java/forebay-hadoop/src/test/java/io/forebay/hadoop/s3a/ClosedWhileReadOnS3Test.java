package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.Test;

/** File systems closed under their readers, as HiveServer2 does when a session ends. */
public class ClosedWhileReadOnS3Test extends OnS3 {

  private static final int LENGTH = 3_000_000;
  private static final int READERS = 3;
  private static final int READS_AFTER = 20;
  private static final long GUARD_SECONDS = 60;

  /** Reads until the file system is closed and for a while after it; says what was thrown, or null. */
  private static Throwable readOn(
      FSDataInputStream in, byte[] content, Random random, CountDownLatch reading, CountDownLatch closed) {
    int after = 0;
    Throwable first = null;
    while (after < READS_AFTER) {
      after += closed.getCount() == 0 ? 1 : 0;
      byte[] read = new byte[1 + random.nextInt(20_000)];
      int at = random.nextInt(LENGTH - read.length);
      try {
        in.readFully(at, read);
        assertArrayEquals("wrong bytes at " + at, Arrays.copyOfRange(content, at, at + read.length), read);
      } catch (IOException | RuntimeException e) {
        first = first == null ? e : first;
      }
      reading.countDown();
    }
    return first;
  }

  /** Stock S3A also lets an IllegalStateException of its connection pool through, which readers do not expect. */
  private void assertEndsWell(FileSystem reading, Close close) throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 8);
    ExecutorService threads = Executors.newFixedThreadPool(READERS);
    List<FSDataInputStream> streams = new ArrayList<>();
    try {
      CountDownLatch begun = new CountDownLatch(READERS);
      CountDownLatch closed = new CountDownLatch(1);
      List<Future<Throwable>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        FSDataInputStream in = reading.open(path);
        assertTrue(Bench.isCached(in));
        streams.add(in);
        Random random = new Random(i);
        readers.add(threads.submit(() -> readOn(in, content, random, begun, closed)));
      }
      assertTrue(begun.await(GUARD_SECONDS, TimeUnit.SECONDS));
      close.run();
      closed.countDown();
      for (Future<Throwable> reader : readers) {
        Throwable thrown = reader.get(GUARD_SECONDS, TimeUnit.SECONDS);
        assertTrue(String.valueOf(thrown), thrown == null || thrown instanceof IOException);
      }
      IOException late = assertThrows(IOException.class, () -> reading.open(path));
      assertTrue(late.getMessage(), late.getMessage().toLowerCase(Locale.ROOT).contains("closed"));
    } finally {
      threads.shutdownNow();
      for (FSDataInputStream in : streams) {
        in.close();
      }
    }
  }

  private interface Close {
    void run() throws IOException;
  }

  @Test
  public void closing_the_file_system_gives_its_readers_bytes_or_an_IOException() throws Exception {
    for (int round = 0; round < 3; round++) {
      FileSystem reading = bench.forebay();
      assertEndsWell(reading, reading::close);
    }
  }

  @Test
  public void closing_all_of_a_user_closes_theirs_and_no_others() throws Exception {
    Configuration conf = bench.conf(ForebayS3AFileSystem.class, bench.proxy.endpoint(), S3Server.SECRET_KEY);
    UserGroupInformation ann = UserGroupInformation.createRemoteUser("ann");
    UserGroupInformation bob = UserGroupInformation.createRemoteUser("bob");
    PrivilegedExceptionAction<FileSystem> get =
        () -> FileSystem.get(URI.create("s3a://" + S3Server.BUCKET), conf);
    FileSystem bobs = bob.doAs(get);
    try {
      assertEndsWell(ann.doAs(get), () -> FileSystem.closeAllForUGI(ann));
      Path path = Bench.newPath();
      byte[] content = bench.write(path, 100_000, 3);
      try (FSDataInputStream in = bobs.open(path)) {
        assertArrayEquals(content, Bench.readWhole(in, content.length));
      }
    } finally {
      FileSystem.closeAllForUGI(bob);
    }
  }
}
