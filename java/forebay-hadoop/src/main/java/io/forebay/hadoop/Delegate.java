package io.forebay.hadoop;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * The wrapped file system's own way to one pinned version.
 *
 * <p>Streams it opens fail rather than answer with bytes of another version, and send no request before their first
 * read. A read of n bytes after {@code setReadahead(n)} asks the store for those bytes only.
 */
public interface Delegate {

  /** A stream of the pinned version, at position 0. */
  FSDataInputStream open() throws IOException;

  /**
   * Whether this file system's principal is known to have the right to read the pinned version; until then none of
   * the bytes that the cache holds are handed out.
   */
  default boolean isPermitted() {
    return true;
  }

  /** Has the store show that this principal may read the pinned version; fails as the store's refusal does. */
  default void prove() throws IOException {}

  /** Hears that a read of the pinned version failed, by whichever way: what is known of the file may be outdated. */
  default void failed(IOException failure) {}
}
