package io.forebay.hadoop;

import java.util.Map;

/**
 * Which versions the principal of one file system instance has been given bytes of by the store itself. What a store
 * says of a file it may say to people whom it gives no byte.
 */
final class ReadRights {

  /** The files of a large table; an entry is about 300 bytes, so this is 3 MB at most. */
  private static final int MOST = 8192;

  private final Rights rights;
  private final Map<String, Long> seen = new LatelyUsed<>(MOST);

  /**
   * @param rights how long the store's answer proves a right, and whether one must be proved
   */
  ReadRights(Rights rights) {
    this.rights = rights;
  }

  synchronized void add(PinnedFile file) {
    seen.put(version(file), System.nanoTime());
  }

  synchronized boolean has(PinnedFile file) {
    Long at = seen.get(version(file));
    return at == null ? !rights.areVerified() : rights.last(at);
  }

  private static String version(PinnedFile file) {
    return file.etag() + ' ' + file.key();
  }
}
