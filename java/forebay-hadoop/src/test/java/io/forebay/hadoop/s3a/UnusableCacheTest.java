package io.forebay.hadoop.s3a;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/**
 * What the log says of a configuration that can't be followed in full, once however many file systems there are. Each
 * kind of unusable directory, and its message, is in {@code native/forebay-engine/tests/directories.rs}.
 */
public class UnusableCacheTest {

  @Rule
  public final TemporaryFolder folder = new TemporaryFolder();

  @Test
  public void a_directory_open_to_all_and_a_misspelt_key_are_a_warning_each() throws Exception {
    Path open = folder.newFolder().toPath();
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (Bench bench = new Bench("auto")) {
      ChildReader.read(bench, bench.server.endpoint(), Collections.emptyList(),
              "fs.forebay.cache.dirs", open.toString(), "fs.forebay.cache.sise", "1GB",
              "fs.forebay.bucket." + S3Server.BUCKET + ".orign", "direct")
          .assertRead(true)
          .assertSaid(1, "WARN io.forebay: no cache directory is in use, what is read is kept in memory only: cache "
              + "directory " + open + ": is writable for everyone; name a directory of your own inside it, mode 0700")
          .assertSaid(1, "WARN io.forebay: fs.forebay.cache.sise is no key of Forebay; did you mean "
              + "fs.forebay.cache.size?")
          .assertSaid(1, "WARN io.forebay: fs.forebay.bucket." + S3Server.BUCKET + ".orign is no key of Forebay; did "
              + "you mean fs.forebay.bucket." + S3Server.BUCKET + ".origin?");
    }
  }
}
