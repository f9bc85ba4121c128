package io.forebay.hadoop;

import io.forebay.jni.Kind;
import io.forebay.jni.NativeException;
import io.forebay.jni.NativeFile;
import io.forebay.jni.NativeInquiry;
import io.forebay.jni.NativeStore;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * One file system instance as the native library knows it: a bucket, read with one principal's rights.
 *
 * <p>Cheap to open and close; the engine below outlives it. Streams that are open when it closes go on reading what
 * the library can still get and otherwise fail as the wrapped file system's do.
 */
public final class CachedStore implements Closeable {

  /** Of file systems that don't say: leaves look-ahead four threads, each of which holds up to 8 MiB of heap. */
  private static final int UNKNOWN_CONNECTIONS = 16;

  private final long handle;
  private final FileSystem.Statistics statistics;
  private final DelegateLookAhead ahead;
  private final AtomicBoolean closed = new AtomicBoolean();
  private Signing signing = Signing.NOT_OURS;

  private CachedStore(long handle, FileSystem.Statistics statistics, DelegateLookAhead ahead) {
    this.handle = handle;
    this.statistics = statistics;
    this.ahead = ahead;
  }

  /**
   * A store that the library reads by itself. A value of a {@code fs.forebay} key that isn't allowed is an
   * IllegalArgumentException that names key, value and allowed form.
   *
   * @param access pairs of name and value that say where, for {@link NativeStore#open}
   */
  public static CachedStore direct(Configuration conf, String[] access, FileSystem.Statistics statistics)
      throws IOException {
    return new CachedStore(handle(conf, access), statistics, null);
  }

  /**
   * A store that the wrapped file system reads for the library.
   *
   * @param connections how many connections the wrapped file system may hold
   */
  public static CachedStore delegate(
      Configuration conf, String[] access, FileSystem.Statistics statistics, int connections) throws IOException {
    UserGroupInformation user = UserGroupInformation.getCurrentUser();
    return new CachedStore(handle(conf, access), statistics, new DelegateLookAhead(user, connections));
  }

  /**
   * A store for a file system that the library has no client for, or null where the library can't open it, which is
   * said once.
   *
   * @param kind the kind of store as part of the identity of what is cached, such as {@code hdfs}
   * @param settings a hash of whatever else changes the content read; 0 for none
   */
  public static CachedStore wrapping(
      FileSystem files, String kind, long settings, FileSystem.Statistics statistics) {
    String authority = files.getUri().getAuthority();
    String[] access = {
      "kind", kind,
      "mode", "delegate",
      "bucket", authority == null ? "" : authority,
      "endpoint", "",
      "content-settings", String.valueOf(settings),
    };
    try {
      return delegate(files.getConf(), access, statistics, UNKNOWN_CONNECTIONS);
    } catch (IOException e) {
      Availability.notUsed(files.getUri(), e);
      return null;
    }
  }

  private static long handle(Configuration conf, String[] access) throws IOException {
    try {
      return NativeStore.open(EngineStart.start(conf), access);
    } catch (NativeException e) {
      // What a user wrote wrongly must not be passed over: the path of such a failure is the key.
      if (Kind.of(e.kind()) == Kind.INVALID_ARGUMENT && e.path().startsWith(EngineStart.PREFIX)) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
      throw e;
    }
  }

  /** Has the library's client sign with the keys that {@code machine} or {@code web-identity} give the process. */
  public void credentialsOf(String surroundings) throws IOException {
    NativeStore.credentialsOf(handle, surroundings);
  }

  /** What the native library calls this store. */
  public long handle() {
    return handle;
  }

  /** Says who renews the credentials of a direct store, before its first file is opened. */
  public void signWith(Signing renewing) {
    signing = renewing;
    renewing.renewIfDue();
  }

  /** The credentials that the library's client signs with from now on; all null for requests without signature. */
  public void credentials(String accessKey, String secretKey, String sessionToken) throws IOException {
    NativeStore.credentials(handle, accessKey, secretKey, sessionToken);
  }

