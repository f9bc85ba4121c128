package io.forebay.jni;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.nio.file.Paths;

/** Returns from main with streams open: one claimed and never landed, one waiting for a server that never answers. */
public final class LeavesStreamsOpen {

  static final String LAST_LINE = "main returns";

  private LeavesStreamsOpen() {
  }

  public static void main(String[] args) throws Exception {
    open(Paths.get(args[0]), new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    System.out.println(LAST_LINE);
  }

  /** Opens both; the second waits for {@code silent}, which nobody ever accepts from. */
  static void open(Path cache, ServerSocket silent) throws Exception {
    Lake.start(cache);
    long delegate = Lake.open(Lake.openStore(), "claimed", 1 << 20);
    NativeFile.claims(delegate, 0, 1 << 20);

    long store = Lake.openStore("http://127.0.0.1:" + silent.getLocalPort());
    long direct = Lake.open(store, "unanswered", 1 << 20);
    int answer = NativeFile.read(direct, 0, new byte[1000], 0, 1000, 1000);
    if (answer != NativeFile.PENDING) {
      throw new IllegalStateException("the read should be waiting, but answered " + answer);
    }
    Thread reader = new Thread(() -> readForEver(direct));
    reader.setDaemon(true);
    reader.start();
  }

  private static void readForEver(long file) {
    try {
      byte[] into = new byte[1000];
      while (NativeFile.read(file, 0, into, 0, 1000, 1000) == NativeFile.PENDING) {
        continue;
      }
    } catch (NativeException e) {
      // The fetch was given up, as it may be.
      return;
    }
  }
}
