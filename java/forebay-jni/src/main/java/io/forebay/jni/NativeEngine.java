package io.forebay.jni;

/** The process's engine, and what it has to say. */
public final class NativeEngine {

  private NativeEngine() {
  }

  /**
   * Starts the engine; where it runs already, changes nothing.
   *
   * @param keysAndValues the {@code fs.forebay.*} configuration, each key followed by its value
   * @param heapBytes the largest size of the Java heap
   * @return lines for the log, each beginning with {@code "I "} or {@code "W "}; none where it ran already
   */
  public static native String[] start(String[] keysAndValues, long heapBytes) throws NativeException;

  /** The names of all metrics, always in the same order. */
  public static native String[] metricNames() throws NativeException;

  /** The present values of all metrics, in the order of {@link #metricNames}. */
  public static native long[] metricValues() throws NativeException;

  /** Takes up to {@code max} lines of the library's log, oldest first: triples of level, target and text. */
  public static native String[] drainLog(int max) throws NativeException;

  /** Counts bytes that streams answered from their windows, without a call. */
  public static native void countWindowBytes(long n) throws NativeException;

  /** Panics, to prove that a panic is one exception and the JVM lives. */
  static native void panicForTest() throws NativeException;
}
