package io.forebay.hadoop;

import java.lang.reflect.Constructor;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Worker threads that keep nothing of who happened to start them: daemons, without the starter's class loader and
 * inherited thread locals, gone after 30 s without work. A task's class loader that a pool thread held would never
 * be unloaded.
 */
final class DaemonThreads implements ThreadFactory {

  /** Long enough for the next file of a scan, short enough that an idle executor has none of our threads. */
  private static final long IDLE_SECONDS = 30;

  // Java 9 and later can leave inheritable thread locals behind; Java 8 has no way to.
  private static final Constructor<Thread> WITHOUT_LOCALS = withoutLocals();

  private static final ThreadLocal<Boolean> OURS = new ThreadLocal<>();

  private final String prefix;
  private final AtomicInteger count = new AtomicInteger();

  private DaemonThreads(String prefix) {
    this.prefix = prefix;
  }

  /** A pool of at most {@code size} threads named {@code prefix-1} and so on. */
  static ThreadPoolExecutor pool(String prefix, int size, BlockingQueue<Runnable> queue) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(size, size, IDLE_SECONDS, TimeUnit.SECONDS, queue, new DaemonThreads(prefix));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** As many threads as there is work at the same time: nothing ever waits for a free one. */
  static ThreadPoolExecutor crew(String prefix) {
    return new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(),
        new DaemonThreads(prefix));
  }

  /** Whether the calling thread is one of these, which no engine knows, and so nobody interrupts. */
  static boolean isOurs() {
    return OURS.get() != null;
  }

  @Override
  public Thread newThread(Runnable work) {
    Runnable ours = () -> {
      OURS.set(true);
      work.run();
    };
    Thread thread = create(ours, prefix + "-" + count.incrementAndGet());
    thread.setDaemon(true);
    thread.setContextClassLoader(DaemonThreads.class.getClassLoader());
    return thread;
  }

  private static Thread create(Runnable work, String name) {
    if (WITHOUT_LOCALS != null) {
      try {
        return WITHOUT_LOCALS.newInstance(null, work, name, 0L, false);
      } catch (ReflectiveOperationException e) {
        LogDrain.LOG.debug("thread {} is created the Java 8 way", name, e);
      }
    }
    return new Thread(null, work, name);
  }

  private static Constructor<Thread> withoutLocals() {
    try {
      return Thread.class.getConstructor(ThreadGroup.class, Runnable.class, String.class, long.class, boolean.class);
    } catch (NoSuchMethodException e) {
      return null;
    }
  }
}
