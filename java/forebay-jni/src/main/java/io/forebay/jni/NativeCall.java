package io.forebay.jni;

/**
 * One thing done to a bucket beside reading it. Each of the first methods begins a call and returns its handle; it is
 * asked for by {@link #isDone} and must be closed, which breaks it off where it is still under way. Calls of one kind
 * say what {@link #texts} and {@link #numbers} then hold.
 */
public final class NativeCall {

  private NativeCall() {
  }

  /** What the store says of a key: texts key, ETag and version id (empty for none), numbers length and milliseconds. */
  public static native long status(long store, String key) throws NativeException;

  /**
   * A page of what a bucket holds.
   *
   * @param byDirectory whether what lies below the prefix's next slash is one prefix
   * @param afterOrNull the page before, as it said
   * @param most how many entries at most; 0 lets the store decide
   * @return texts: the next page (empty for none), key and ETag of each object, the prefixes; numbers: length and
   *     milliseconds of each object
   */
  public static native long list(long store, String prefix, boolean byDirectory, String afterOrNull, int most)
      throws NativeException;

  /** Writes an object at once; {@code kept} refuses to replace one. The text is its ETag. */
  public static native long put(long store, String key, byte[] bytes, boolean kept) throws NativeException;

  /** Copies objects: pairs of keys, and the length of each. */
  public static native long copy(long store, String[] fromAndTo, long[] lengths) throws NativeException;

  /** Deletes one object. */
  public static native long delete(long store, String key) throws NativeException;

  /** Deletes up to a thousand objects with one request; the texts are key and reason of those that stayed. */
  public static native long deletePage(long store, String[] keys) throws NativeException;

  /** Begins an object in parts; the text is the upload's id. */
  public static native long beginUpload(long store, String key) throws NativeException;

  /** Writes one part, from number 1 on; the text is its ETag. */
  public static native long putPart(long store, String key, String upload, int number, byte[] bytes)
      throws NativeException;

  /** Makes an object of parts, which are numbers and ETags in turn; the text is its ETag. */
  public static native long completeUpload(long store, String key, String upload, String[] numbersAndEtags,
      boolean kept) throws NativeException;

  /** Gives up an object in parts. */
  public static native long abortUpload(long store, String key, String upload) throws NativeException;

  /** Waits for a call for at most 100 ms; where it says false, look for interrupts and ask again. */
  public static native boolean isDone(long call) throws NativeException;

  /** What a call that is done brought in words. */
  public static native String[] texts(long call) throws NativeException;

  /** What a call that is done brought in numbers. */
  public static native long[] numbers(long call) throws NativeException;

  /** Forgets a call, and breaks it off where it is under way. Closing twice does nothing. */
  public static native void close(long call) throws NativeException;
}
