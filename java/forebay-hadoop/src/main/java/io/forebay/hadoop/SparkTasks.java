package io.forebay.hadoop;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.WeakReference;

/**
 * Recognises Spark's tasks by the context object that Spark binds to the threads of each, without naming Spark's
 * classes: most hosts of this jar are not Spark.
 *
 * <p>A task begins, for us, when a thread of it is first seen here. That is never before it really began, so what was
 * asked since then was asked within the task.
 */
final class SparkTasks {

  private static final MethodHandle CONTEXT = find();
  private static final ThreadLocal<Sight> LAST = new ThreadLocal<>();

  private SparkTasks() {}

  /**
   * When the calling thread was first seen in its present task, in {@link System#nanoTime}; null outside of tasks.
   * The first call in a task says "now", so it must come before the first request that is to count.
   */
  static Long since() {
    Object context = context();
    if (context == null) {
      return null;
    }
    Sight last = LAST.get();
    if (last == null || last.context.get() != context) {
      last = new Sight(context, System.nanoTime());
      LAST.set(last);
    }
    return last.since;
  }

  private static Object context() {
    if (CONTEXT == null) {
      return null;
    }
    try {
      return (Object) CONTEXT.invokeExact();
    } catch (Throwable e) {
      // Unknown is not a task: the caller then asks the store, which is always right.
      return null;
    }
  }

  private static MethodHandle find() {
    try {
      Class<?> type = Class.forName("org.apache.spark.TaskContext", false, SparkTasks.class.getClassLoader());
      MethodHandle get = MethodHandles.publicLookup().findStatic(type, "get", MethodType.methodType(type));
      return get.asType(MethodType.methodType(Object.class));
    } catch (ReflectiveOperationException | LinkageError absent) {
      return null;
    }
  }

  /** A task on one thread. Spark may keep neither thread nor task alive through us. */
  private static final class Sight {
    final WeakReference<Object> context;
    final long since;

    Sight(Object context, long since) {
      this.context = new WeakReference<>(context);
      this.since = since;
    }
  }
}
