import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Writes one file and says how long that took and by how much the process grew beside its heap, which is fixed and
 * touched before. Arguments: endpoint, class of the file system, folder of the cache, path, MiB; credentials are in the
 * environment.
 */
public final class WritesAFile {

  private static final int PIECE = 1 << 20;

  private WritesAFile() {}

  public static void main(String[] args) throws Exception {
    Configuration conf = new Configuration();
    conf.set("fs.s3a.impl", args[1]);
    conf.set("fs.s3a.endpoint", args[0]);
    conf.set("fs.s3a.endpoint.region", "us-east-1");
    conf.set("fs.s3a.path.style.access", "true");
    conf.set("fs.s3a.connection.ssl.enabled", "false");
    conf.set("fs.s3a.buffer.dir", args[2]);
    conf.set("hadoop.tmp.dir", args[2]);
    conf.set("fs.forebay.cache.dirs", args[2]);
    conf.set("fs.forebay.cache.size", "64MB");
    Path path = new Path(args[3]);
    FileSystem files = FileSystem.get(URI.create(args[3]), conf);
    byte[] piece = new byte[PIECE];
    new Random(1).nextBytes(piece);
    // Classes, connections and compiled code, so that what follows is the writing alone.
    write(files, new Path(path + ".warm-up"), piece, 32);
    long before = resident();
    long began = System.nanoTime();
    write(files, path, piece, Integer.parseInt(args[4]));
    double seconds = (System.nanoTime() - began) / 1e9;
    long length = files.getFileStatus(path).getLen();
    System.out.printf("{\"seconds\": %.2f, \"length\": %d, \"grown\": %d}%n", seconds, length, peak() - before);
    System.exit(0);
  }

  private static void write(FileSystem files, Path path, byte[] piece, int count) throws Exception {
    try (FSDataOutputStream out = files.create(path, true)) {
      for (int at = 0; at < count; at++) {
        // No two pieces alike, as in a real file.
        piece[0] = (byte) at;
        piece[1] = (byte) (at >> 8);
        out.write(piece);
      }
    }
  }

  private static long resident() throws Exception {
    return kilobytes("VmRSS:") << 10;
  }

  private static long peak() throws Exception {
    return kilobytes("VmHWM:") << 10;
  }

  private static long kilobytes(String name) throws Exception {
    for (String line : Files.readAllLines(Paths.get("/proc/self/status"), StandardCharsets.UTF_8)) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IllegalStateException("no " + name);
  }
}
