package io.forebay.hadoop;

import org.apache.hadoop.conf.Configuration;

/**
 * Whether a file system instance may be given what is cached of a file: {@code fs.forebay.auth}.
 *
 * <p>By default, only after the store has accepted a HEAD or a GET of that version from this very instance, with its
 * own credentials, within {@code fs.forebay.auth.ttl}. A listing proves nothing, and neither does what another
 * instance was answered.
 */
public final class Rights {

  private final boolean verified;
  private final long lasting;

  private Rights(boolean verified, long lasting) {
    this.verified = verified;
    this.lasting = lasting;
  }

  /** What is configured for {@code bucket}; an IllegalArgumentException that says what is allowed otherwise. */
  public static Rights of(Configuration conf, String bucket) {
    String auth = BucketKeys.oneOf(
        conf, bucket, ForebayKeys.AUTH, ForebayKeys.AUTH_DEFAULT, "verify", "trusted");
    String given = BucketKeys.get(conf, bucket, ForebayKeys.AUTH_TTL, ForebayKeys.AUTH_TTL_DEFAULT);
    Long lasting = Span.nanos(given);
    if (lasting == null) {
      throw new IllegalArgumentException(
          ForebayKeys.AUTH_TTL + ": '" + given + "' is not allowed; give a duration such as 500ms, 60s, 5m, 1h or 7d");
    }
    return new Rights(auth.equals("verify"), lasting);
  }

  /**
   * Whether the right to read still holds that the store proved by its answer to a request sent at {@code sent}, in
   * {@link System#nanoTime}.
   */
  public boolean last(long sent) {
    return !verified || System.nanoTime() - sent <= lasting;
  }

  /** Whether a right must be proved before anything is given. */
  public boolean areVerified() {
    return verified;
  }
}
