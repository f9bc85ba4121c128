import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Describes a folder of the bucket by whatever file system is configured, after writing it if it is told to. Names
 * nothing of Forebay's, so that it runs where the jar is gone.
 */
public final class Describes {

  private Describes() {}

  public static void main(String[] args) throws Exception {
    Configuration conf = new Configuration();
    conf.set("fs.s3a.endpoint", args[0]);
    conf.set("fs.s3a.path.style.access", "true");
    conf.set("fs.s3a.connection.ssl.enabled", "false");
    conf.set("fs.forebay.cache.dirs", args[1]);
    if (!args[4].isEmpty()) {
      conf.set("fs.s3a.impl", args[4]);
    }
    Path folder = new Path(new Path(args[3]).getParent(), "described");
    FileSystem files = FileSystem.get(URI.create(args[3]), conf);
    if (args[5].equals("write")) {
      write(files, folder);
    }
    for (RemoteIterator<LocatedFileStatus> all = files.listFiles(folder, true); all.hasNext(); ) {
      LocatedFileStatus one = all.next();
      byte[] bytes = new byte[(int) one.getLen()];
      try (FSDataInputStream in = files.open(one.getPath())) {
        in.readFully(bytes);
      }
      System.out.println(one.getPath() + " " + one.getLen() + " " + one.getModificationTime() + " "
          + Arrays.hashCode(bytes));
    }
    System.out.println("class " + files.getClass().getSimpleName());
    System.exit(0);
  }

  private static void write(FileSystem files, Path folder) throws IOException {
    for (int version = 1; version <= 2; version++) {
      for (String name : new String[] {"kept", "from", "gone", "part=1/data"}) {
        try (OutputStream out = files.create(new Path(folder, name), true)) {
          byte[] content = new byte[300_000 + version];
          Arrays.fill(content, (byte) (name.length() + version));
          out.write(content);
        }
        try (FSDataInputStream in = files.open(new Path(folder, name))) {
          in.readFully(new byte[300_000 + version]);
        }
      }
    }
    files.rename(new Path(folder, "from"), new Path(folder, "to"));
    files.delete(new Path(folder, "gone"), false);
  }
}
