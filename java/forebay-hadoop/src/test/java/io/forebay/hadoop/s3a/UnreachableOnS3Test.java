package io.forebay.hadoop.s3a;

import static io.forebay.hadoop.s3a.AsStock.assertBothFail;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.CountDownLatch;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.junit.Test;

/** Endpoints that aren't there, are slow, are something else, or of another region: what S3A says of them. */
public class UnreachableOnS3Test extends OnS3 {

  private static final int LENGTH = 2_000_000;
  private static final String[] IMPATIENT = {
    "fs.s3a.connection.timeout", "1000", "fs.s3a.connection.establish.timeout", "1000",
    "fs.forebay.origin.stall-timeout", "100ms",
  };

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Opens both, lets {@code fault} happen, and compares what reading says. */
  private Throwable readAfter(Runnable fault, String... settings) throws Exception {
    Path path = Bench.newPath();
    bench.write(path, LENGTH, 1);
    FileSystem stock = with(S3AFileSystem.class, settings);
    FileSystem ours = with(ForebayS3AFileSystem.class, settings);
    try (FSDataInputStream theirs = stock.open(path); FSDataInputStream in = ours.open(path)) {
      assertTrue(Bench.isCached(in));
      fault.run();
      byte[] into = new byte[100_000];
      Throwable thrown = assertBothFail(() -> theirs.readFully(0, into), () -> in.readFully(0, into));
      assertTrue(thrown.toString(), thrown instanceof IOException);
      assertTrue(thrown.toString(), thrown.getMessage().contains(path.toString()));
      return thrown;
    }
  }

  @Test
  public void nobody_listens() throws Exception {
    String nowhere = "http://127.0.0.1:" + freePort();
    FileSystem stock = bench.newInstance(S3AFileSystem.class, nowhere, S3Server.SECRET_KEY);
    FileSystem ours = bench.newInstance(ForebayS3AFileSystem.class, nowhere, S3Server.SECRET_KEY);
    Path path = Bench.newPath();
    Throwable refused = assertBothFail(() -> stock.open(path), () -> ours.open(path));
    assertTrue(refused.toString(), refused instanceof IOException);
    assertTrue(refused.toString(), refused.getMessage().contains(path.toString()));
  }

  @Test
  public void the_store_goes_away_while_a_file_is_open() throws Exception {
    readAfter(() -> {
      try {
        bench.proxy.close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    });
  }

  @Test
  public void the_store_does_not_answer_in_time() throws Exception {
    CountDownLatch[] gate = new CountDownLatch[1];
    try {
      Throwable late = readAfter(() -> gate[0] = bench.proxy.hold(), IMPATIENT);
      assertFalse("nobody interrupted", late.getClass() == InterruptedIOException.class);
    } finally {
      gate[0].countDown();
    }
  }

  @Test
  public void the_store_fails_for_good() throws Exception {
    readAfter(() -> bench.proxy.follow((method, path, head) ->
        CountingProxy.answer("500 Internal Server Error", CountingProxy.error("InternalError"))));
  }

  @Test
  public void a_store_that_fails_for_a_moment_is_asked_again() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 1);
    int[] left = {2};
    bench.proxy.follow((method, asked, head) -> {
      synchronized (left) {
        return method.equals("GET") && left[0]-- > 0
            ? CountingProxy.answer("503 Slow Down", CountingProxy.error("SlowDown")) : null;
      }
    });
    try (FSDataInputStream in = with(ForebayS3AFileSystem.class, "fs.s3a.retry.throttle.interval", "10ms").open(path)) {
      assertArrayEquals(content, Bench.readWhole(in, LENGTH));
    }
  }

  @Test
  public void the_endpoint_is_a_web_server_that_is_no_s3() throws Exception {
    Path path = Bench.newPath();
    FileSystem stock = bench.stock();
    bench.proxy.follow((method, asked, head) ->
        CountingProxy.answer("405 Method Not Allowed", "<html>no</html>", "Content-Type: text/html"));
    assertBothFail(() -> stock.open(path), () -> files.open(path));
    String page = "<html>this is not the object that was asked for</html>";
    bench.proxy.follow((method, asked, head) -> CountingProxy.answer(
        "200 OK", page, "Content-Type: text/html", "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT"));
    // Without an ETag nothing is cached; S3A refuses what it can't pin.
    assertBothFail(() -> first(stock, path), () -> first(files, path));
  }

  private static int first(FileSystem from, Path path) throws IOException {
    try (FSDataInputStream in = from.open(path)) {
      return in.read();
    }
  }

  @Test
  public void the_bucket_is_of_another_region() throws Exception {
    CountingProxy.Script elsewhere = (method, asked, head) -> CountingProxy.answer(
        "301 Moved Permanently", method.equals("HEAD") ? "" : CountingProxy.error("PermanentRedirect"),
        "x-amz-bucket-region: eu-west-1");
    Path path = Bench.newPath();
    bench.write(path, LENGTH, 1);
    readAfter(() -> bench.proxy.follow(elsewhere));
    FileSystem stock = bench.stock();
    Throwable moved = assertBothFail(() -> stock.open(path), () -> files.open(path));
    assertTrue(moved.toString(), moved instanceof IOException);
    bench.proxy.follow((method, asked, head) -> CountingProxy.answer("400 Bad Request",
        method.equals("HEAD") ? "" : CountingProxy.error("AuthorizationHeaderMalformed")));
    assertBothFail(() -> stock.open(path), () -> files.open(path));
  }
}
