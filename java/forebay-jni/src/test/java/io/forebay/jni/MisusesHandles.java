package io.forebay.jni;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Paths;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Many threads share a few files and open, read, land, close, close again and use them afterwards. No byte is read
 * that isn't the object's.
 */
public final class MisusesHandles {

  private static final int FILES = 16;
  private static final int LENGTH = 1_000_003;

  /** Objects that a slot is opened on in turn, so that there is always something to fetch. */
  private static final int OBJECTS = 8;

  private static final AtomicReferenceArray<Opened> SLOTS = new AtomicReferenceArray<>(FILES);
  private static final AtomicLong STORE = new AtomicLong();

  private MisusesHandles() {
  }

  private static final class Opened {
    final String key;
    final long file;

    Opened(String key, long file) {
      this.key = key;
      this.file = file;
    }
  }

  public static void main(String[] args) throws Exception {
    Lake.start(Paths.get(args[0]));
    STORE.set(Lake.openStore());
    ManyThreads.run(Long.parseLong(args[1]), () -> {
      byte[] array = new byte[200_000];
      ByteBuffer buffer = ByteBuffer.allocateDirect(200_000);
      return random -> step(random, random.nextInt(FILES), array, buffer);
    });
  }

  private static void step(Random random, int slot, byte[] array, ByteBuffer buffer) throws IOException {
    Opened opened = SLOTS.get(slot);
    long file = opened == null ? 0 : opened.file;
    String key = opened == null ? "" : opened.key;
    long position = random.nextInt(LENGTH);
    int length = 1 + random.nextInt(array.length);
    switch (random.nextInt(12)) {
      case 0:
        String next = "object-" + slot + "-" + random.nextInt(OBJECTS);
        SLOTS.set(slot, new Opened(next, Lake.open(STORE.get(), next, LENGTH)));
        break;
      case 1:
        NativeFile.close(file);
        break;
      case 2:
        NativeFile.close(file);
        NativeFile.close(file);
        NativeFile.describe(file);
        break;
      case 3:
        Lake.fetch(file, key, NativeFile.claims(file, position, length));
        break;
      case 4:
        long[] claims = NativeFile.claims(file, position, length);
        for (int i = 0; i < claims.length; i += 3) {
          NativeFile.abandon(file, claims[i]);
        }
        break;
      case 5:
        long[] ahead = NativeFile.nextAhead(file);
        if (ahead != null) {
          Lake.fetch(file, key, ahead);
        }
        break;
      case 6:
        long old = STORE.getAndSet(Lake.openStore());
        NativeStore.invalidate(old, key, random.nextBoolean());
        NativeStore.close(old);
        break;
      case 7:
        NativeFile.read(random.nextLong(), position, array, 0, length, length);
        break;
      case 8:
        NativeFile.land(file, random.nextLong() | Long.MIN_VALUE, array, 0, length);
        break;
      case 9:
        check(key, position, NativeFile.readDirect(file, position, buffer, 0, length, length), buffer);
        break;
      default:
        int n = NativeFile.read(file, position, array, 0, length, length);
        check(key, position, n, ByteBuffer.wrap(array));
    }
  }

  private static void check(String key, long position, int n, ByteBuffer found) {
    for (int i = 0; i < n; i++) {
      if (found.get(i) != Lake.at(key, position + i)) {
        throw new IllegalStateException("wrong byte of " + key + " at " + (position + i));
      }
    }
  }
}
