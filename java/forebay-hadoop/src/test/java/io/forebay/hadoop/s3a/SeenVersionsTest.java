package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertSame;

import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.junit.Test;

public class SeenVersionsTest {

  private final SeenVersions seen = new SeenVersions();

  private static S3AFileStatus status(String path, long length, long time) {
    return new S3AFileStatus(length, time, new Path(path), 1, "me", "etag", null);
  }

  private static FileStatus copy(S3AFileStatus of) {
    return new FileStatus(of.getLen(), false, 1, 1, of.getModificationTime(), of.getPath());
  }

  @Test
  public void a_plain_copy_finds_the_version_it_was_made_of() {
    S3AFileStatus status = status("s3a://b/dir/a", 10, 1000);
    seen.add(status);
    assertSame(status, seen.like(status.getPath(), copy(status)));
    assertNull(seen.like(status.getPath(), copy(status("s3a://b/dir/a", 11, 1000))));
    assertNull(seen.like(status.getPath(), copy(status("s3a://b/dir/a", 10, 1001))));
    assertNull(seen.like(new Path("s3a://b/dir/b"), copy(status)));
  }

  @Test
  public void what_changes_is_forgotten_with_all_below() {
    S3AFileStatus below = status("s3a://b/dir/a", 10, 1000);
    S3AFileStatus beside = status("s3a://b/dir2/a", 10, 1000);
    seen.add(below);
    seen.add(beside);
    seen.forget(new Path("s3a://b/dir"));
    assertNull(seen.like(below.getPath(), copy(below)));
    assertNotNull(seen.like(beside.getPath(), copy(beside)));
  }

  @Test
  public void it_stays_small() {
    S3AFileStatus first = status("s3a://b/0", 10, 1000);
    seen.add(first);
    for (int i = 1; i < 10_000; i++) {
      seen.add(status("s3a://b/" + i, 10, 1000));
    }
    assertNull(seen.like(first.getPath(), copy(first)));
  }
}
