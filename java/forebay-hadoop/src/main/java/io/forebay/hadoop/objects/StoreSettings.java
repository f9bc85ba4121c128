package io.forebay.hadoop.objects;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.ForebayKeys;
import io.forebay.hadoop.Signing;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.PathIOException;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * One bucket's configuration, in the keys of the connector that usually reads it, followed key by key:
 * docs/standalone.md has the tables. What would change who reads and writes, where, or how bytes are encrypted, and
 * can't be followed, is refused by name.
 */
public abstract class StoreSettings {

  /** Retries double their pause, so that the last of ten begins within it. */
  static final long RETRY_TOTAL = TimeUnit.MINUTES.toMillis(3);

  private final Configuration conf;
  private final String bucket;

  StoreSettings(Configuration conf, String bucket) {
    this.conf = conf;
    this.bucket = bucket;
  }

  /** The settings that hold for the bucket that {@code name} names; {@code given} is not changed. */
  public static StoreSettings of(Configuration given, URI name) throws IOException {
    String authority = name.getAuthority();
    if (authority == null || authority.isEmpty()) {
      throw new IllegalArgumentException(name + " names no bucket; write " + name.getScheme() + "://bucket");
    }
    switch (name.getScheme()) {
      case "s3a":
      case "s3":
      case "s3n":
        return S3Settings.of(given, authority);
      case "gs":
        return new GcsSettings(own(given, authority), authority);
      case "abfs":
      case "abfss":
        return AbfsSettings.at(given, name);
      case "hdfs":
        throw new UnsupportedFileSystemException(
            name + ": HDFS is not read without Hadoop's client; set fs.hdfs.impl to"
                + " io.forebay.hadoop.hdfs.ForebayDistributedFileSystem");
      default:
        throw new UnsupportedFileSystemException(
            name + ": ForebayFileSystem reads s3a, s3, gs, abfs and abfss; over another file system set fs."
                + name.getScheme() + ".impl to io.forebay.hadoop.ForebayFilterFileSystem");
    }
  }

  /** The configuration without the key that chooses between origins: here there is one. */
  static Configuration own(Configuration given, String bucket) {
    Configuration conf = new Configuration(given);
    conf.unset(ForebayKeys.ORIGIN);
    conf.unset(ForebayKeys.ORIGIN.replace("fs.forebay.", "fs.forebay.bucket." + bucket + "."));
    return conf;
  }

  public Configuration conf() {
    return conf;
  }

  /** The bucket, as {@code fs.forebay.bucket.<bucket>.*} names it. */
  String bucket() {
    return bucket;
  }

  /** What engines split files by. */
  public abstract long blockSize();

  /** Where and how the library reaches the bucket, for {@code NativeStore.open}; refuses what it can't follow. */
  abstract String[] access() throws IOException;

  /** Who signs the requests of a store that was opened with {@link #access}. */
  Signing signing(CachedStore store) throws IOException {
    return Signing.NOT_OURS;
  }

  /** Whether markers of directories that hold something stay. */
  boolean keepsMarkers() throws IOException {
    return true;
  }

  abstract UploadSettings uploads();

  /** How many objects one call deletes. */
  abstract int deletePage();

  /** Whether a file's creation asks first whether its name is that of a directory. */
  boolean asksBeforeCreating() {
    return true;
  }

  /** Whether parts of one file may come from anybody, in any order. */
  public boolean takesPartsInAnyOrder() {
    return true;
  }

  /** Which connector reads what this class refuses, with what of Forebay's where there is such a class. */
  abstract String otherwise();

  /** The URI in messages. */
  abstract String shown();

  final IOException refused(String reason) {
    return new PathIOException(shown(), "can't be opened without its connector: " + reason
        + "; take the setting away, or use " + otherwise());
  }

  /** Refuses a bucket for which any of these is set. */
  final void refuse(String... keys) throws IOException {
    for (String key : keys) {
      if (!get(key).isEmpty()) {
        throw refused(key + " is not supported");
      }
    }
  }

  /** Refuses a bucket for which a key below a prefix is set. */
  final void refuseBelow(String prefix) throws IOException {
    for (Map.Entry<String, String> entry : conf.getPropsWithPrefix(prefix).entrySet()) {
      throw refused(prefix + entry.getKey() + " is not supported");
    }
  }

  final String get(String key) {
    return conf.getTrimmed(key, "");
  }

  /** The first of these secrets that is set, in Hadoop's credential files or in the configuration; else empty. */
  final String secret(String... keys) throws IOException {
    for (String key : keys) {
      char[] secret = conf.getPassword(key);
      if (secret != null && secret.length > 0) {
        return new String(secret).trim();
      }
    }
    return "";
  }

  final String millis(String key, long otherwise) {
    return String.valueOf(conf.getTimeDuration(key, otherwise, TimeUnit.MILLISECONDS));
  }
}
