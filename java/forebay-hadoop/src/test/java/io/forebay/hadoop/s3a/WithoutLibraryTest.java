package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertEquals;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.Test;

/** Where the library can't load, in a JVM of its own that claims another processor, the overlay is plain S3A. */
public class WithoutLibraryTest {

  private static final int LENGTH = 300_000;

  @Test
  public void without_the_library_reads_are_s3as() throws Exception {
    try (Bench bench = new Bench("auto")) {
      Path path = Bench.newPath();
      bench.write(path, LENGTH, 21);
      Process reader =
          new ProcessBuilder(
                  System.getProperty("java.home") + "/bin/java", "-Dos.arch=another",
                  "-cp", System.getProperty("java.class.path"), "-Xmx256m",
                  Reader.class.getName(), path.toString(), bench.server.endpoint())
              .redirectErrorStream(true)
              .start();
      String output;
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(reader.getInputStream(), StandardCharsets.UTF_8))) {
        output = lines.lines().collect(Collectors.joining("\n"));
      }
      assertEquals(output, 0, reader.waitFor());
    }
  }

  /** Reads the object through the overlay's class; its exit code says what was wrong. */
  public static final class Reader {

    private Reader() {}

    public static void main(String[] arguments) throws Exception {
      Path path = new Path(arguments[0]);
      Configuration conf = Bench.conf("auto", ForebayS3AFileSystem.class, arguments[1], S3Server.SECRET_KEY);
      try (FileSystem files = FileSystem.newInstance(URI.create("s3a://" + S3Server.BUCKET), conf)) {
        if (files.hasPathCapability(path, ForebayS3AFileSystem.CAPABILITY)) {
          System.exit(2);
        }
        try (FSDataInputStream in = files.open(path)) {
          if (Bench.isCached(in)) {
            System.exit(3);
          }
          Bench.readWhole(in, LENGTH);
        }
      }
    }
  }
}
