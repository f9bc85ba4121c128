package io.forebay.hadoop.s3a;

import io.forebay.hadoop.Given;

/** How S3A's own configuration is spelled. */
final class S3AKeys {

  static final String PREFIX = "fs.s3a.";

  private S3AKeys() {}

  static String bucketPrefix(String bucket) {
    return PREFIX + "bucket." + bucket + ".";
  }

  /** The value of {@code fs.s3a.<name>}; empty where it isn't set. Per-bucket values are folded in by S3A. */
  static String get(Given conf, String name) {
    return conf.get(PREFIX + name, "");
  }
}
