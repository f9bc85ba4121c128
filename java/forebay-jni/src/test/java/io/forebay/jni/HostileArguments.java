package io.forebay.jni;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Calls every method of every native class, again and again, with arguments that make no sense: numbers, texts, arrays
 * and buffers of any kind, handles that are open, closed, of the other table or invented. Only NativeExceptions may
 * come of it, none of them for a bug of the library's; memory does not follow what arguments claim, and nothing beside
 * the cache is touched. {@code fuzz/} does the same to what lies behind, guided by what code its numbers reach.
 */
public final class HostileArguments {

  private static final Class<?>[] CLASSES =
      {NativeFile.class, NativeStore.class, NativeEngine.class, NativeCacheTool.class};

  private static final long[] LONGS = {0, 1, -1, -2, 7, 8191, 8192, 1_000_003, Integer.MAX_VALUE, Integer.MIN_VALUE,
      1L << 32, 1L << 62, Long.MAX_VALUE - 8191, Long.MAX_VALUE, Long.MIN_VALUE};
  private static final int[] INTS = {0, 1, -1, 7, 99, 100, 101, 8192, Integer.MAX_VALUE, Integer.MIN_VALUE};

  /** What the longest array may take four times over, and 64 MiB; the JVM's own growth, for compiling, is in it. */
  private static final long ALLOWED = (64 << 20) + 4 * (8 << 20) + (64 << 20);

  private final Random random;
  private final String[] texts;
  private final Object[] arrays = {null, new byte[0], new byte[100], new byte[70_000], new byte[8 << 20]};
  private final Deque<Long> files = new ArrayDeque<>();
  private final Deque<Long> stores = new ArrayDeque<>();
  private final Set<Method> answered = new HashSet<>();
  private long calls;

  private HostileArguments(Path cache, String segment, long seed) {
    this.random = new Random(seed);
    char[] endless = new char[5000];
    Arrays.fill(endless, 'x');
    String place = cache.toString();
    String hash = new String(endless, 0, 32);
    texts = new String[] {null, "", "k", "\"e\"", "0123456789abcdef", "W/\"weak\"", "sequential, vector", "half \ud800",
        "nul \0", "a//b", "../canary", new String(endless), place, segment, place + "/canary", "/proc",
        "0/0/../../../canary", "0/0/" + hash + "-" + hash + "-0.1", "fs.forebay.cache.size", "-1GB", "web-identity"};
  }

  public static void main(String[] args) throws Exception {
    Path cache = Paths.get(args[0]);
    long seed = Long.getLong("forebay.test.seed", System.nanoTime());
    System.out.println("seed " + seed);
    NativeLibrary.load();
    NativeEngine.start(new String[] {"fs.forebay.cache.dirs", cache.toString(), "fs.forebay.cache.size", "256MB",
        "fs.forebay.memory", "32MB"}, 0);
    long store = Lake.openStore();
    fill(store);
    String[] segments = {};
    while (segments.length == 0) {
      // It is written behind the reader's back; a test that waits for ever is ended by its parent.
      segments = NativeCacheTool.segments(cache.toString());
    }
    HostileArguments hostile = new HostileArguments(cache, segments[0], seed);
    byte[] canary = "nothing but the cache is ours".getBytes(StandardCharsets.UTF_8);
    Files.write(cache.resolve("canary"), canary);
    List<Method> methods = methods();
    hostile.misuse(methods, 500L * methods.size());
    long before = resident();
    long until = System.nanoTime() + Long.parseLong(args[1]) * 1_000_000_000L;
    while (System.nanoTime() < until) {
      fill(store);
      hostile.misuse(methods, 1000);
    }
    long grown = resident() - before;
    require(grown <= ALLOWED, grown + " bytes more were taken at the peak");
    require(Arrays.equals(canary, Files.readAllBytes(cache.resolve("canary"))), "a file beside the cache was changed");
    methods.removeAll(hostile.answered);
    require(methods.isEmpty(), "these never answered: " + methods);
    System.out.println("ok " + hostile.calls + " calls of " + hostile.answered.size() + " methods");
  }

