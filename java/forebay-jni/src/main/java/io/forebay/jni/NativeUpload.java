package io.forebay.jni;

/** One file being written, which nobody can read before {@link #isFinished} has said true. */
public final class NativeUpload {

  /** Nothing within 100 ms: look for interrupts, then call again. */
  public static final int PENDING = -2;

  private NativeUpload() {
  }

  /**
   * Begins a file. Nothing is sent yet.
   *
   * @param part the largest part wanted, in bytes; memory may allow only less
   * @param parallel how many parts may be on their way at once
   * @param kept whether an object that is there stays, and the file fails at its end
   * @return its handle
   */
  public static native long open(long store, String key, long part, int parallel, boolean kept)
      throws NativeException;

  /** Takes bytes; returns how many, or {@link #PENDING}. */
  public static native int write(long upload, byte[] bytes, int offset, int length) throws NativeException;

  /** Sends what is left and makes the object, for at most 100 ms; where it says false, call again. */
  public static native boolean isFinished(long upload) throws NativeException;

  /** Forgets the file, and gives it up where it is not finished. Closing twice does nothing. */
  public static native void close(long upload) throws NativeException;
}
