package io.forebay.hadoop;

import java.util.Arrays;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/** Forebay's keys as they hold for one bucket: {@code fs.forebay.bucket.<bucket>.x} wins over {@code fs.forebay.x}. */
public final class BucketKeys {

  private static final String PREFIX = "fs.forebay.";

  private BucketKeys() {}

  /** A key whose name has a place for a scheme, as it is spelled for one. */
  public static String ofScheme(String key, String scheme) {
    return key.replace("<scheme>", scheme);
  }

  /** The value of {@code key} for {@code bucket}; {@code otherwise} where neither form is set. */
  public static String get(Configuration conf, String bucket, String key, String otherwise) {
    return get(new HadoopGiven(conf), bucket, key, otherwise);
  }

  /** The same of any configuration. */
  public static String get(Given given, String bucket, String key, String otherwise) {
    String own = PREFIX + "bucket." + bucket + "." + key.substring(PREFIX.length());
    String value = given.get(own);
    return value != null ? value : given.get(key, otherwise);
  }

  /** The value of {@code key}, one of {@code allowed} in any case; an IllegalArgumentException for any other. */
  public static String oneOf(Configuration conf, String bucket, String key, String otherwise, String... allowed) {
    return oneOf(new HadoopGiven(conf), bucket, key, otherwise, allowed);
  }

  /** The same of any configuration. */
  public static String oneOf(Given given, String bucket, String key, String otherwise, String... allowed) {
    String value = get(given, bucket, key, otherwise).toLowerCase(Locale.ROOT);
    if (!Arrays.asList(allowed).contains(value)) {
      throw new IllegalArgumentException(
          key + ": '" + value + "' is not allowed; give " + String.join(" or ", allowed));
    }
    return value;
  }
}