  /** Makes sure that there is a segment to look at, which one of the calls may have removed. */
  private static void fill(long store) throws IOException {
    byte[] into = new byte[100_000];
    long file = Lake.open(store, "cached", into.length);
    int done = 0;
    while (done < into.length) {
      done += Lake.read(file, "cached", done, into, done, into.length - done);
    }
    NativeFile.close(file);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  /** All that may be called, but for the one that panics by order. */
  private static List<Method> methods() {
    List<Method> methods = new ArrayList<>();
    for (Class<?> each : CLASSES) {
      for (Method method : each.getDeclaredMethods()) {
        int is = method.getModifiers();
        if (!Modifier.isPrivate(is) && !method.isSynthetic() && !method.getName().equals("panicForTest")) {
          methods.add(method);
        }
      }
    }
    methods.sort(Comparator.comparing(Method::toString));
    return methods;
  }

  private void misuse(List<Method> methods, long times) throws Exception {
    for (long i = 0; i < times; i++) {
      Method method = methods.get(random.nextInt(methods.size()));
      Object[] arguments = arguments(method);
      calls++;
      try {
        took(method, method.invoke(null, arguments));
        answered.add(method);
      } catch (InvocationTargetException e) {
        boolean ours = e.getCause() instanceof NativeException;
        if (!ours || Kind.of(((NativeException) e.getCause()).kind()) == Kind.INTERNAL) {
          throw new IllegalStateException(method + " of " + Arrays.deepToString(arguments), e.getCause());
        }
      }
    }
  }

  private Object[] arguments(Method method) {
    Class<?>[] types = method.getParameterTypes();
    Object[] arguments = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      arguments[i] = i == 0 && types[i] == long.class ? handle(method) : argument(types[i]);
    }
    return arguments;
  }

  private Object handle(Method method) {
    boolean ofFile = method.getDeclaringClass() == NativeFile.class && !method.getName().equals("open");
    Deque<Long> right = ofFile ? files : stores;
    Deque<Long> some = random.nextInt(8) > 0 ? right : random.nextBoolean() ? files : stores;
    return some.isEmpty() || random.nextInt(16) == 0 ? argument(long.class) : some.peek();
  }

  private Object argument(Class<?> type) {
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
      return texts[random.nextInt(texts.length)];
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
    long[] numbers = new long[random.nextInt(500) == 0 ? (1 << 20) + random.nextInt(3) : random.nextInt(9)];
    Arrays.setAll(numbers, at -> (Long) argument(long.class));
    return numbers;
  }

  private String[] strings() {
    // A port that nobody listens on: whatever is begun to fetch fails at once, and nothing leaves the machine.
    String[] strings = Lake.access(random.nextInt(20) == 0 ? "direct" : "delegate", "http://127.0.0.1:1");
    for (int changes = random.nextInt(3); changes > 0; changes--) {
      String text = texts[random.nextInt(texts.length)];
      int at = random.nextInt(strings.length);
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

  /** Keeps what was opened for later calls, and a few only; claims are given up, or reads would wait for them. */
  private void took(Method method, Object answer) throws IOException {
    if (method.getName().equals("open")) {
      Deque<Long> opened = method.getDeclaringClass() == NativeFile.class ? files : stores;
      opened.push((Long) answer);
      if (opened.size() > 20) {
        close(opened);
      }
    } else if (answer instanceof long[] && !files.isEmpty() && method.getDeclaringClass() == NativeFile.class) {
      for (long flight : (long[]) answer) {
        NativeFile.abandon(files.peek(), flight);
      }
    }
  }

  private void close(Deque<Long> opened) throws IOException {
    long last = opened.removeLast();
    NativeFile.close(last);
    NativeStore.close(last);
  }

  /** The most that this process ever had in memory. */
  private static long resident() throws IOException {
    for (String line : Files.readAllLines(Paths.get("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("/proc/self/status does not say VmHWM");
  }
}
