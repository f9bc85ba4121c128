package io.forebay.hadoop.s3a;

import org.apache.hadoop.conf.Configuration;

/**
 * Which of its input streams S3A uses below Forebay: the classic one. The analytics stream keeps a cache of its own
 * on the heap, reads more than it is asked for, and hides 403 and 412 in plain IOExceptions; the prefetching one
 * reads whole blocks.
 */
final class StreamType {

  // S3A's names; its Constants hold the first two since 3.4.2 only.
  private static final String TYPE = "input.stream.type";
  private static final String FACTORY = "input.stream.custom.factory";
  private static final String PREFETCH = "prefetch.enabled";

  private static final String OURS = "io.forebay.";

  private StreamType() {}

  /** Whether S3A's custom stream slot is already filled by Forebay, so that reading must not be wrapped twice. */
  static boolean isOurs(Configuration conf, String bucket) {
    return "custom".equalsIgnoreCase(effective(conf, bucket, TYPE))
        && effective(conf, bucket, FACTORY).startsWith(OURS);
  }

  /** A copy of {@code given} in which this bucket is read by the classic stream. */
  static Configuration classic(Configuration given, String bucket) {
    Configuration conf = new Configuration(given);
    for (String prefix : new String[] {S3AKeys.PREFIX, S3AKeys.bucketPrefix(bucket)}) {
      conf.set(prefix + TYPE, "classic");
      conf.setBoolean(prefix + PREFETCH, false);
    }
    return conf;
  }

  private static String effective(Configuration conf, String bucket, String name) {
    String own = conf.getTrimmed(S3AKeys.bucketPrefix(bucket) + name);
    return own != null ? own : conf.getTrimmed(S3AKeys.PREFIX + name, "");
  }
}
