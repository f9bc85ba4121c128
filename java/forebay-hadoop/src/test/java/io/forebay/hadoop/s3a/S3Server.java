package io.forebay.hadoop.s3a;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real S3 server (SeaweedFS) on loopback, with one bucket. One per JVM: started by the first test that asks,
 * stopped when the JVM ends.
 */
final class S3Server implements Closeable {

  static final String BUCKET = "forebay-test";
  static final String ACCESS_KEY = "test-access";
  static final String SECRET_KEY = "test-secret";
  /** The same user's next key pair. */
  static final String NEXT_ACCESS_KEY = "test-next-access";
  static final String NEXT_SECRET_KEY = "test-next-secret";

  /** Another user's, who may read what lies below {@link #GRANTED} and nothing else. */
  static final String GUEST_ACCESS_KEY = "test-guest-access";
  static final String GUEST_SECRET_KEY = "test-guest-secret";
  static final String GRANTED = "granted";
  /** Below it everybody may read, for requests that nobody signs. */
  static final String PUBLIC = "public";

  /** The first user's third key pair, which must turn up nowhere; its secret changes in URLs. */
  static final String CANARY_ACCESS_KEY = "CANARYACCESSKEY7F3A";
  static final String CANARY_SECRET_KEY = "CanarySecret/7f3a+Key=!";

  private static final long START_SECONDS = 90;

  private static S3Server running;

  final int port;

  private final Process process;
  private final Path folder;

  private S3Server(Process process, Path folder, int port) {
    this.process = process;
    this.folder = folder;
    this.port = port;
  }

  static synchronized S3Server shared() throws Exception {
    if (running == null) {
      running = start();
      S3Server server = running;
      Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    }
    return running;
  }

  private static S3Server start() throws Exception {
    Path folder = Files.createTempDirectory("forebay-weed");
    List<Integer> ports = freePorts(8);
    Path config = folder.resolve("s3.json");
    Files.write(config, ("{\"identities\":[{\"name\":\"test\",\"credentials\":[" + pair(ACCESS_KEY, SECRET_KEY) + ","
        + pair(NEXT_ACCESS_KEY, NEXT_SECRET_KEY) + "," + pair(CANARY_ACCESS_KEY, CANARY_SECRET_KEY)
        + "],\"actions\":[\"Admin\",\"Read\",\"List\",\"Tagging\",\"Write\"]},"
        + "{\"name\":\"guest\",\"credentials\":[" + pair(GUEST_ACCESS_KEY, GUEST_SECRET_KEY) + "],"
        + "\"actions\":[\"Read:" + BUCKET + "/" + GRANTED + "/*\"]},"
        + "{\"name\":\"anonymous\",\"actions\":[\"Read:" + BUCKET + "/" + PUBLIC + "/*\"]}]}")
        .getBytes(StandardCharsets.UTF_8));
    List<String> command = Arrays.asList(
        weed(), "server", "-dir", folder.toString(), "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        "-master.port=" + ports.get(0), "-master.port.grpc=" + ports.get(1),
        "-volume.port=" + ports.get(2), "-volume.port.grpc=" + ports.get(3),
        "-filer", "-filer.port=" + ports.get(4), "-filer.port.grpc=" + ports.get(5),
        "-s3", "-s3.port=" + ports.get(6), "-s3.port.grpc=" + ports.get(7), "-s3.config=" + config,
        "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=20", "-master.volumeSizeLimitMB=128", "-master.telemetry=false");
    File log = folder.resolve("weed.log").toFile();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    S3Server server = new S3Server(process, folder, ports.get(6));
    try {
      server.await("http://127.0.0.1:" + server.port + "/healthz", "GET");
      server.await("http://127.0.0.1:" + ports.get(4) + "/buckets/" + BUCKET + "/", "POST");
      return server;
    } catch (Exception | AssertionError e) {
      server.close();
      throw e;
    }
  }

  private static String pair(String access, String secret) {
    return "{\"accessKey\":\"" + access + "\",\"secretKey\":\"" + secret + "\"}";
  }

  private static String weed() throws IOException {
    String given = System.getProperty("forebay.weed", System.getenv("FOREBAY_WEED"));
    if (given != null) {
      return given;
    }
    String home = System.getenv("FOREBAY_HOME");
    Path cache = home != null ? Paths.get(home) : Paths.get(System.getProperty("user.home"), ".cache", "forebay");
    if (Files.isDirectory(cache)) {
      try (DirectoryStream<Path> environments = Files.newDirectoryStream(cache, "py-*")) {
        for (Path environment : environments) {
          Path weed = environment.resolve("bin").resolve("weed");
          if (Files.isExecutable(weed)) {
            return weed.toString();
          }
        }
      }
    }
    throw new AssertionError("no S3 server: run make setup, or name SeaweedFS's weed in FOREBAY_WEED");
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).collect(Collectors.toList());
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  /** Asks until the answer is a good one; the server says by it that it is ready. */
  private void await(String url, String method) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    String last = "no answer";
    while (System.nanoTime() < end) {
      if (!process.isAlive()) {
        break;
      }
      try {
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setRequestMethod(method);
        connection.setConnectTimeout(1000);
        connection.setReadTimeout(5000);
        int status = connection.getResponseCode();
        connection.disconnect();
        if (status / 100 == 2) {
          return;
        }
        last = "HTTP " + status;
      } catch (IOException e) {
        last = e.toString();
      }
      // Nothing tells when a process begins to listen; this is the pace of asking, not a wait for an outcome.
      TimeUnit.MILLISECONDS.sleep(100);
    }
    throw new AssertionError("SeaweedFS did not start (" + last + "):\n"
        + new String(Files.readAllBytes(folder.resolve("weed.log")), StandardCharsets.UTF_8));
  }

  String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      try (Stream<Path> files = Files.walk(folder)) {
        files.sorted((a, b) -> b.compareTo(a)).forEach(path -> path.toFile().delete());
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
