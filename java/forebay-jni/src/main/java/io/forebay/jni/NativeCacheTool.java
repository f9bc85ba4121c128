package io.forebay.jni;

/**
 * Looks at cache directories, checks and changes them, while jobs use them. A directory is named by the place it lies
 * in; facts come as names and values in turn. Needs no engine.
 */
public final class NativeCacheTool {

  private NativeCacheTool() {
  }

  /** Where this configuration puts the cache: first the size in bytes (empty where none is given), then the places. */
  public static native String[] places(String[] keysAndValues) throws NativeException;

  /** What is wrong with these {@code fs.forebay.*} keys, for {@code bucket} unless that is null. */
  public static native String[] complaints(String[] keysAndValues, String bucket) throws NativeException;

  /** Facts about the cache in {@code parent}; with {@code probe}, its disk is tried. */
  public static native String[] directory(String parent, boolean probe) throws NativeException;

  /** The names of all segments. */
  public static native String[] segments(String parent) throws NativeException;

  /** Facts about one segment. */
  public static native String[] segment(String parent, String name) throws NativeException;

  /** Checks every cell of one segment; with {@code drop}, drops what is damaged. */
  public static native String[] verify(String parent, String name, boolean drop) throws NativeException;

  /** Removes one segment, and its space even where jobs have it open; false where it was gone. */
  public static native boolean remove(String parent, String name) throws NativeException;

  /** Counts what the cache takes, and makes room where that is too much. */
  public static native void settle(String parent) throws NativeException;

  /** Gives the cache another budget; facts about it as they are now. */
  public static native String[] setBudget(String parent, long bytes) throws NativeException;
}
