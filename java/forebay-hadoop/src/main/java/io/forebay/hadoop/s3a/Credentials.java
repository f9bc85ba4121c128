package io.forebay.hadoop.s3a;

import java.time.Instant;
import java.util.Objects;

/** One answer; keys are null for requests without a signature. Never printed. */
public final class Credentials {
  private final String accessKey;
  private final String secretKey;
  private final String sessionToken;
  private final Instant expiry;

  public Credentials(String accessKey, String secretKey, String sessionToken, Instant expiry) {
    this.accessKey = accessKey;
    this.secretKey = secretKey;
    this.sessionToken = sessionToken;
    this.expiry = expiry;
  }

  String accessKey() {
    return accessKey;
  }

  String secretKey() {
    return secretKey;
  }

  String sessionToken() {
    return sessionToken;
  }

  Instant expiry() {
    return expiry;
  }

  /** Equal where the store can't tell them apart. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Credentials
        && Objects.equals(accessKey, ((Credentials) other).accessKey)
        && Objects.equals(secretKey, ((Credentials) other).secretKey)
        && Objects.equals(sessionToken, ((Credentials) other).sessionToken);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(accessKey);
  }

  @Override
  public String toString() {
    return "Credentials{" + (accessKey == null ? "anonymous" : "keys") + "}";
  }
}
