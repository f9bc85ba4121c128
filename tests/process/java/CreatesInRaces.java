import io.forebay.hadoop.ForebayFileSystem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Many threads that create one and the same file, none of them allowed to replace it, once for each line it is told:
 * {@code create <name>} answers who won, {@code read <name>} whose file it is. Arguments after the usual four: how many
 * threads, and what tells their names from another process'.
 */
public final class CreatesInRaces {

  /** A file's length says nothing of its writer. */
  private static final int LENGTH = 10_000;

  private CreatesInRaces() {}

  public static void main(String[] args) throws Exception {
    Configuration conf = new Configuration();
    conf.setClass("fs.s3a.impl", ForebayFileSystem.class, FileSystem.class);
    conf.set("fs.s3a.endpoint", args[0]);
    conf.set("fs.s3a.path.style.access", "true");
    conf.set("fs.s3a.connection.ssl.enabled", "false");
    conf.set("fs.forebay.cache.dirs", args[1]);
    conf.set("fs.forebay.cache.size", "64MB");
    // Nothing is asked when a file is created, so that only the store decides.
    conf.set("fs.s3a.create.performance", "true");
    Path folder = new Path(args[3]).getParent();
    FileSystem files = FileSystem.get(URI.create(args[3]), conf);
    int threads = Integer.parseInt(args[4]);
    // Daemons: what goes wrong ends the process, and is told by its end.
    ExecutorService writers = Executors.newFixedThreadPool(threads, work -> {
      Thread thread = new Thread(work);
      thread.setDaemon(true);
      return thread;
    });
    System.out.println("ready");
    BufferedReader told = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = told.readLine(); line != null; line = told.readLine()) {
      Path path = new Path(folder, line.substring(line.indexOf(' ') + 1));
      System.out.println(line.startsWith("read ") ? read(files, path) : race(files, path, writers, threads, args[5]));
    }
    writers.shutdown();
  }

  private static String race(FileSystem files, Path path, ExecutorService writers, int threads, String name)
      throws Exception {
    CyclicBarrier together = new CyclicBarrier(threads);
    List<Future<String>> all = new ArrayList<>();
    for (int number = 0; number < threads; number++) {
      String own = name + number;
      all.add(writers.submit(() -> create(files, path, own, together)));
    }
    StringBuilder won = new StringBuilder("won");
    for (Future<String> one : all) {
      won.append(one.get());
    }
    return won.toString();
  }

  /** The writer's name with a blank before it where it won. */
  private static String create(FileSystem files, Path path, String own, CyclicBarrier together) throws Exception {
    byte[] content = new byte[LENGTH];
    Arrays.fill(content, (byte) ' ');
    byte[] text = own.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(text, 0, content, 0, text.length);
    together.await();
    FSDataOutputStream out;
    try {
      out = files.create(path, false);
    } catch (FileAlreadyExistsException e) {
      return "";
    }
    out.write(content);
    try {
      out.close();
      return " " + own;
    } catch (FileAlreadyExistsException e) {
      return "";
    }
  }

  private static String read(FileSystem files, Path path) throws IOException {
    byte[] content = new byte[LENGTH];
    try (FSDataInputStream in = files.open(path)) {
      in.readFully(content);
      if (in.read() >= 0) {
        return "holds more than one writer's bytes";
      }
    }
    return "holds " + new String(content, StandardCharsets.UTF_8).trim();
  }
}
