package io.forebay.hadoop.s3a;

import static io.forebay.hadoop.s3a.AsStock.assertBoth;
import static io.forebay.hadoop.s3a.AsStock.assertBothFail;
import static io.forebay.hadoop.s3a.AsStock.assertBothName;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.Arrays;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.junit.Before;
import org.junit.Test;

/** Credentials that are wrong, or no longer right. */
public class CredentialsOnS3Test extends OnS3 {

  private static final int LENGTH = 3_000_000;
  private static final String PROVIDER = "fs.s3a.aws.credentials.provider";

  @Before
  public void takeTheFirstKeys() {
    KeysInTurn.take(S3Server.ACCESS_KEY, S3Server.SECRET_KEY);
  }

  /** The store calls a token expired that is signed with the first keys. */
  private void expireTheFirstKeys() {
    bench.proxy.follow((method, path, head) ->
        CountingProxy.header(head, "authorization").contains("Credential=" + S3Server.ACCESS_KEY + "/")
            ? CountingProxy.answer("400 Bad Request", CountingProxy.error("ExpiredToken"))
            : null);
  }

  @Test
  public void a_token_that_expires_while_a_file_is_read_is_renewed_without_notice() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 1);
    FileSystem renewing = with(ForebayS3AFileSystem.class, PROVIDER, KeysInTurn.class.getName(),
        "fs.forebay.prefetch.enabled", "false");
    try (FSDataInputStream in = renewing.open(path)) {
      assertTrue(Bench.isCached(in));
      byte[] into = new byte[100_000];
      in.readFully(0, into);
      expireTheFirstKeys();
      KeysInTurn.take(S3Server.NEXT_ACCESS_KEY, S3Server.NEXT_SECRET_KEY);
      bench.proxy.forget();
      in.readFully(2_000_000, into);
      assertArrayEquals(Arrays.copyOfRange(content, 2_000_000, 2_100_000), into);
      if (origin.equals("direct")) {
        assertEquals("asked once with the old keys", 400, bench.proxy.of("GET").get(0).status);
      }
      assertTrue(bench.proxy.of("GET").stream().anyMatch(get -> get.status == 206));
    }
  }

  @Test
  public void a_token_that_expired_and_is_not_renewed_fails_as_with_s3a() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, LENGTH, 1);
    FileSystem stock = bench.stock();
    try (FSDataInputStream theirs = stock.open(path); FSDataInputStream ours = open(path)) {
      expireTheFirstKeys();
      byte[] into = new byte[100_000];
      Throwable expired = assertBothFail(() -> theirs.readFully(0, into), () -> ours.readFully(0, into));
      assertTrue(expired.toString(), expired instanceof IOException);
      assertTrue(expired.getMessage(), expired.getMessage().contains("ExpiredToken"));
      assertTrue(expired.getMessage(), expired.getMessage().contains(path.toString()));
      assertFalse(expired.getMessage(), expired.getMessage().contains(S3Server.SECRET_KEY));
    }
    assertBothFail(() -> stock.open(path), () -> files.open(path));
  }

  @Test
  public void an_unknown_access_key_is_denied_and_no_secret_is_shown() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 10, 1);
    String[] wrong = {"fs.s3a.access.key", "nobody", "fs.s3a.secret.key", "hush-hush"};
    FileSystem theirs = with(S3AFileSystem.class, wrong);
    FileSystem ours = with(ForebayS3AFileSystem.class, wrong);
    assertBoth(AccessDeniedException.class, () -> theirs.open(path), () -> ours.open(path));
    AccessDeniedException denied =
        assertThrows(AccessDeniedException.class, () -> ours.open(path));
    assertTrue(denied.getMessage(), denied.getMessage().contains(path.toString()));
    assertFalse(ours + " " + denied, (ours + " " + denied).contains("hush-hush"));
  }

  @Test
  public void access_revoked_between_two_opens_is_denied_though_all_bytes_are_cached() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, 100_000, 1);
    FileSystem stock = bench.stock();
    try (FSDataInputStream in = open(path)) {
      assertArrayEquals(content, Bench.readWhole(in, content.length));
    }
    bench.proxy.deny("HEAD");
    assertBothName(path, AccessDeniedException.class, () -> stock.open(path), () -> files.open(path));
    assertBothName(path, AccessDeniedException.class,
        () -> stock.getFileStatus(path), () -> files.getFileStatus(path));
    Path missing = new Path(path.getParent(), "missing");
    bench.proxy.follow((method, asked, head) -> null);
    assertBoth(FileNotFoundException.class, () -> stock.open(missing), () -> files.open(missing));
  }
}
