package io.forebay.jni;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A bucket without a network: objects whose byte at each position is known, brought by the reader's own thread. */
final class Lake {

  private static boolean started;

  private Lake() {
  }

  /** Loads the library and starts the engine, once, on a cache directory that stays as long as this process. */
  static synchronized void start() throws IOException {
    if (!started) {
      start(Files.createTempDirectory("cache"));
      started = true;
    }
  }

  /** Loads the library and starts the engine on a cache directory. */
  static void start(Path cache) throws IOException {
    NativeLibrary.load();
    String[] keys = {"fs.forebay.cache.dirs", cache.toString(), "fs.forebay.cache.size", "256MB"};
    NativeEngine.start(keys, Runtime.getRuntime().maxMemory());
  }

  static long openStore() throws IOException {
    return NativeStore.open(new String[0], access("delegate", ""));
  }

  /** A store that the library itself asks, once for each thing. */
  static long openStore(String endpoint) throws IOException {
    long store = NativeStore.open(new String[0], access("direct", endpoint));
    NativeStore.credentials(store, "access", "secret", null);
    return store;
  }

  static String[] access(String mode, String endpoint) {
    return new String[] {"kind", "s3", "endpoint", endpoint, "bucket", "lake", "region", "eu-west-1",
        "path-style", "true", "mode", mode, "content-settings", "0", "retries", "0"};
  }

  static long open(long store, String key, long length) throws IOException {
    return NativeFile.open(store, key, "\"0123456789abcdef\"", length, null, -1, -1, "");
  }

  /** What lies at a position of a key. */
  static byte at(String key, long position) {
    return (byte) (key.hashCode() + position * 31 + (position >> 14));
  }

  /** Reads as an input stream does, fetching what it is told to; at most {@code length} bytes, -1 at the end. */
  static int read(long file, String key, long position, byte[] into, int offset, int length) throws IOException {
    while (true) {
      int n = NativeFile.read(file, position, into, offset, length, length);
      if (n >= 0 || n == NativeFile.END_OF_FILE) {
        return n;
      }
      if (n == NativeFile.DELEGATE) {
        fetch(file, key, NativeFile.claims(file, position, length));
      }
    }
  }

  /** Brings what was claimed, in pieces of odd size. */
  static void fetch(long file, String key, long[] claims) throws IOException {
    byte[] piece = new byte[100_003];
    for (int i = 0; i < claims.length; i += 3) {
      long end = claims[i + 1] + claims[i + 2];
      for (long at = claims[i + 1]; at < end; at += piece.length) {
        int n = (int) Math.min(piece.length, end - at);
        for (int j = 0; j < n; j++) {
          piece[j] = at(key, at + j);
        }
        NativeFile.land(file, claims[i], piece, 0, n);
      }
    }
  }
}
