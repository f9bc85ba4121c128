package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.Rights;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.junit.Test;

public class SeenVersionsTest {

  private final SeenVersions seen = seen("1h");

  private static SeenVersions seen(String ttl) {
    Configuration conf = new Configuration(false);
    conf.set("fs.forebay.auth.ttl", ttl);
    return new SeenVersions(Rights.of(conf, "b"));
  }

  private static S3AFileStatus status(String path, long length, long time) {
    return new S3AFileStatus(length, time, new Path(path), 1, "me", "etag", null);
  }

  private static FileStatus copy(S3AFileStatus of) {
    return new FileStatus(of.getLen(), false, 1, 1, of.getModificationTime(), of.getPath());
  }

  private S3AFileStatus trusted(SeenVersions by, Path path) {
    Configuration conf = new Configuration(false);
    conf.set("fs.forebay.freshness", "ttl=1h");
    return by.trusted(path, Freshness.of(conf, "b").now());
  }

  @Test
  public void a_plain_copy_finds_the_version_it_was_made_of() {
    S3AFileStatus status = status("s3a://b/dir/a", 10, 1000);
    seen.add(Changes.ask(), status);
    assertEquals("etag", seen.like(status.getPath(), copy(status)).getEtag());
    assertNull(seen.like(status.getPath(), copy(status("s3a://b/dir/a", 11, 1000))));
    assertNull(seen.like(status.getPath(), copy(status("s3a://b/dir/a", 10, 1001))));
    assertNull(seen.like(new Path("s3a://b/dir/b"), copy(status)));
  }

  @Test
  public void what_was_said_is_kept_whatever_a_caller_does_to_a_status() {
    S3AFileStatus status = status("s3a://b/dir/a", 10, 1000);
    Path path = status.getPath();
    seen.add(Changes.ask(), status);
    status.setPath(new Path("s3a://b/elsewhere"));
    trusted(seen, path).setPath(new Path("s3a://b/elsewhere"));
    assertEquals(path, trusted(seen, path).getPath());
    assertEquals(10, trusted(seen, path).getLen());
  }

  @Test
  public void what_changes_is_forgotten_with_all_below_in_every_instance() {
    SeenVersions other = seen("1h");
    S3AFileStatus below = status("s3a://b/dir/a", 10, 1000);
    S3AFileStatus beside = status("s3a://b/dir2/a", 10, 1000);
    for (SeenVersions one : new SeenVersions[] {seen, other}) {
      one.add(Changes.ask(), below);
      one.add(Changes.ask(), beside);
    }
    Changes.of(new Path("s3a://b/dir"));
    for (SeenVersions one : new SeenVersions[] {seen, other}) {
      assertNull(trusted(one, below.getPath()));
      assertNotNull(trusted(one, beside.getPath()));
    }
    Changes.of(new Path("s3a://b/"));
    assertNull(trusted(seen, beside.getPath()));
  }

  @Test
  public void an_answer_asked_for_before_a_change_comes_too_late() {
    S3AFileStatus old = status("s3a://b/dir/a", 10, 1000);
    Changes.Question before = Changes.ask();
    Changes.of(old.getPath());
    seen.add(before, old);
    assertNull(trusted(seen, old.getPath()));
  }

  @Test
  public void a_path_without_a_known_end_of_its_change_is_never_remembered() {
    S3AFileStatus status = status("s3a://b/dir/a", 10, 1000);
    Changes.unsettled(status.getPath());
    seen.add(Changes.ask(), status);
    assertNull(trusted(seen, status.getPath()));
    S3AFileStatus beside = status("s3a://b/dir/b", 10, 1000);
    seen.add(Changes.ask(), beside);
    assertNotNull(trusted(seen, beside.getPath()));
    for (int i = 0; i < 10_001; i++) {
      Changes.unsettled(new Path("s3a://b/many/" + i));
    }
    seen.add(Changes.ask(), beside);
    Changes.of(beside.getPath());
    seen.add(Changes.ask(), beside);
    assertNull("more than can be noted: nothing is remembered", trusted(seen, beside.getPath()));
  }

  @Test
  public void it_stays_small() {
    S3AFileStatus first = status("s3a://b/0", 10, 1000);
    seen.add(Changes.ask(), first);
    for (int i = 1; i < 10_000; i++) {
      seen.add(Changes.ask(), status("s3a://b/" + i, 10, 1000));
    }
    assertNull(trusted(seen, first.getPath()));
  }

  @Test
  public void a_proof_lasts_as_long_as_configured_and_for_its_version_only() {
    S3AFileStatus status = status("s3a://b/dir/a", 10, 1000);
    Path path = status.getPath();
    assertFalse(seen.mayRead(path, "etag"));
    seen.add(Changes.ask(), status);
    assertTrue(seen.mayRead(path, "etag"));
    assertFalse(seen.mayRead(path, "another"));
    SeenVersions brief = seen("0ms");
    brief.add(Changes.ask().sentAt(System.nanoTime() - 1), status);
    assertFalse(brief.mayRead(path, "etag"));
    assertNull("fresh, but not proved any more", trusted(brief, path));
  }
}
