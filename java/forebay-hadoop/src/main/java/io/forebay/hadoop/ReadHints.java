package io.forebay.hadoop;

import org.apache.hadoop.conf.Configuration;

/** What the opener of a file told through {@code openFile()} about the reads to come; all of it may be absent. */
public final class ReadHints {

  /** Nothing is known: plain {@code open}. */
  public static final ReadHints NONE = new ReadHints(-1, -1, "");

  // Hadoop's names; Options.OpenFileOptions holds them since 3.3.5 only.
  private static final String POLICY = "fs.option.openfile.read.policy";
  // S3A's older name, as an option of one open and as a setting for all.
  private static final String FADVISE = "fs.s3a.experimental.input.fadvise";
  private static final String SPLIT_START = "fs.option.openfile.split.start";
  private static final String SPLIT_END = "fs.option.openfile.split.end";

  private final long splitStart;
  private final long splitEnd;
  private final String policy;

  private ReadHints(long splitStart, long splitEnd, String policy) {
    this.splitStart = splitStart;
    this.splitEnd = splitEnd;
    this.policy = policy;
  }

  /** Reads the options of an {@code openFile()} builder; what can't be understood is left out, as S3A does. */
  public static ReadHints of(Configuration options) {
    if (options == null) {
      return NONE;
    }
    long start = number(options.getTrimmed(SPLIT_START));
    long end = number(options.getTrimmed(SPLIT_END));
    boolean split = start >= 0 && end > start;
    return new ReadHints(split ? start : -1, split ? end : -1, options.getTrimmed(POLICY, options.getTrimmed(FADVISE, "")));
  }

  /** What a file system's configuration says for every open, in S3A's key; {@link #NONE} where it says nothing. */
  public static ReadHints usual(Configuration conf) {
    String policy = conf.getTrimmed(FADVISE, "");
    return policy.isEmpty() ? NONE : new ReadHints(-1, -1, policy);
  }

  /** These hints, with the policy of others where they have none. */
  public ReadHints or(ReadHints usual) {
    return policy.isEmpty() && !usual.policy.isEmpty() ? new ReadHints(splitStart, splitEnd, usual.policy) : this;
  }

  private static long number(String text) {
    try {
      return text == null ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  long splitStart() {
    return splitStart;
  }

  long splitEnd() {
    return splitEnd;
  }

  String policy() {
    return policy;
  }
}
