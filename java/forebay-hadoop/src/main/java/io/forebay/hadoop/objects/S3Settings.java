package io.forebay.hadoop.objects;

import io.forebay.hadoop.ForebayKeys;
import io.forebay.hadoop.HadoopGiven;
import io.forebay.hadoop.s3a.OriginChoice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.PathIOException;

/**
 * S3A's configuration of one bucket, followed key by key: docs/standalone.md has the table. What would change who reads
 * and writes, where, or how bytes are encrypted, and can't be followed, is refused by name.
 */
public final class S3Settings {

  private static final String PREFIX = "fs.s3a.";
  private static final String CREDENTIAL_FILES = "hadoop.security.credential.provider.path";

  // S3A's defaults, for where Hadoop's core-default.xml doesn't say them.
  private static final long MULTIPART_SIZE = 64 << 20;
  private static final int ACTIVE_BLOCKS = 4;
  private static final int DELETE_PAGE = 250;
  private static final long BLOCK_SIZE = 32 << 20;
  private static final int RETRIES = 7;
  private static final long RETRY_INTERVAL = 500;
  private static final long ESTABLISH_TIMEOUT = 5000;

  /** S3A's retries double their pause from half a second on: the seventh comes a minute after the first. */
  private static final long RETRY_TOTAL = TimeUnit.MINUTES.toMillis(3);

  private final String bucket;
  private final Configuration conf;

  private S3Settings(String bucket, Configuration conf) {
    this.bucket = bucket;
    this.conf = conf;
  }

  /** The settings that hold for {@code bucket}; {@code given} is not changed. */
  public static S3Settings of(Configuration given, String bucket) {
    Configuration conf = new Configuration(given);
    String own = PREFIX + "bucket." + bucket + ".";
    for (Map.Entry<String, String> entry : given.getPropsWithPrefix(own).entrySet()) {
      if (!entry.getKey().equals("impl") && !entry.getKey().startsWith("bucket.")) {
        conf.set(PREFIX + entry.getKey(), entry.getValue(), own + entry.getKey());
      }
    }
    // Here there is one origin; the key chooses between several.
    conf.unset(ForebayKeys.ORIGIN);
    conf.unset(ForebayKeys.ORIGIN.replace("fs.forebay.", "fs.forebay.bucket." + bucket + "."));
    String files = conf.getTrimmed(PREFIX + "security.credential.provider.path", "");
    if (!files.isEmpty()) {
      String all = conf.getTrimmed(CREDENTIAL_FILES, "");
      conf.set(CREDENTIAL_FILES, all.isEmpty() ? files : files + "," + all);
    }
    return new S3Settings(bucket, conf);
  }

  public Configuration conf() {
    return conf;
  }

  /** Where and how the library reaches the bucket, for {@code NativeStore.open}; refuses what it can't follow. */
  public String[] access() throws IOException {
    OriginChoice choice = OriginChoice.of(new HadoopGiven(conf), bucket, false);
    if (choice.mode() != OriginChoice.Mode.DIRECT) {
      throw refused(choice.reason());
    }
    List<String> access = new ArrayList<>(Arrays.asList(choice.access()));
    String algorithm = encryption();
    add(access, "encryption", algorithm);
    add(access, "encryption-key", algorithm.startsWith("aws:kms") ? secretOf("encryption.key", "server-side-encryption.key") : "");
    add(access, "acl", acl());
    add(access, "storage-class", get("create.storage.class").toUpperCase(Locale.ROOT));
    add(access, "content-encoding", get("object.content.encoding"));
    add(access, "connect-timeout", millis("connection.establish.timeout", ESTABLISH_TIMEOUT));
    add(access, "retries", String.valueOf(conf.getInt(PREFIX + "retry.limit", RETRIES)));
    add(access, "retry-pause", millis("retry.interval", RETRY_INTERVAL));
    add(access, "retry-total", String.valueOf(RETRY_TOTAL));
    return access.toArray(new String[0]);
  }

  /** S3's word for how the store encrypts what is written; empty where the bucket decides. */
  private String encryption() throws IOException {
    String key = get("encryption.algorithm").isEmpty() ? "server-side-encryption-algorithm" : "encryption.algorithm";
    if (!get("encryption.context").isEmpty()) {
      throw refused("writing with a context of KMS is not supported (" + PREFIX + "encryption.context)");
    }
    switch (get(key).toUpperCase(Locale.ROOT)) {
      case "":
        return "";
      case "AES256":
      case "SSE-S3":
        return "AES256";
      case "SSE-KMS":
        return "aws:kms";
      case "DSSE-KMS":
        return "aws:kms:dsse";
      default:
        throw refused("this encryption is not known here (" + PREFIX + key + ")");
    }
  }

  /** S3A names canned access lists in the SDK's spelling, BucketOwnerFullControl; S3 says bucket-owner-full-control. */
  private String acl() {
    return get("acl.default").replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
  }

  /** Whether markers of directories that hold something stay. */
  boolean keepsMarkers() throws IOException {
    String retention = get("directory.marker.retention").toLowerCase(Locale.ROOT);
    switch (retention) {
      case "":
      case "keep":
        return true;
      case "delete":
        return false;
      default:
        throw refused(PREFIX + "directory.marker.retention can't be " + retention + " here; give keep or delete");
    }
  }

  UploadSettings uploads() {
    long part = conf.getLongBytes(PREFIX + "multipart.size", MULTIPART_SIZE);
    return new UploadSettings(part, Math.max(1, conf.getInt(PREFIX + "fast.upload.active.blocks", ACTIVE_BLOCKS)));
  }

  /** How many objects one request deletes; 1 where the bulk request is not wanted. */
  int deletePage() {
    boolean bulk = conf.getBoolean(PREFIX + "multiobjectdelete.enable", true);
    return bulk ? conf.getInt(PREFIX + "bulk.delete.page.size", DELETE_PAGE) : 1;
  }

  /** What engines split files by. */
  public long blockSize() {
    return conf.getLongBytes(PREFIX + "block.size", BLOCK_SIZE);
  }

  /** Whether a file's creation asks first whether its name is that of a directory. */
  boolean asksBeforeCreating() {
    return !conf.getBoolean(PREFIX + "create.performance", false);
  }

  KeyProviders keys() throws IOException {
    return KeyProviders.of(this);
  }

  String get(String name) {
    return conf.getTrimmed(PREFIX + name, "");
  }

  /** A secret, from Hadoop's credential files or the configuration; the bucket's own wins. Empty where there is none. */
  String secretOf(String... names) throws IOException {
    for (String name : names) {
      for (String key : new String[] {PREFIX + "bucket." + bucket + "." + name, PREFIX + name}) {
        char[] secret = conf.getPassword(key);
        if (secret != null && secret.length > 0) {
          return new String(secret).trim();
        }
      }
    }
    return "";
  }

  IOException refused(String reason) {
    return new PathIOException("s3a://" + bucket, "can't be opened without hadoop-aws: " + reason
        + "; take the setting away, or use io.forebay.hadoop.s3a.ForebayS3AFileSystem with hadoop-aws");
  }

  private String millis(String name, long otherwise) {
    return String.valueOf(conf.getTimeDuration(PREFIX + name, otherwise, TimeUnit.MILLISECONDS));
  }

  private static void add(List<String> access, String name, String value) {
    access.add(name);
    access.add(value);
  }
}
