package io.forebay.hadoop;

import java.lang.ref.WeakReference;

/**
 * The task that the calling thread works for, in engines that bind an object to it for just as long: Spark, and Hive
 * on Tez. Whatever else there is (drivers, servers, threads that a task starts) is no task.
 *
 * <p>A task begins, for us, when a thread of it is first seen here. That is never before it really began, so what was
 * asked since then was asked within the task.
 */
final class Tasks {

  private static final ThreadLocal<Sight> LAST = new ThreadLocal<>();

  private Tasks() {}

  /**
   * When the calling thread was first seen in its present task, in {@link System#nanoTime}; null outside of tasks.
   * The first call in a task says "now", so it must come before the first request that is to count.
   */
  static Long since() {
    Object task = SparkTasks.current();
    if (task == null) {
      task = HiveTasks.current();
    }
    if (task == null) {
      return null;
    }
    Sight last = LAST.get();
    if (last == null || last.task.get() != task) {
      last = new Sight(task, System.nanoTime());
      LAST.set(last);
    }
    return last.since;
  }

  /** A task on one thread. The engine may keep neither thread nor task alive through us. */
  private static final class Sight {
    final WeakReference<Object> task;
    final long since;

    Sight(Object task, long since) {
      this.task = new WeakReference<>(task);
      this.since = since;
    }
  }
}
