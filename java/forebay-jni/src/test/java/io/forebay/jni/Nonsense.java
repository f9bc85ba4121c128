package io.forebay.jni;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** Arguments that a caller might pass by mistake or malice, and some that are right, or nothing would be reached. */
final class Nonsense {

  private static final long[] LONGS = {0, 1, -1, -2, 7, 8191, 8192, 1_000_003, Integer.MAX_VALUE, Integer.MIN_VALUE,
      1L << 32, 1L << 62, Long.MAX_VALUE - 8191, Long.MAX_VALUE, Long.MIN_VALUE};
  private static final int[] INTS = {0, 1, -1, 7, 99, 100, 101, 8192, Integer.MAX_VALUE, Integer.MIN_VALUE};

  private final Random random;
  private final String[] texts;
  /** A cache's place and one of its segments. */
  private final String[] there;
  private final Object[] arrays = {null, new byte[0], new byte[100], new byte[70_000], new byte[8 << 20]};
  private final String endpoint;

  Nonsense(Random random, String place, String segment, String endpoint) {
    this.random = random;
    this.endpoint = endpoint;
    char[] endless = new char[5000];
    Arrays.fill(endless, 'x');
    String hash = new String(endless, 0, 32);
    there = new String[] {place, segment};
    texts = new String[] {null, "", "k", "\"e\"", "0123456789abcdef", "W/\"weak\"", "sequential, vector", "half \ud800",
        "nul \0", "a//b", "../canary", new String(endless), place + "/canary", "/proc",
        "0/0/../../../canary", "0/0/" + hash + "-" + hash + "-0.1", "fs.forebay.cache.size", "-1GB", "web-identity"};
  }

  /** Something of a parameter's type. */
  Object of(Class<?> type) {
    if (type == long.class) {
      long small = random.nextInt(2_000_000);
      long any = random.nextBoolean() ? small : random.nextLong();
      return random.nextBoolean() ? any : LONGS[random.nextInt(LONGS.length)];
    }
    if (type == int.class) {
      return random.nextInt(4) == 0 ? random.nextInt() : INTS[random.nextInt(INTS.length)];
    }
    if (type == boolean.class) {
      return random.nextBoolean();
    }
    if (type == String.class) {
      return random.nextInt(4) == 0 ? there[random.nextInt(there.length)] : texts[random.nextInt(texts.length)];
    }
    if (type == byte[].class) {
      return arrays[random.nextInt(arrays.length)];
    }
    if (type == long[].class) {
      return random.nextInt(8) == 0 ? null : numbers();
    }
    if (type == String[].class) {
      return random.nextInt(8) == 0 ? null : strings();
    }
    if (type == ByteBuffer.class) {
      return buffer();
    }
    throw new IllegalStateException("nothing is known of arguments of " + type);
  }

  private long[] numbers() {
    long[] numbers = new long[random.nextInt(500) == 0 ? (1 << 20) + random.nextInt(3) : random.nextInt(5)];
    Arrays.setAll(numbers, at -> (Long) of(long.class));
    return numbers;
  }

  private String[] strings() {
    if (random.nextBoolean()) {
      String[] strings = new String[random.nextInt(5)];
      Arrays.setAll(strings, at -> random.nextBoolean() ? "" + random.nextInt(3) : texts[random.nextInt(texts.length)]);
      return strings;
    }
    String[] strings = Lake.access(random.nextBoolean() ? "direct" : "delegate", endpoint);
    for (int changes = random.nextInt(3); changes > 0; changes--) {
      String text = texts[random.nextInt(texts.length)];
      int at = random.nextInt(strings.length);
      // An endpoint that is empty would be Amazon's.
      strings[at] = "".equals(text) ? null : text;
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(strings, random.nextInt(20)) : strings;
  }

  private ByteBuffer buffer() {
    switch (random.nextInt(6)) {
      case 0:
        return null;
      case 1:
        return ByteBuffer.allocate(100);
      case 2:
        return ByteBuffer.allocateDirect(100).asReadOnlyBuffer();
      case 3:
        return ByteBuffer.allocateDirect(0);
      default:
        return ByteBuffer.allocateDirect(100);
    }
  }
}
