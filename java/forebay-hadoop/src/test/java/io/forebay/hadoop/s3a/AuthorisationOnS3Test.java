package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.ForebayMetrics;
import java.io.IOException;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.spark.TaskContext;
import org.junit.After;
import org.junit.Test;

/**
 * Warm objects, and principals that the store gives nothing: other keys of a user with rights to something else, junk
 * secrets, no keys, borrowed user names. {@code make test-authorisation} has them open 10,000 times.
 */
public class AuthorisationOnS3Test extends OnS3 {

  private static final int OPENS = Integer.getInteger("forebay.test.opens", 300);
  private static final int LENGTH = 300_000;
  private static final int OBJECTS = 10;
  private static final String ACCESS = "fs.s3a.access.key";
  private static final String SECRET = "fs.s3a.secret.key";
  private static final String FRESHNESS = "fs.forebay.freshness";
  private static final String[] GUEST = {ACCESS, S3Server.GUEST_ACCESS_KEY, SECRET, S3Server.GUEST_SECRET_KEY};
  private static final String[] JUNK = {ACCESS, S3Server.ACCESS_KEY, SECRET, "junk"};

  @After
  public void endTask() {
    TaskContext.end();
  }

  /** An attempt to get at a file. */
  private interface Attempt {
    void run(FileSystem files, Path path, FileStatus status) throws Exception;
  }

  private static final Attempt[] ATTEMPTS = {
    (files, path, status) -> read(files.open(path)),
    (files, path, status) -> files.getFileStatus(path),
    (files, path, status) -> read(passed(files, path, status)),
    (files, path, status) -> read(passed(files, path, plain(status))),
    (files, path, status) -> {
      TaskContext.begin();
      try {
        files.getFileStatus(path);
      } finally {
        read(files.open(path));
      }
    },
  };

  private static void read(FSDataInputStream in) throws IOException {
    try (FSDataInputStream closing = in) {
      throw new AssertionError("opened, and read " + closing.read(new byte[LENGTH]) + " bytes");
    }
  }

  private static FSDataInputStream passed(FileSystem files, Path path, FileStatus status) throws Exception {
    try {
      return files.openFile(path).withFileStatus(status).build().get();
    } catch (ExecutionException e) {
      throw (Exception) e.getCause();
    }
  }

  /** As Spark hands it to its executors: nothing but the numbers. */
  private static FileStatus plain(FileStatus status) {
    return new FileStatus(status.getLen(), false, 1, status.getBlockSize(), status.getModificationTime(),
        status.getPath());
  }

  private static String[] and(String[] some, String... more) {
    String[] all = Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }

  /** Nobody of them may read what lies under {@code tests/}. */
  private List<FileSystem> strangers() throws Exception {
    List<FileSystem> strangers = new ArrayList<>();
    String[] unknown = {ACCESS, "nobody", SECRET, "nothing"};
    String[] anonymous = {
      "fs.s3a.aws.credentials.provider", "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"};
    for (String[] keys : new String[][] {GUEST, JUNK, unknown, anonymous}) {
      for (String mode : new String[] {"task", "planned", "ttl=7d"}) {
        strangers.add(with(ForebayS3AFileSystem.class, and(keys, FRESHNESS, mode)));
      }
    }
    String owner = UserGroupInformation.getCurrentUser().getShortUserName();
    PrivilegedExceptionAction<FileSystem> forged = () -> with(ForebayS3AFileSystem.class, and(JUNK, FRESHNESS, "planned"));
    strangers.add(UserGroupInformation.createRemoteUser(owner).doAs(forged));
    return strangers;
  }

  private Path warm(Path path) throws IOException {
    byte[] content = bench.write(path, LENGTH, path.hashCode());
    try (FSDataInputStream in = open(path)) {
      assertArrayEquals(content, Bench.readWhole(in, LENGTH));
    }
    Bench.awaitFills();
    return path;
  }

  /** Bytes that any file system of this process got through Forebay. */
  private static long served() {
    long sum = 0;
    for (String metric : new String[] {"read.bytes.ssd", "read.bytes.ram", "read.bytes.origin"}) {
      sum += ForebayMetrics.snapshot().get(metric);
    }
    return sum;
  }

  @Test
  public void warm_objects_are_denied_to_whom_the_store_denies_them() throws Exception {
    List<Path> paths = new ArrayList<>();
    List<FileStatus> statuses = new ArrayList<>();
    for (int i = 0; i < OBJECTS; i++) {
      paths.add(warm(Bench.newPath()));
      statuses.add(files.getFileStatus(paths.get(i)));
    }
    List<FileSystem> strangers = strangers();
    long servedBefore = served();
    long readBefore = Bench.processBytes();
    bench.proxy.forget();
    for (int i = 0; i < OPENS; i++) {
      FileSystem stranger = strangers.get(i % strangers.size());
      Attempt attempt = ATTEMPTS[i / strangers.size() % ATTEMPTS.length];
      int which = i % OBJECTS;
      String what = "open " + i + " by " + stranger;
      assertThrows(what, AccessDeniedException.class,
          () -> attempt.run(stranger, paths.get(which), statuses.get(which)));
      TaskContext.end();
    }
    assertEquals("bytes served", servedBefore, served());
    assertEquals("bytes read", readBefore, Bench.processBytes());
    assertTrue("what was asked was denied", bench.proxy.of("GET").stream().allMatch(get -> get.status == 403));
    assertTrue(bench.proxy.of("HEAD").stream().allMatch(head -> head.status == 403));
    try (FSDataInputStream in = open(paths.get(0))) {
      bench.proxy.forget();
      Bench.readWhole(in, LENGTH);
      assertEquals("warm all the time", 0, bench.proxy.count("GET"));
    }
  }

