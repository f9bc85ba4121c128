package io.forebay.jni;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.function.ObjLongConsumer;

/**
 * A store that answers every request at once: mostly as S3 would where every key holds the same bytes and every change
 * succeeds, else with anything. It keeps nothing.
 */
final class AnswersAnything implements AutoCloseable {

  private static final byte[] CONTENT = new byte[100_000];

  /** Each answer in XML reads the part that it asked for. */
  private static final String XML = "<Any><UploadId>u</UploadId><ETag>\"e\"</ETag><IsTruncated>true</IsTruncated>"
      + "<NextContinuationToken>n</NextContinuationToken><Contents><Key>k</Key>"
      + "<LastModified>2020-01-01T00:00:00.000Z</LastModified><ETag>\"e\"</ETag><Size>1</Size></Contents>"
      + "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes><Error><Key>k</Key></Error></Any>";
  private static final String[] JUNK =
      {"", "<", "<Any>", "<Error><Code>SlowDown</Code></Error>", "<Error><Code>\0</Code></Error>", "\ud83d\ude00"};
  private static final int[] STATUSES = {200, 204, 206, 301, 304, 400, 403, 404, 409, 412, 416, 500, 503};

  private final HttpServer server;
  private final Random random;
  private final ObjLongConsumer<String> written;

  /** {@code written} hears of each object that is written at once: its key and length. */
  AnswersAnything(long seed, ObjLongConsumer<String> written) throws IOException {
    // Without it the body of an answer waits for the acknowledgement of its head.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    random = new Random(seed);
    this.written = written;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    long length = drain(exchange.getRequestBody());
    URI asked = exchange.getRequestURI();
    boolean ofObject = asked.getQuery() == null;
    if (ofObject && exchange.getRequestMethod().equals("PUT")) {
      written.accept(asked.getPath().replaceFirst("^/[^/]*/", ""), length);
    }
    Headers headers = exchange.getResponseHeaders();
    headers.set("ETag", "\"e\"");
    headers.set("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT");
    if (random.nextInt(4) == 0) {
      byte[] junk = JUNK[random.nextInt(JUNK.length)].getBytes(StandardCharsets.UTF_8);
      send(exchange, STATUSES[random.nextInt(STATUSES.length)], junk, 0, junk.length);
    } else if (ofObject && exchange.getRequestMethod().matches("GET|HEAD")) {
      sendContent(exchange, exchange.getRequestHeaders().getFirst("Range"));
    } else {
      byte[] xml = XML.getBytes(StandardCharsets.UTF_8);
      send(exchange, 200, xml, 0, xml.length);
    }
    exchange.close();
  }

  private static long drain(InputStream body) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long length = 0;
    for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
      length += n;
    }
    return length;
  }

  /** {@code range} is absent, {@code bytes=-<length>} or {@code bytes=<first>-<last>}. */
  private static void sendContent(HttpExchange exchange, String range) throws IOException {
    int start = 0;
    int end = CONTENT.length;
    if (range != null) {
      String[] said = range.substring("bytes=".length()).split("-", 2);
      long first = said[0].isEmpty() ? CONTENT.length - Long.parseLong(said[1]) : Long.parseLong(said[0]);
      start = (int) Math.max(0, Math.min(CONTENT.length, first));
      end = said[0].isEmpty() ? end : (int) Math.min(CONTENT.length, Long.parseLong(said[1]) + 1);
      exchange.getResponseHeaders().set("Content-Range", "bytes " + start + "-" + (end - 1) + "/" + CONTENT.length);
    }
    boolean none = start >= end;
    send(exchange, none ? 416 : range == null ? 200 : 206, CONTENT, start, none ? 0 : end - start);
  }

  private static void send(HttpExchange exchange, int status, byte[] bytes, int offset, int length)
      throws IOException {
    boolean bodiless = exchange.getRequestMethod().equals("HEAD") || status == 204 || status == 304 || length == 0;
    if (bodiless && length > 0) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(length));
    }
    exchange.sendResponseHeaders(status, bodiless ? -1 : length);
    if (!bodiless) {
      exchange.getResponseBody().write(bytes, offset, length);
    }
  }
}
