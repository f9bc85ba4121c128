package io.forebay.hadoop.objects;

import java.io.Closeable;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.GeneralSecurityException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A server on loopback that speaks Google's or Azure's protocol, with one bucket; {@code scripts/setup.py --only stores}
 * installs them. One of each per JVM, stopped when it ends.
 */
final class StoreServer implements Closeable {

  static final String BUCKET = "forebay-test";
  static final String ACCOUNT = "acc";
  static final String KEY =
      Base64.getEncoder().encodeToString("a key of tests, which is as long as Azure's are, 64 bytes in all".getBytes(StandardCharsets.US_ASCII));

  private static final long START_SECONDS = 120;

  private static StoreServer google;
  private static StoreServer azure;

  final int port;

  private final Process process;
  private final Path folder;

  private StoreServer(List<String> command, int port, Path folder, boolean isAzure) throws IOException {
    this.port = port;
    this.folder = folder;
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    if (isAzure) {
      builder.environment().put("AZURITE_ACCOUNTS", ACCOUNT + ":" + KEY);
    }
    process = builder.redirectOutput(folder.resolve("log").toFile()).start();
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  static synchronized StoreServer google() throws Exception {
    if (google == null) {
      Path folder = Files.createTempDirectory("forebay-gcs");
      Files.createDirectories(folder.resolve("data").resolve(BUCKET));
      int port = freePort();
      google = new StoreServer(
          Arrays.asList(installed("fake-gcs-server-").resolve("fake-gcs-server").toString(), "-scheme", "http", "-backend",
              "memory", "-host", "127.0.0.1", "-port", String.valueOf(port), "-data", folder.resolve("data").toString(),
              "-log-level", "warn"),
          port, folder, false);
      google.await();
    }
    return google;
  }

  static synchronized StoreServer azure() throws Exception {
    if (azure == null) {
      Path folder = Files.createTempDirectory("forebay-azure");
      int port = freePort();
      Path place = installed("azurite-");
      Path script = place.resolve("node_modules/azurite/dist/src/blob/main.js");
      azure = new StoreServer(
          Arrays.asList(place.resolve("node").toString(), script.toString(), "--blobHost", "127.0.0.1", "--blobPort", String.valueOf(port), "--silent",
              "--disableTelemetry", "--location", folder.toString()),
          port, folder, true);
      azure.await();
      azure.makeContainer();
    }
    return azure;
  }

  private static Path installed(String prefix) throws IOException {
    String home = System.getenv("FOREBAY_HOME");
    Path cache = home != null ? Paths.get(home) : Paths.get(System.getProperty("user.home"), ".cache", "forebay");
    if (Files.isDirectory(cache)) {
      try (DirectoryStream<Path> found = Files.newDirectoryStream(cache, prefix + "*")) {
        for (Path folder : found) {
          return folder;
        }
      }
    }
    throw new AssertionError("no " + prefix + " in " + cache + ": run python3 scripts/setup.py --only stores");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void await() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() < end && process.isAlive()) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        // Nothing tells when a process begins to listen; this is the pace of asking, not a wait for an outcome.
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
    throw new AssertionError(
        "the server did not start:\n" + new String(Files.readAllBytes(folder.resolve("log")), StandardCharsets.UTF_8));
  }

  /** Signs one request, since nothing of the library makes containers. */
  private void makeContainer() throws IOException, GeneralSecurityException {
    String date = DateTimeFormatter.RFC_1123_DATE_TIME.withLocale(Locale.ROOT).format(ZonedDateTime.now(ZoneOffset.UTC));
    String headers = "x-ms-date:" + date + "\nx-ms-version:2023-11-03\n";
    String resource = "/" + ACCOUNT + "/" + ACCOUNT + "/" + BUCKET + "\nrestype:container";
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(Base64.getDecoder().decode(KEY), "HmacSHA256"));
    byte[] signature =
        mac.doFinal(("PUT\n\n\n\n\n\n\n\n\n\n\n\n" + headers + resource).getBytes(StandardCharsets.UTF_8));
    URL url = new URL("http://127.0.0.1:" + port + "/" + ACCOUNT + "/" + BUCKET + "?restype=container");
    HttpURLConnection connection = (HttpURLConnection) url.openConnection();
    connection.setRequestMethod("PUT");
    connection.setDoOutput(true);
    connection.setFixedLengthStreamingMode(0);
    connection.setRequestProperty("Content-Type", "");
    connection.setRequestProperty("x-ms-date", date);
    connection.setRequestProperty("x-ms-version", "2023-11-03");
    connection.setRequestProperty(
        "Authorization", "SharedKey " + ACCOUNT + ":" + Base64.getEncoder().encodeToString(signature));
    connection.getOutputStream().close();
    int status = connection.getResponseCode();
    connection.disconnect();
    if (status != 201) {
      throw new AssertionError("creating the container: HTTP " + status);
    }
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
