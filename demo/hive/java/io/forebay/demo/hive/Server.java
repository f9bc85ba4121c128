package io.forebay.demo.hive;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * HiveServer2 in this JVM, with its parent on standard input.
 *
 * <p>Hive 3 casts its own class loader to {@code URLClassLoader}, which the application's loader is not since Java 9:
 * where the system property {@code forebay.demo.path} names a class path, Hive is started from such a loader over it;
 * else from the application's.
 *
 * <p>A line is answered by one line with all of Forebay's counters in this process (none while it is not in use); the
 * line {@code collect} collects garbage first. The end of standard input is the end of this process, so that a killed parent leaves no server.
 */
public final class Server {

  private static final String HIVE = "org.apache.hive.service.server.HiveServer2";
  private static final String SCHEMA = "io.forebay.demo.hive.Schema";
  private static final String METRICS = "io.forebay.hadoop.ForebayMetrics";

  private Server() {}

  public static void main(String[] arguments) throws Exception {
    ClassLoader loader = loader(System.getProperty("forebay.demo.path"));
    Thread.currentThread().setContextClassLoader(loader);
    Thread listener = new Thread(() -> listen(loader), "parent");
    listener.setDaemon(true);
    listener.start();
    start(SCHEMA, loader);
    start(HIVE, loader);
  }

  private static void start(String main, ClassLoader loader) throws ReflectiveOperationException {
    Class.forName(main, true, loader).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
  }

  private static ClassLoader loader(String path) throws IOException {
    if (path == null) {
      return Server.class.getClassLoader();
    }
    List<URL> urls = new ArrayList<>();
    for (String entry : path.split(File.pathSeparator)) {
      urls.add(new File(entry).toURI().toURL());
    }
    return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
  }

  private static void listen(ClassLoader loader) {
    try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.equals("collect")) {
          System.gc();
        }
        Answer.tell(counters(loader));
      }
    } catch (IOException e) {
      System.err.println("standard input is gone: " + e);
    }
    Runtime.getRuntime().halt(1);
  }

  private static Answer counters(ClassLoader loader) {
    Answer answer = new Answer();
    try {
      Object snapshot = Class.forName(METRICS, true, loader).getMethod("snapshot").invoke(null);
      ((Map<?, ?>) snapshot).forEach((name, value) -> answer.put(name.toString(), value));
    } catch (ReflectiveOperationException e) {
      // Without Forebay's jar there is nothing to count.
      System.err.println("no counters: " + e);
    }
    return answer;
  }
}
