import java.io.File;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Reads the object once for each jar that it is given, each in a class loader of its own beside the others, as an
 * application server or an engine with sessions has them. The jar is not on the class path.
 */
public final class ReadsByLoaders {

  private static final String CLASS = "io.forebay.hadoop.s3a.ForebayS3AFileSystem";

  private ReadsByLoaders() {}

  public static void main(String[] args) throws Exception {
    Path path = new Path(args[3]);
    for (int i = 4; i < args.length; i++) {
      ClassLoader loader = new URLClassLoader(new URL[] {new File(args[i]).toURI().toURL()},
          ReadsByLoaders.class.getClassLoader());
      Thread.currentThread().setContextClassLoader(loader);
      Configuration conf = new Configuration();
      conf.setClassLoader(loader);
      conf.set("fs.s3a.impl", CLASS);
      conf.set("fs.s3a.endpoint", args[0]);
      conf.set("fs.s3a.path.style.access", "true");
      conf.set("fs.s3a.connection.ssl.enabled", "false");
      conf.set("fs.forebay.cache.dirs", args[1]);
      conf.set("fs.forebay.origin", args[2]);
      byte[] bytes = new byte[200_000];
      FileSystem files = FileSystem.newInstance(URI.create(args[3]), conf);
      try (FSDataInputStream in = files.open(path)) {
        in.readFully(1_000_000, bytes);
        Lake.check(1_000_000, bytes, 0, bytes.length);
        System.out.println("loader " + (i - 3) + ", version " + version(loader) + ": "
            + in.getWrappedStream().getClass().getSimpleName() + ", from the store "
            + metrics(loader).get("origin.requests"));
      }
      // The next one is to find on the disk what this one has fetched.
      while (held(loader, "memory.flights.used") + held(loader, "cache.fill.queue.bytes") > 0) {
        Thread.yield();
      }
    }
    System.exit(0);
  }

  private static Object version(ClassLoader loader) throws Exception {
    return loader.loadClass("io.forebay.jni.NativeLibrary").getMethod("version").invoke(null);
  }

  private static long held(ClassLoader loader, String gauge) throws Exception {
    return (Long) metrics(loader).get(gauge);
  }

  private static Map<?, ?> metrics(ClassLoader loader) throws Exception {
    return (Map<?, ?>) loader.loadClass("io.forebay.hadoop.ForebayMetrics").getMethod("snapshot").invoke(null);
  }
}
