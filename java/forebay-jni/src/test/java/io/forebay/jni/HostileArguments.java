package io.forebay.jni;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Calls every method of every native class, again and again, with arguments that make no sense: numbers, texts, arrays
 * and buffers of any kind, handles that are open, closed, of another class or invented. The store behind them answers
 * anything. Only NativeExceptions may come of it, none of them for a bug of the library's; memory does not follow what
 * arguments claim, and nothing beside the cache is touched. {@code fuzz/} does the same to what lies behind, guided by
 * what code its numbers reach.
 */
public final class HostileArguments {

  private static final Class<?>[] CLASSES =
      {NativeStore.class, NativeFile.class, NativeInquiry.class, NativeCall.class, NativeUpload.class,
        NativeEngine.class, NativeCacheTool.class};

  /** What the longest array may take four times over, and 64 MiB; the JVM's own growth, for compiling, is in it. */
  private static final long ALLOWED = (64 << 20) + 4 * (8 << 20) + (64 << 20);

  /** Each may hold on to the longest array. */
  private static final int KEPT = 4;

  private final Random random;
  private final Nonsense nonsense;
  private final String endpoint;
  /** By the class that gave them; some are closed. */
  private final Map<Class<?>, List<Long>> handles = new HashMap<>();
  private final Set<Method> answered = new HashSet<>();
  private long calls;

  private HostileArguments(Path cache, String segment, String endpoint, long seed) {
    this.endpoint = endpoint;
    random = new Random(seed);
    nonsense = new Nonsense(random, cache.toString(), segment, endpoint);
    for (Class<?> each : CLASSES) {
      handles.put(each, new ArrayList<>());
    }
  }

  public static void main(String[] args) throws Exception {
    long seed = Long.getLong("forebay.test.seed", System.nanoTime());
    System.out.println("seed " + seed);
    try (AnswersAnything store = new AnswersAnything(seed, (key, length) -> { })) {
      misuse(Paths.get(args[0]), Long.parseLong(args[1]), store.endpoint(), seed);
    }
  }

  private static void misuse(Path cache, long seconds, String endpoint, long seed) throws Exception {
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
    HostileArguments hostile = new HostileArguments(cache, segments[0], endpoint, seed);
    byte[] canary = "nothing but the cache is ours".getBytes(StandardCharsets.UTF_8);
    Files.write(cache.resolve("canary"), canary);
    List<Method> methods = methods();
    for (int round = 0; round < methods.size(); round++) {
      hostile.misuse(methods, 500);
    }
    long before = resident();
    long until = System.nanoTime() + seconds * 1_000_000_000L;
    while (System.nanoTime() < until) {
      fill(store);
      hostile.misuse(methods, 500);
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

  private void misuse(List<Method> methods, int times) throws Exception {
    // Whatever became of those before.
    keep(NativeStore.class, Lake.openStore());
    keep(NativeStore.class, Lake.openStore(endpoint));
    for (int i = 0; i < times; i++) {
      Method method = methods.get(random.nextInt(methods.size()));
      if (method.getName().equals("close") && random.nextInt(8) > 0) {
        // Handles that are open reach further.
        continue;
      }
      Object[] arguments = arguments(method);
      calls++;
      try {
        took(method, arguments, method.invoke(null, arguments));
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
      arguments[i] = i == 0 && types[i] == long.class ? handle(method) : nonsense.of(types[i]);
    }
    return arguments;
  }

  /** Mostly one of the right class, open or closed. */
  private Object handle(Method method) {
    Class<?> right = gives(method) ? NativeStore.class : method.getDeclaringClass();
    Class<?> some = random.nextInt(8) > 0 ? right : CLASSES[random.nextInt(CLASSES.length)];
    List<Long> given = handles.get(some);
    boolean invented = given.isEmpty() || random.nextInt(16) == 0;
    return invented ? nonsense.of(long.class) : given.get(random.nextInt(given.size()));
  }

  private static boolean gives(Method method) {
    boolean asks = method.getDeclaringClass() == NativeStore.class && !method.getName().equals("open");
    return method.getReturnType() == long.class && !asks;
  }

  /** Keeps what was opened for later calls; claims are given up, or reads would wait for them. */
  private void took(Method method, Object[] arguments, Object answer) throws IOException {
    if (gives(method)) {
      keep(method.getDeclaringClass(), (Long) answer);
    } else if (answer instanceof long[] && method.getDeclaringClass() == NativeFile.class) {
      for (long flight : (long[]) answer) {
        NativeFile.abandon((Long) arguments[0], flight);
      }
    }
  }

  private void keep(Class<?> by, long opened) throws IOException {
    List<Long> given = handles.get(by);
    given.add(opened);
    if (given.size() > KEPT) {
      // Whatever it is, and whether it is closed or not.
      long first = given.remove(0);
      NativeStore.close(first);
      NativeFile.close(first);
      NativeInquiry.close(first);
      NativeCall.close(first);
      NativeUpload.close(first);
    }
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
