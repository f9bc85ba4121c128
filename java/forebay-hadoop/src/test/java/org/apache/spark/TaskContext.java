package org.apache.spark;

/** As much of Spark's class as Forebay looks for: tests play tasks with it. Real Spark is used in tests/engines. */
public abstract class TaskContext {

  private static final ThreadLocal<TaskContext> CURRENT = new ThreadLocal<>();

  public static TaskContext get() {
    return CURRENT.get();
  }

  /** From here on the calling thread runs another task, as far as anybody can tell. */
  public static TaskContext begin() {
    TaskContext task = new TaskContext() { };
    CURRENT.set(task);
    return task;
  }

  public static void resume(TaskContext task) {
    CURRENT.set(task);
  }

  public static void end() {
    CURRENT.remove();
  }
}
