import java.nio.file.Files;
import java.nio.file.Paths;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Reads a file of known bytes through the tracing wrapper in several ways, and prints what was traced. */
public final class TraceCheck {

  public static void main(String[] arguments) throws Exception {
    byte[] bytes = new byte[1000];
    for (int at = 0; at < bytes.length; at++) {
      bytes[at] = (byte) (at * 31);
    }
    java.nio.file.Path file = Paths.get(arguments[0], "file.bin");
    Files.write(file, bytes);
    Configuration conf = new Configuration();
    conf.set("fs.file.impl", "TracedLocal");
    Path path = new Path(file.toUri());
    Trace.take();
    try (FSDataInputStream in = FileSystem.get(file.toUri(), conf).open(path)) {
      for (int at = 0; at < 100; at++) {
        expect(in.read(), bytes[at] & 0xff);
      }
      byte[] some = new byte[50];
      in.readFully(25, some);
      expect(some[49], bytes[74]);
      in.seek(500);
      in.readFully(some, 0, 10);
      expect(some[9], bytes[509]);
    }
    System.out.println(Trace.take());
  }

  private static void expect(int found, int expected) {
    if (found != expected) {
      throw new AssertionError("read " + found + " instead of " + expected);
    }
  }
}