  @Test
  public void whom_the_store_lets_read_reads_what_another_cached() throws Exception {
    Path path = warm(new Path("s3a://" + S3Server.BUCKET + "/" + S3Server.GRANTED + "/" + Bench.newPath().getName()));
    FileSystem guest = with(ForebayS3AFileSystem.class, GUEST);
    try (FSDataInputStream in = guest.open(path)) {
      bench.proxy.forget();
      Bench.readWhole(in, LENGTH);
      assertEquals(0, bench.proxy.count("GET"));
    }
  }

  @Test
  public void two_users_of_a_process_share_no_fetch_under_way() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 5);
    UserGroupInformation ann = UserGroupInformation.createRemoteUser("ann");
    UserGroupInformation bob = UserGroupInformation.createRemoteUser("bob");
    URI bucket = URI.create("s3a://" + S3Server.BUCKET);
    Configuration anns = bench.conf(ForebayS3AFileSystem.class, bench.proxy.endpoint(), S3Server.SECRET_KEY);
    Configuration bobs = new Configuration(anns);
    bobs.set(ACCESS, S3Server.GUEST_ACCESS_KEY);
    bobs.set(SECRET, S3Server.GUEST_SECRET_KEY);
    PrivilegedExceptionAction<byte[]> whole = () -> {
      try (FSDataInputStream in = FileSystem.get(bucket, anns).open(path)) {
        return Bench.readWhole(in, LENGTH);
      }
    };
    PrivilegedExceptionAction<FSDataInputStream> open = () -> FileSystem.get(bucket, bobs).open(path);
    try {
      CountDownLatch gate = bench.proxy.hold();
      FutureTask<byte[]> reading = new FutureTask<>(() -> ann.doAs(whole));
      new Thread(reading, "ann").start();
      bench.proxy.awaitHeld(1);
      assertThrows("while ann's fetch is under way", AccessDeniedException.class, () -> bob.doAs(open));
      gate.countDown();
      assertArrayEquals(content, reading.get(60, TimeUnit.SECONDS));
      assertThrows("when all is warm", AccessDeniedException.class, () -> bob.doAs(open));
    } finally {
      FileSystem.closeAllForUGI(ann);
      FileSystem.closeAllForUGI(bob);
    }
  }

  @Test
  public void a_right_lasts_as_long_as_configured() throws Exception {
    Path path = warm(Bench.newPath());
    S3AFileStatus status = (S3AFileStatus) files.getFileStatus(path);
    String[] planned = {FRESHNESS, "planned"};
    FileSystem usual = with(ForebayS3AFileSystem.class, planned);
    FileSystem brief = with(ForebayS3AFileSystem.class, and(planned, "fs.forebay.auth.ttl", "0ms"));
    FileSystem trusting = with(ForebayS3AFileSystem.class, and(planned, "fs.forebay.auth", "trusted"));
    bench.proxy.forget();
    for (FileSystem one : new FileSystem[] {usual, usual, usual}) {
      passed(one, path, status).close();
    }
    assertEquals("asked once for the right", 1, bench.proxy.count("HEAD"));
    for (FileSystem one : new FileSystem[] {brief, brief, brief}) {
      passed(one, path, status).close();
    }
    assertEquals("asked each time", 4, bench.proxy.count("HEAD"));
    bench.proxy.deny("HEAD");
    passed(usual, path, status).close();
    assertThrows(AccessDeniedException.class, () -> passed(brief, path, status));
    try (FSDataInputStream in = passed(trusting, path, status)) {
      Bench.readWhole(in, LENGTH);
    }
  }

  @Test
  public void another_role_of_the_same_user_in_another_process_is_denied() throws Exception {
    Path path = warm(Bench.newPath());
    S3AFileStatus status = (S3AFileStatus) files.getFileStatus(path);
    String denied = "denied, 0 bytes";
    assertEquals("read " + LENGTH + " bytes", AnotherProcess.opens(bench, status, files.getConf()));
    assertEquals(denied, AnotherProcess.opens(bench, status, files.getConf(), GUEST));
    assertEquals(denied, AnotherProcess.opens(bench, status, files.getConf(), and(GUEST, FRESHNESS, "planned")));
    assertEquals("a user name is no proof", denied, AnotherProcess.opens(bench, status, files.getConf(), JUNK));
    bench.proxy.forget();
    assertEquals("only where it is configured so", "read " + LENGTH + " bytes", AnotherProcess.opens(bench, status,
        files.getConf(), and(GUEST, FRESHNESS, "planned", "fs.forebay.auth", "trusted")));
    assertEquals("from the cache they share", 0, bench.proxy.count("GET"));
  }
}