  /**
   * Opens one version of an object, which the store has just confirmed to this file system's principal.
   *
   * @param delegate the wrapped file system's way to the same version
   */
  public ForebayInputStream open(PinnedFile pinned, ReadHints hints, Delegate delegate) throws IOException {
    signing.renewIfDue();
    LostFiles.close();
    long file = NativeFile.open(handle, pinned.key(), pinned.etag(), pinned.length(), pinned.versionId(),
        hints.splitStart(), hints.splitEnd(), hints.policy());
    LogDrain.drain();
    DelegateReader wrapped = new DelegateReader(pinned, delegate, statistics);
    RangeReader reader = new RangeReader(pinned, new NativeCachedFile(file), wrapped, signing, ahead);
    return new ForebayInputStream(pinned, reader, new Credit(statistics));
  }

  /**
   * As {@link #open}, or null where the library can't, which is said once: whoever asked then reads without the
   * cache. The store itself is not asked.
   */
  public FSDataInputStream openOrNull(PinnedFile pinned, ReadHints hints, Delegate delegate) {
    try {
      return new FSDataInputStream(open(pinned, hints, delegate));
    } catch (IOException e) {
      URI path = pinned.path().toUri();
      String subject = "files of " + path.getScheme() + "://" + path.getAuthority();
      Availability.warnOnce(subject, subject + " are opened without the cache: " + e.getMessage());
      return null;
    }
  }

  /** Whether files can be fetched before they are opened. */
  public boolean fetchesAhead() {
    return ahead == null;
  }

  /**
   * Has a thread of ours ask something of the wrapped file system, as its user, that nobody waits for yet.
   *
   * @return null where none is free, or the library fetches by itself
   */
  public <T> Future<T> askAhead(Callable<T> question) {
    return ahead == null ? null : ahead.ask(question);
  }

  /**
   * Asks what a file is now, by the request that brings what its reader wants first.
   *
   * @param etag the version that was seen last, with {@code length} and {@code versionId}; or null
   * @param expected the length that a listing told, or -1
   * @param goesOn whether the task has read another file of the directory before
   */
  public Inquiry inquire(String key, String etag, long length, String versionId, long expected, boolean goesOn)
      throws IOException {
    signing.renewIfDue();
    return new Inquiry(NativeInquiry.begin(handle, key, etag, length, versionId, expected, goesOn), key);
  }

  /**
   * Begins to fetch what the first reads of a version will want. The version may be hearsay: only an answer that
   * proves it is kept.
   */
  public void bring(String key, String etag, long length) throws IOException {
    signing.renewIfDue();
    NativeStore.bring(handle, key, etag, length, null);
  }

  /**
   * Waits for a fetch that was begun by {@link #bring}.
   *
   * @param rounds how often to wait, 100 ms each
   * @return when the request was sent that proved the version to this file system, or a moment before, in {@link
   *     System#nanoTime}; null where it has not been proved
   */
  public Long awaitProof(String key, String etag, long length, int rounds) throws IOException {
    long age = NativeStore.UNDER_WAY;
    for (int round = 0; round < rounds && age == NativeStore.UNDER_WAY; round++) {
      age = NativeStore.proof(handle, key, etag, length, null);
      if (Thread.interrupted()) {
        throw new InterruptedIOException("interrupted while waiting for " + key);
      }
    }
    if (age < 0) {
      return null;
    }
    // Asked again without a wait, because a pause of this JVM after the answer would make it look younger.
    long before = System.nanoTime();
    long again = NativeStore.proof(handle, key, etag, length, null);
    return again < 0 ? null : before - again;
  }

  /** Says that the object under {@code key} is being written or was. */
  public void invalidate(String key) {
    invalidate(key, false);
  }

  /** Says that objects whose keys begin with {@code prefix} are being written, or were. */
  public void invalidateAll(String prefix) {
    invalidate(prefix, true);
  }

  private void invalidate(String key, boolean prefix) {
    try {
      NativeStore.invalidate(handle, key, prefix);
    } catch (IOException e) {
      // Readers confirm the version at open, so what is forgotten here is never served by mistake.
      LogDrain.LOG.debug("could not forget {}", key, e);
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      if (ahead != null) {
        ahead.close();
      }
      try {
        NativeStore.close(handle);
      } catch (IOException e) {
        LogDrain.LOG.debug("could not close a store in the native library", e);
      }
      LogDrain.drain();
    }
  }
}
