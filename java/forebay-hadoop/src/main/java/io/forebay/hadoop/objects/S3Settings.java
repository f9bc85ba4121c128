package io.forebay.hadoop.objects;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.HadoopGiven;
import io.forebay.hadoop.Signing;
import io.forebay.hadoop.s3a.OriginChoice;
import io.forebay.hadoop.s3a.S3ACredentials;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/** S3A's configuration of one bucket. */
final class S3Settings extends StoreSettings {

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

  private S3Settings(String bucket, Configuration conf) {
    super(conf, bucket);
  }

  /** The settings that hold for {@code bucket}; {@code given} is not changed. */
  static S3Settings of(Configuration given, String bucket) {
    Configuration conf = own(given, bucket);
    String own = PREFIX + "bucket." + bucket + ".";
    for (Map.Entry<String, String> entry : given.getPropsWithPrefix(own).entrySet()) {
      if (!entry.getKey().equals("impl") && !entry.getKey().startsWith("bucket.")) {
        conf.set(PREFIX + entry.getKey(), entry.getValue(), own + entry.getKey());
      }
    }
    String files = conf.getTrimmed(PREFIX + "security.credential.provider.path", "");
    if (!files.isEmpty()) {
      String all = conf.getTrimmed(CREDENTIAL_FILES, "");
      conf.set(CREDENTIAL_FILES, all.isEmpty() ? files : files + "," + all);
    }
    return new S3Settings(bucket, conf);
  }

  @Override
  String[] access() throws IOException {
    OriginChoice choice = OriginChoice.of(new HadoopGiven(conf()), bucket(), false);
    if (choice.mode() != OriginChoice.Mode.DIRECT) {
      throw refused(choice.reason());
    }
    List<String> access = new ArrayList<>(Arrays.asList(choice.access()));
    String algorithm = encryption();
    add(access, "encryption", algorithm);
    add(access, "encryption-key", algorithm.startsWith("aws:kms") ? secretOf("encryption.key", "server-side-encryption.key") : "");
    add(access, "acl", acl());
    add(access, "storage-class", value("create.storage.class").toUpperCase(Locale.ROOT));
    add(access, "content-encoding", value("object.content.encoding"));
    add(access, "connect-timeout", millis(PREFIX + "connection.establish.timeout", ESTABLISH_TIMEOUT));
    add(access, "retries", String.valueOf(conf().getInt(PREFIX + "retry.limit", RETRIES)));
    add(access, "retry-pause", millis(PREFIX + "retry.interval", RETRY_INTERVAL));
    add(access, "retry-total", String.valueOf(RETRY_TOTAL));
    return access.toArray(new String[0]);
  }

  /** S3's word for how the store encrypts what is written; empty where the bucket decides. */
  private String encryption() throws IOException {
    String key = value("encryption.algorithm").isEmpty() ? "server-side-encryption-algorithm" : "encryption.algorithm";
    if (!value("encryption.context").isEmpty()) {
      throw refused("writing with a context of KMS is not supported (" + PREFIX + "encryption.context)");
    }
    switch (value(key).toUpperCase(Locale.ROOT)) {
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
    return value("acl.default").replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
  }

  @Override
  boolean keepsMarkers() throws IOException {
    String retention = value("directory.marker.retention").toLowerCase(Locale.ROOT);
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

  @Override
  UploadSettings uploads() {
    long part = conf().getLongBytes(PREFIX + "multipart.size", MULTIPART_SIZE);
    return new UploadSettings(part, Math.max(1, conf().getInt(PREFIX + "fast.upload.active.blocks", ACTIVE_BLOCKS)));
  }

  /** 1 where the bulk request is not wanted. */
  @Override
  int deletePage() {
    boolean bulk = conf().getBoolean(PREFIX + "multiobjectdelete.enable", true);
    return bulk ? conf().getInt(PREFIX + "bulk.delete.page.size", DELETE_PAGE) : 1;
  }

  @Override
  public long blockSize() {
    return conf().getLongBytes(PREFIX + "block.size", BLOCK_SIZE);
  }

  @Override
  boolean asksBeforeCreating() {
    return !conf().getBoolean(PREFIX + "create.performance", false);
  }

  /** Keys of the configuration or environment must be there now; their renewals later tell nobody. */
  @Override
  Signing signing(CachedStore store) throws IOException {
    KeyProviders keys = keys();
    String surroundings = keys.surroundings();
    if (surroundings != null) {
      store.credentialsOf(surroundings);
      return Signing.NOT_OURS;
    }
    keys.resolve();
    return new S3ACredentials(keys, store::credentials);
  }

  KeyProviders keys() throws IOException {
    return KeyProviders.of(this);
  }

  /** The value of one of S3A's keys. */
  String value(String name) {
    return get(PREFIX + name);
  }

  /** A secret, from Hadoop's credential files or the configuration; the bucket's own wins. Empty where there is none. */
  String secretOf(String... names) throws IOException {
    for (String name : names) {
      String found = secret(PREFIX + "bucket." + bucket() + "." + name, PREFIX + name);
      if (!found.isEmpty()) {
        return found;
      }
    }
    return "";
  }

  @Override
  String otherwise() {
    return "io.forebay.hadoop.s3a.ForebayS3AFileSystem with hadoop-aws";
  }

  @Override
  String shown() {
    return "s3a://" + bucket();
  }

  private static void add(List<String> access, String name, String value) {
    access.add(name);
    access.add(value);
  }
}
