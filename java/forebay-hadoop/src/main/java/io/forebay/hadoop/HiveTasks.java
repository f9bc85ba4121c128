package io.forebay.hadoop;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Recognises Hive's tasks on Tez, without naming Hive's classes. Hive's processor binds a context to the thread that
 * runs a task before it opens the task's input, puts into it the object that Tez made for this attempt of the task
 * alone, and takes it from the thread in the end.
 *
 * <p>So a task is recognised wherever it runs: in a Tez container, which is used for many tasks one after the other,
 * and within HiveServer2 (Tez' local mode), whose other threads have no such context. A file system instance would
 * tell less: it is closed at a task's end only if it came from Hadoop's cache for the task's user.
 */
final class HiveTasks {

  private static final HiveTasks HIVE = find();

  private final MethodHandle context;
  private final Class<?> onTez;
  private final MethodHandle attempt;

  private HiveTasks(MethodHandle context, Class<?> onTez, MethodHandle attempt) {
    this.context = context;
    this.onTez = onTez;
    this.attempt = attempt;
  }

  /** The object that stands for the calling thread's task, or null. */
  static Object current() {
    if (HIVE == null) {
      return null;
    }
    try {
      Object bound = (Object) HIVE.context.invokeExact();
      return HIVE.onTez.isInstance(bound) ? (Object) HIVE.attempt.invokeExact(bound) : null;
    } catch (Throwable e) {
      // Unknown is not a task: the caller then asks the store, which is always right.
      return null;
    }
  }

  private static HiveTasks find() {
    try {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> any = named("org.apache.hadoop.hive.ql.exec.MapredContext");
      Class<?> onTez = named("org.apache.hadoop.hive.ql.exec.tez.TezContext");
      Class<?> attempt = named("org.apache.tez.runtime.api.ProcessorContext");
      return new HiveTasks(
          lookup.findStatic(any, "get", MethodType.methodType(any)).asType(MethodType.methodType(Object.class)),
          onTez,
          lookup.findVirtual(onTez, "getTezProcessorContext", MethodType.methodType(attempt))
              .asType(MethodType.methodType(Object.class, Object.class)));
    } catch (ReflectiveOperationException | LinkageError absent) {
      return null;
    }
  }

  private static Class<?> named(String name) throws ClassNotFoundException {
    return Class.forName(name, false, HiveTasks.class.getClassLoader());
  }
}
