package io.forebay.hadoop.s3a;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Stands between a reader and the S3 server, and writes down each request. Only for requests without a body; the
 * Host header goes on unchanged, since it is signed.
 */
final class CountingProxy implements Closeable {

  /** One request and what was answered. */
  static final class Exchange {
    final String method;
    final String path;
    final String range;
    final String ifMatch;
    final int status;
    final long body;

    Exchange(String method, String path, String range, String ifMatch, int status, long body) {
      this.method = method;
      this.path = path;
      this.range = range;
      this.ifMatch = ifMatch;
      this.status = status;
      this.body = body;
    }

    @Override
    public String toString() {
      return method + " " + path + (range == null ? "" : " " + range) + (ifMatch == null ? "" : " If-Match " + ifMatch)
          + " -> " + status + ", " + body + " bytes";
    }
  }

  /** What a test has to say to a request; null lets the server answer. */
  interface Script {
    String answer(String method, String path, String head);
  }

  private static final int LONGEST_HEAD = 64 << 10;
  private static final long GUARD_SECONDS = 60;

  private final ServerSocket listener;
  private final int upstream;
  private final List<Exchange> exchanges = Collections.synchronizedList(new ArrayList<>());
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  /** GETs wait for it; open unless a test holds them. */
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private int held;

  private volatile Script script = (method, path, head) -> null;
  private volatile UnaryOperator<String> requests = head -> head;
  private volatile UnaryOperator<String> answers = head -> head;

  CountingProxy(int upstream) throws IOException {
    this.upstream = upstream;
    listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    Thread acceptor = new Thread(this::accept, "counting-proxy");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** Answers requests of one method with 403. */
  void deny(String method) {
    follow((asked, path, head) -> asked.equals(method) ? answer("403 Forbidden", "") : null);
  }

  /** Answers requests other than LISTs as {@code next} says, from now on. */
  void follow(Script next) {
    script = next;
  }

  /** Changes the heads of requests other than LISTs; only what is not signed may be. */
  void changeRequests(UnaryOperator<String> change) {
    requests = change;
  }

  /** Changes the heads of their answers. */
  void changeAnswers(UnaryOperator<String> change) {
    answers = change;
  }

  /** A head without one of its headers. */
  static String without(String head, String name) {
    return head.replaceAll("(?i)\r\n" + name + ":[^\r]*", "");
  }

  /** An answer in full, for a script. */
  static String answer(String status, String body, String... headers) {
    String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: " + body.length() + "\r\n\r\n" + body;
  }

  /** The body of an error of S3. */
  static String error(String code) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>" + code + "</Code><Message>as scripted</Message>"
        + "<RequestId>R</RequestId></Error>";
  }

  /** Lets no GET through until the answer is counted down. */
  CountDownLatch hold() {
    gate = new CountDownLatch(1);
    return gate;
  }

  /** How many GETs have come to a closed gate. */
  synchronized int held() {
    return held;
  }

