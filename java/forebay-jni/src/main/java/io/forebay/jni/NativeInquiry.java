package io.forebay.jni;

/**
 * One question about what a file is now, asked by the request that brings the file's last bytes, or by less where those
 * are at hand.
 */
public final class NativeInquiry {

  /** No answer within 100 ms: look for interrupts, then ask again. */
  public static final long UNDER_WAY = 0;

  /** The file is there: length and time follow, {@link #version} has the rest. */
  public static final long PRESENT = 1;

  /** The file has the version that the asker knows. */
  public static final long UNCHANGED = 2;

  /** Nothing that could be relied on, for the reason whose {@link Kind} follows; another way must be taken. */
  public static final long UNSETTLED = 3;

  private NativeInquiry() {
  }

  /**
   * Asks. What the caller saw last is given by its ETag and, if there is one, version id.
   *
   * @param etagOrNull what the caller saw last; null where it has seen nothing
   * @param length of the same
   * @param expected the length that a listing told, or -1
   * @param goesOn whether the asker has read another file of the directory, so that it will probably read the same
   *     columns of this one
   * @return its handle
   */
  public static native long begin(long store, String key, String etagOrNull, long length, String versionIdOrNull,
      long expected, boolean goesOn) throws NativeException;

  /** One of the four constants and two numbers: length and modification time in ms, or a {@link Kind} and nothing. */
  public static native long[] answer(long inquiry) throws NativeException;

  /** ETag without quotes, and version id where the store named one; null unless {@link #PRESENT}. */
  public static native String[] version(long inquiry) throws NativeException;

  /** Forgets the question; what comes in is kept all the same. Closing twice does nothing. */
  public static native void close(long inquiry) throws NativeException;
}
