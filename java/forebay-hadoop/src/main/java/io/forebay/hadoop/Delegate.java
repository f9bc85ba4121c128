package io.forebay.hadoop;

import java.io.IOException;
import java.util.function.Consumer;
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

  /** Whether there is a wrapped file system; where there is none, the library's own failures are the reader's. */
  default boolean exists() {
    return true;
  }

  /** What stands for a wrapped file system where there is none; {@code doubt} hears of reads that failed. */
  static Delegate none(Consumer<IOException> doubt) {
    return new Delegate() {
      @Override
      public FSDataInputStream open() throws IOException {
        throw new IOException("there is no other way to read than the library's own");
      }

      @Override
      public boolean exists() {
        return false;
      }

      @Override
      public void failed(IOException failure) {
        doubt.accept(failure);
      }
    };
  }

  /** Hears that a read of the pinned version failed, by whichever way: what is known of the file may be outdated. */
  default void failed(IOException failure) {}
}
