package org.apache.hadoop.hive.ql.exec;

/** As much of Hive's class as Forebay looks for: tests play tasks with it. Real Hive is used in tests/long. */
public class MapredContext {

  private static final ThreadLocal<MapredContext> CURRENT = new ThreadLocal<>();

  public static MapredContext get() {
    return CURRENT.get();
  }

  /** From here on the calling thread has this context. */
  public static void bind(MapredContext context) {
    CURRENT.set(context);
  }

  public static void close() {
    CURRENT.remove();
  }
}
