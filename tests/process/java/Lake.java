import io.forebay.hadoop.ForebayMetrics;
import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The bucket that the tests' server holds, as an engine's process sees it; credentials are in the environment. */
final class Lake {

  final FileSystem fileSystem;
  final Path path;
  final long length;

  /** What a test passes on the command line: endpoint, folder of the cache, origin, path. */
  Lake(String[] args) throws IOException {
    Configuration conf = new Configuration();
    conf.set("fs.s3a.impl", "io.forebay.hadoop.s3a.ForebayS3AFileSystem");
    conf.set("fs.s3a.endpoint", args[0]);
    conf.set("fs.s3a.path.style.access", "true");
    conf.set("fs.s3a.connection.ssl.enabled", "false");
    conf.set("fs.forebay.cache.dirs", args[1]);
    conf.set("fs.forebay.cache.size", "512MB");
    conf.set("fs.forebay.origin", args[2]);
    path = new Path(args[3]);
    fileSystem = FileSystem.get(URI.create(args[3]), conf);
    length = fileSystem.getFileStatus(path).getLen();
  }

  FSDataInputStream open() throws IOException {
    return fileSystem.open(path);
  }

  /** The byte at a position; the test has put the object there by the same rule. */
  static byte at(long position) {
    return (byte) ((position * 31 + (position >> 10)) ^ (position >> 20));
  }

  static void check(long position, byte[] found, int offset, int length) {
    for (int i = 0; i < length; i++) {
      if (found[offset + i] != at(position + i)) {
        throw new IllegalStateException("wrong byte at " + (position + i));
      }
    }
  }

  /** Threads of ours that live now. */
  static long workers() {
    return Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("forebay-")).count();
  }

  /** Bytes of fetches that are under way. */
  static long underWay() {
    return ForebayMetrics.snapshot().get("memory.flights.used");
  }
}
