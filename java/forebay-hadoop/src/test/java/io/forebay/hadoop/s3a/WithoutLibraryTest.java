package io.forebay.hadoop.s3a;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collections;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Where the library can't load the overlay is plain S3A, and one warning says why and what to do. */
public class WithoutLibraryTest {

  @Rule
  public final TemporaryFolder folder = new TemporaryFolder();

  @Test
  public void on_another_processor_reads_are_s3as() throws Exception {
    try (Bench bench = new Bench("auto")) {
      ChildReader.read(bench, bench.server.endpoint(), Collections.singletonList("-Dos.arch=another"))
          .assertRead(false)
          .assertSaid(1, "WARN io.forebay: Forebay is not used: the native library is built for x86_64 and aarch64, this is "
              + "another; remove Forebay from this host's configuration, or leave it: reads go on uncached");
    }
  }

  @Test
  public void where_no_directory_takes_the_library_each_is_named_with_its_reason() throws Exception {
    Path file = folder.newFile().toPath();
    Path open = folder.newFolder().toPath();
    String user = System.getProperty("user.name");
    Path trap = Files.createDirectory(open.resolve("forebay-native-" + user));
    Files.setPosixFilePermissions(trap, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (Bench bench = new Bench("auto")) {
      ChildReader.read(bench, bench.server.endpoint(),
              Arrays.asList("-Djava.io.tmpdir=" + open, "-Duser.home=" + file), "fs.forebay.native.dir", "/proc/none",
              "fs.s3a.buffer.dir", folder.getRoot().getPath())
          .assertRead(false)
          .assertSaid(1, "WARN io.forebay: Forebay is not used: the native library could not be loaded: /proc/none: "
              + "NoSuchFileException /proc/none; " + open + ": " + trap
              + " is not a directory of mode 0700; remove it; " + file + "/.cache: FileSystemException " + file
              + "/.cache: Not a directory; set fs.forebay.native.dir to a directory of this user on a file system "
              + "that allows execution");
    }
  }
}
