package io.forebay.hadoop;

import java.util.Objects;
import org.apache.hadoop.fs.Path;

/**
 * The version of an object that a stream reads from its first byte to its last: what the store answered when the
 * stream was opened.
 */
public final class PinnedFile {

  private final Path path;
  private final String key;
  private final String etag;
  private final String versionId;
  private final long length;

  /**
   * @param path the qualified path, for messages
   * @param key the object's key as the store spells it
   * @param etag a strong ETag, in any spelling
   * @param versionId the version id, or null
   * @param length in bytes
   */
  public PinnedFile(Path path, String key, String etag, String versionId, long length) {
    this.path = Objects.requireNonNull(path, "path");
    this.key = Objects.requireNonNull(key, "key");
    this.etag = Objects.requireNonNull(etag, "etag");
    this.versionId = versionId;
    this.length = length;
  }

  /** Whether an ETag says that equal tags mean equal bytes. */
  public static boolean isStrong(String etag) {
    return etag != null && !etag.startsWith("W/") && !bare(etag).isEmpty();
  }

  /** Whether two ETags are one, however they are quoted: Hadoop 3.3 takes the quotes off, 3.4 leaves them. */
  public static boolean isSame(String etag, String other) {
    return etag != null && other != null && bare(etag).equals(bare(other));
  }

  private static String bare(String etag) {
    return etag.replace("\"", "").trim();
  }

  public Path path() {
    return path;
  }

  public long length() {
    return length;
  }

  String key() {
    return key;
  }

  String etag() {
    return etag;
  }

  String versionId() {
    return versionId;
  }
}
