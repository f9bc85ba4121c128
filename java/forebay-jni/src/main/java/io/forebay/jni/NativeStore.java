package io.forebay.jni;

/** One file system instance: a bucket, read with one principal's rights. */
public final class NativeStore {

  /** The store has not proved this version to this file system. */
  public static final long UNPROVED = -1;

  /** A fetch is under way that may prove it: look for interrupts, then ask again. */
  public static final long UNDER_WAY = -2;

  private NativeStore() {
  }

  /**
   * Opens a store on the engine, which was started before.
   *
   * @param keysAndValues the {@code fs.forebay.*} configuration, each key followed by its value
   * @param access names, each followed by its value: {@code kind} ({@code s3}, {@code gs}, {@code abfs}),
   *     {@code endpoint} (a URL, or empty for the store's own), {@code bucket}, {@code mode} ({@code direct} or {@code delegate}), {@code content-settings}
   *     (a hash of every setting that changes content, 0 for none), and for direct what {@code native_store.rs} and {@code
   *     native_store/stores.rs} read for the kind, such as {@code region} or {@code identity}
   * @return its handle
   */
  public static native long open(String[] keysAndValues, String[] access) throws NativeException;

  /** Replaces the keys that a direct store signs with; neither key means anonymous. */
  public static native void credentials(long store, String accessKeyOrNull, String secretKeyOrNull,
      String sessionTokenOrNull) throws NativeException;

  /**
   * Has a direct store sign with the keys that its surroundings give the process.
   *
   * @param surroundings {@code machine} (a container's role, else the instance's) or {@code web-identity}
   */
  public static native void credentialsOf(long store, String surroundings) throws NativeException;

  /** Forgets what is under way of a key, or of every key that begins with it. */
  public static native void invalidate(long store, String key, boolean prefix) throws NativeException;

  /**
   * Begins to fetch what the first reads of a version will want, before anybody opens it. The version may be hearsay,
   * such as a listing's: only an answer that proves it is kept.
   *
   * @return whether there was anything to fetch; never for a delegate store
   */
  public static native boolean bring(long store, String key, String etag, long length, String versionIdOrNull)
      throws NativeException;

  /**
   * Asks whether the store has answered this file system with bytes of a version.
   *
   * @return how long ago the request was sent, in nanoseconds; {@link #UNPROVED}, or {@link #UNDER_WAY} after 100 ms
   */
  public static native long proof(long store, String key, String etag, long length, String versionIdOrNull)
      throws NativeException;

  /** Opens no more files; open ones stay readable. Closing twice does nothing. */
  public static native void close(long store) throws NativeException;
}
