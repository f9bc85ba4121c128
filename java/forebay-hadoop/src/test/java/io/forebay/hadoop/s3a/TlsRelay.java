package io.forebay.hadoop.s3a;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** TLS in front of the S3 server: what comes out of it goes on in the clear. */
final class TlsRelay implements Closeable {

  static final String PASSWORD = "not-a-secret";

  private final ServerSocket listener;
  private final int upstream;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  TlsRelay(Path keys, int upstream) throws Exception {
    this.upstream = upstream;
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, PASSWORD.toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    listener = tls.getServerSocketFactory().createServerSocket(0, 64, InetAddress.getLoopbackAddress());
    begin(this::accept);
  }

  String endpoint() {
    return "https://127.0.0.1:" + listener.getLocalPort();
  }

  private static void begin(Runnable work) {
    Thread thread = new Thread(work, "tls-relay");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), upstream);
        open.add(client);
        open.add(server);
        begin(() -> pump(client, server));
        begin(() -> pump(server, client));
      }
    } catch (IOException e) {
      // Closed: the test is over.
    }
  }

  private static void pump(Socket from, Socket to) {
    byte[] buffer = new byte[64 << 10];
    try (Socket source = from; Socket sink = to; OutputStream out = to.getOutputStream()) {
      for (int count = from.getInputStream().read(buffer); count >= 0; count = from.getInputStream().read(buffer)) {
        out.write(buffer, 0, count);
        out.flush();
      }
    } catch (IOException e) {
      // A client that does not trust us hangs up; the other side sees it by the close.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
