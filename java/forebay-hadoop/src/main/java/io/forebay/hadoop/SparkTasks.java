package io.forebay.hadoop;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Recognises Spark's tasks by the context object that Spark binds to the threads of each, without naming Spark's
 * classes: most hosts of this jar are not Spark.
 */
final class SparkTasks {

  private static final MethodHandle CONTEXT = find();

  private SparkTasks() {}

  /** The object that stands for the calling thread's task, or null. */
  static Object current() {
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
}