  synchronized void awaitHeld(int count) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(GUARD_SECONDS);
    while (held < count) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        throw new AssertionError(held + " of " + count + " requests came");
      }
      wait(left);
    }
  }

  private void passTheGate() throws EOFException {
    if (gate.getCount() > 0) {
      synchronized (this) {
        held++;
        notifyAll();
      }
    }
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new EOFException("interrupted");
    }
  }

  void forget() {
    exchanges.clear();
  }

  /** Requests so far of one method; a GET of a prefix is a LIST. */
  List<Exchange> of(String method) {
    synchronized (exchanges) {
      return exchanges.stream().filter(e -> method.equals(kind(e))).collect(Collectors.toList());
    }
  }

  int count(String method) {
    return of(method).size();
  }

  private static String kind(Exchange exchange) {
    return exchange.method.equals("GET") && exchange.path.contains("list-type") ? "LIST" : exchange.method;
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listener.accept();
        open.add(client);
        Thread relay = new Thread(() -> relay(client), "counting-proxy-relay");
        relay.setDaemon(true);
        relay.start();
      } catch (IOException e) {
        // Closed: the test is over.
        return;
      }
    }
  }

  private void relay(Socket client) {
    try (Socket from = client; Socket to = new Socket(InetAddress.getLoopbackAddress(), upstream)) {
      open.add(to);
      InputStream requests = new BufferedInputStream(from.getInputStream());
      InputStream answers = new BufferedInputStream(to.getInputStream());
      for (byte[] head = head(requests); head != null; head = head(requests)) {
        exchange(head, from.getOutputStream(), to.getOutputStream(), answers);
      }
    } catch (IOException e) {
      // One side hung up; the other sees it by the close.
    }
  }

  private void exchange(byte[] head, OutputStream client, OutputStream server, InputStream from)
      throws IOException {
    String request = new String(head, StandardCharsets.ISO_8859_1);
    String method = request.substring(0, request.indexOf(' '));
    String path = request.substring(method.length() + 1, request.indexOf(' ', method.length() + 1));
    String range = header(request, "range");
    String ifMatch = header(request, "if-match");
    boolean list = path.contains("list-type");
    String scripted = list ? null : script.answer(method, path, request);
    if (scripted != null) {
      exchanges.add(new Exchange(method, path, range, ifMatch, Integer.parseInt(scripted.substring(9, 12)), 0));
      int end = method.equals("HEAD") ? scripted.indexOf("\r\n\r\n") + 4 : scripted.length();
      client.write(scripted.substring(0, end).getBytes(StandardCharsets.ISO_8859_1));
      client.flush();
      return;
    }
    if (method.equals("GET")) {
      passTheGate();
    }
    server.write(list ? head : requests.apply(request).getBytes(StandardCharsets.ISO_8859_1));
    server.flush();
    byte[] answer = head(from);
    if (answer == null) {
      throw new EOFException();
    }
    String response = new String(answer, StandardCharsets.ISO_8859_1);
    if (!list) {
      response = answers.apply(response);
      answer = response.getBytes(StandardCharsets.ISO_8859_1);
    }
    int status = Integer.parseInt(response.substring(9, 12));
    boolean bodiless = method.equals("HEAD") || status == 204 || status == 304;
    String length = header(response, "content-length");
    boolean chunked = "chunked".equalsIgnoreCase(header(response, "transfer-encoding"));
    exchanges.add(new Exchange(method, path, range, ifMatch, status,
        bodiless || length == null ? 0 : Long.parseLong(length)));
    client.write(answer);
    if (!bodiless && chunked) {
      chunks(from, client);
    } else if (!bodiless && length != null) {
      copy(from, client, Long.parseLong(length));
    }
    client.flush();
  }

  private static void chunks(InputStream from, OutputStream to) throws IOException {
    while (true) {
      String line = line(from);
      to.write((line + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      long size = Long.parseLong(line.split(";")[0].trim(), 16);
      copy(from, to, size + 2);
      if (size == 0) {
        return;
      }
    }
  }

  private static String line(InputStream from) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = from.read(); c != '\n'; c = from.read()) {
      if (c < 0) {
        throw new EOFException();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  private static void copy(InputStream from, OutputStream to, long length) throws IOException {
    byte[] buffer = new byte[64 << 10];
    for (long left = length; left > 0; ) {
      int count = from.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw new EOFException();
      }
      to.write(buffer, 0, count);
      left -= count;
    }
  }

  static String header(String head, String name) {
    for (String line : head.split("\r\n")) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).toLowerCase(Locale.ROOT).equals(name)) {
        return line.substring(colon + 1).trim();
      }
    }
    return null;
  }

  private static byte[] head(InputStream from) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int ended = 0;
    while (ended < 4) {
      int c = from.read();
      if (c < 0) {
        return null;
      }
      head.write(c);
      boolean expected = c == (ended % 2 == 0 ? '\r' : '\n');
      ended = expected ? ended + 1 : c == '\r' ? 1 : 0;
      if (head.size() > LONGEST_HEAD) {
        throw new IOException("a head of more than " + LONGEST_HEAD + " bytes");
      }
    }
    return head.toByteArray();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
