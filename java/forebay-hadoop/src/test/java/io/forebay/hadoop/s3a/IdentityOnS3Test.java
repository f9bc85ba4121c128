package io.forebay.hadoop.s3a;

import static io.forebay.hadoop.s3a.CountingProxy.without;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.junit.Test;

/** Which bytes are which, and which may lie on the disk: what a store's answers prove, and what they don't. */
public class IdentityOnS3Test extends OnS3 {

  private static final int LENGTH = 600_000;
  private static final String MODE = "fs.s3a.change.detection.mode";

  private static byte[] whole(FileSystem from, Path path) throws IOException {
    try (FSDataInputStream in = from.open(path)) {
      return Bench.readWhole(in, LENGTH);
    }
  }

  /** How many segments of any version of an object lie in the cache: their first page repeats its key. */
  private static long segments(Path path) throws IOException {
    Bench.awaitFills();
    String key = path.toUri().getPath().substring(1);
    try (Stream<java.nio.file.Path> files = Files.walk(Paths.get(Bench.cacheFolder()))) {
      int segments = 0;
      for (java.nio.file.Path file : files.filter(Files::isRegularFile).collect(Collectors.toList())) {
        byte[] page = new byte[4096];
        try (InputStream in = Files.newInputStream(file)) {
          int read = Math.max(in.read(page), 0);
          segments += new String(page, 0, read, StandardCharsets.UTF_8).contains(key) ? 1 : 0;
        }
      }
      return segments;
    }
  }

  private static UnaryOperator<String> adding(String header) {
    return head -> head.replaceFirst("\r\n", "\r\n" + header + "\r\n");
  }

  @Test
  public void where_versioning_is_suspended_the_tag_alone_tells_versions() throws Exception {
    bench.proxy.changeAnswers(adding("x-amz-version-id: null"));
    Path path = Bench.newPath();
    for (int version = 1; version <= 3; version++) {
      byte[] content = bench.write(path, LENGTH, version);
      assertArrayEquals(content, whole(files, path));
      assertEquals("one segment for each", version, segments(path));
      bench.proxy.forget();
      assertArrayEquals(content, whole(files, path));
      assertEquals(0, bench.proxy.count("GET"));
    }
    assertTrue(bench.proxy.of("HEAD").stream().noneMatch(head -> head.path.contains("versionId")));
  }

  @Test
  public void overwritten_within_a_second_at_the_same_length_the_new_bytes_are_read() throws Exception {
    Path path = Bench.newPath();
    for (int version = 1; version <= 6; version++) {
      byte[] content = bench.write(path, LENGTH, version);
      assertArrayEquals("version " + version, content, whole(files, path));
      assertArrayEquals("and again", content, whole(files, path));
    }
  }

  /** In the mode in which S3A reads from such stores at all. */
  @Test
  public void a_weak_or_missing_tag_is_read_through_and_never_kept() throws Exception {
    FileSystem lenient = with(ForebayS3AFileSystem.class, MODE, "client",
        "fs.s3a.change.detection.version.required", "false");
    for (UnaryOperator<String> change : Arrays.<UnaryOperator<String>>asList(
        head -> head.replaceFirst("(?i)\r\netag: *", "\r\nETag: W/"), head -> without(head, "etag"))) {
      Path path = Bench.newPath();
      bench.proxy.changeAnswers(change);
      for (int version = 1; version <= 2; version++) {
        byte[] content = bench.write(path, LENGTH, version);
        for (int round = 0; round < 2; round++) {
          try (FSDataInputStream in = lenient.open(path)) {
            assertFalse(Bench.isCached(in));
            assertArrayEquals(content, Bench.readWhole(in, LENGTH));
          }
        }
      }
      assertEquals(0, segments(path));
    }
  }

  @Test
  public void a_tag_that_is_lost_after_the_open_fails_as_with_s3a_and_keeps_nothing() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, LENGTH, 1);
    byte[] into = new byte[1000];
    try (FSDataInputStream theirs = bench.stock().open(path); FSDataInputStream ours = open(path)) {
      bench.proxy.changeAnswers(head -> without(head, "etag"));
      AsStock.assertBothFail(() -> theirs.readFully(300_000, into), () -> ours.readFully(300_000, into));
    }
    assertEquals(0, segments(path));
  }

  /** As a store does that has never heard of If-Match; unsigned, so that the header can be taken away. */
  @Test
  public void a_store_that_ignores_conditions_gives_one_version_or_an_error() throws Exception {
    bench.proxy.changeRequests(head -> without(head, "if-match"));
    for (String mode : new String[] {"server", "client"}) {
      Path path = new Path(
          "s3a://" + S3Server.BUCKET + "/" + S3Server.PUBLIC + "/" + origin + mode + Bench.newPath().getName());
      byte[] old = bench.write(path, LENGTH, 1);
      FileSystem unsigned = with(ForebayS3AFileSystem.class, MODE, mode, "fs.forebay.prefetch.enabled", "false",
          "fs.s3a.aws.credentials.provider", "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider");
      byte[] into = new byte[10_000];
      byte[] fresh;
      try (FSDataInputStream in = unsigned.open(path)) {
        assertTrue(Bench.isCached(in));
        in.readFully(0, into);
        assertArrayEquals(Arrays.copyOf(old, into.length), into);
        fresh = bench.write(path, LENGTH, 2);
        assertThrows(mode, RemoteFileChangedException.class, () -> in.readFully(400_000, into));
        in.readFully(0, into);
        assertArrayEquals(Arrays.copyOf(old, into.length), into);
      }
      assertEquals("the old version's only", 1, segments(path));
      assertArrayEquals(fresh, whole(unsigned, path));
      assertEquals(2, segments(path));
    }
  }

  @Test
  public void where_changes_are_not_refused_nothing_is_kept() throws Exception {
    for (String mode : new String[] {"none", "warn"}) {
      Path path = Bench.newPath();
      FileSystem careless = with(ForebayS3AFileSystem.class, MODE, mode);
      for (int version = 1; version <= 2; version++) {
        byte[] content = bench.write(path, LENGTH, version);
        assertArrayEquals(content, whole(careless, path));
      }
      assertFalse(careless.hasPathCapability(path, ForebayS3AFileSystem.CAPABILITY));
      assertEquals(0, segments(path));
    }
  }
}
