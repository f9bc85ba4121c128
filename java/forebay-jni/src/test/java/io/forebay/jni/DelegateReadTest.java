package io.forebay.jni;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** Bytes go through the library and come back as they were, by way of the caller's own thread. */
public class DelegateReadTest {

  private static final int LENGTH = 3_000_001;

  private long store;

  @Before
  public void open() throws Exception {
    Lake.start();
    store = Lake.openStore();
  }

  @After
  public void close() throws Exception {
    NativeStore.close(store);
  }

  @Test
  public void aMissIsClaimedLandedAndReadAgain() throws Exception {
    String key = "claimed";
    long file = Lake.open(store, key, LENGTH);
    byte[] into = new byte[50_000];
    assertEquals(NativeFile.DELEGATE, NativeFile.read(file, 123_457, into, 10, 40_000, 40_000));
    long[] claims = NativeFile.claims(file, 123_457, 40_000);
    assertEquals(0, claims.length % 3);
    assertTrue(claims[1] <= 123_457 && claims.length > 0);
    Lake.fetch(file, key, claims);
    assertEquals(40_000, NativeFile.read(file, 123_457, into, 10, 40_000, 40_000));
    byte[] expected = new byte[50_000];
    for (int i = 0; i < 40_000; i++) {
      expected[10 + i] = Lake.at(key, 123_457 + i);
    }
    assertArrayEquals(expected, into);
    assertEquals(40_000, NativeFile.statistics(file)[0]);
    assertEquals(1, NativeFile.statistics(file)[1]);
    NativeFile.close(file);
    assertThrows(NativeException.class, () -> NativeFile.land(file, claims[0], into, 0, 1));
  }

  @Test
  public void aDirectBufferGetsTheSameBytesAtItsOffsetOnly() throws Exception {
    String key = "direct";
    long file = Lake.open(store, key, LENGTH);
    Lake.fetch(file, key, NativeFile.claims(file, 0, LENGTH));
    ByteBuffer whole = ByteBuffer.allocateDirect(1000);
    whole.position(100);
    ByteBuffer part = whole.slice();
    assertEquals(500, NativeFile.readDirect(file, 16_300, part, 50, 500, 500));
    for (int i = 0; i < 1000; i++) {
      boolean inside = i >= 150 && i < 650;
      assertEquals("byte " + i, inside ? Lake.at(key, 16_300 + i - 150) : 0, whole.get(i));
    }
    assertEquals(0, part.position());
    NativeFile.close(file);
  }

  @Test
  public void randomReadsOfAnyLengthMatchTheObject() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String key = "random";
    long file = Lake.open(store, key, LENGTH);
    byte[] into = new byte[600_000];
    for (int round = 0; round < 300; round++) {
      long position = random.nextInt(LENGTH);
      int offset = random.nextInt(1000);
      int length = 1 + random.nextInt(random.nextInt(10) == 0 ? into.length - 1000 : 40_000);
      int n = Lake.read(file, key, position, into, offset, length);
      assertTrue("seed " + seed, n > 0 && n <= length && position + n <= LENGTH);
      for (int i = 0; i < n; i++) {
        if (into[offset + i] != Lake.at(key, position + i)) {
          throw new AssertionError("seed " + seed + ": wrong byte at " + (position + i));
        }
      }
    }
    assertEquals(NativeFile.END_OF_FILE, Lake.read(file, key, LENGTH, into, 0, 1));
    NativeFile.close(file);
  }

  @Test
  public void aLaterOpenOfTheSameVersionNeedsNoFetch() throws Exception {
    String key = "again";
    long first = Lake.open(store, key, LENGTH);
    byte[] into = new byte[LENGTH];
    for (int at = 0; at < LENGTH;) {
      at += Lake.read(first, key, at, into, at, LENGTH - at);
    }
    NativeFile.close(first);
    long second = Lake.open(store, key, LENGTH);
    byte[] again = new byte[LENGTH];
    for (int at = 0; at < LENGTH;) {
      int n = NativeFile.read(second, at, again, at, LENGTH - at, LENGTH - at);
      assertTrue("answered " + n, n > 0);
      at += n;
    }
    assertArrayEquals(into, again);
    NativeFile.close(second);
  }
}
