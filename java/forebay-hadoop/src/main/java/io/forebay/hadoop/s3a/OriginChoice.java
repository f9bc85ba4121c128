package io.forebay.hadoop.s3a;

import io.forebay.hadoop.BucketKeys;
import io.forebay.hadoop.ForebayKeys;
import io.forebay.hadoop.Given;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Who reads a bucket: the library's own client (direct), S3A for the library (delegate), or S3A without the cache
 * (stock). Decided once per file system, from S3A's effective configuration.
 *
 * <p>Direct is right only where the library's client sends what S3A would send. Whatever it can't do exactly selects
 * the delegate. Two things rule the cache out: bytes that are decrypted in the client must not lie on a disk, and
 * where S3A is told not to notice changed objects, nothing it reads proves its version.
 */
public final class OriginChoice {

  /** Who reads. */
  public enum Mode {
    DIRECT,
    DELEGATE,
    STOCK
  }

  private static final Predicate<String> SET = value -> !value.isEmpty();
  private static final Predicate<String> TRUE = "true"::equalsIgnoreCase;

  /** One setting that the direct client doesn't follow. */
  private static final class Rule {
    final String key;
    final Predicate<String> forbids;
    final String reason;

    Rule(String key, Predicate<String> forbids, String reason) {
      this.key = key;
      this.forbids = forbids;
      this.reason = reason;
    }
  }

  private static final Rule[] WITHOUT_CACHE = {
    new Rule("encryption.algorithm", OriginChoice::isClientSide, "objects are decrypted in the client"),
    new Rule("server-side-encryption-algorithm", OriginChoice::isClientSide, "objects are decrypted in the client"),
    new Rule("change.detection.mode", among("none", "warn"), "S3A is told not to refuse changed objects"),
  };

  private static final Rule[] BY_DELEGATE = {
    new Rule("encryption.algorithm", among("sse-c"), "SSE-C sends its key with each request"),
    new Rule("server-side-encryption-algorithm", among("sse-c"), "SSE-C sends its key with each request"),
    new Rule("requester.pays.enabled", TRUE, "the requester pays"),
    new Rule("accesspoint.required", TRUE, "access points are required"),
    new Rule("accesspoint.arn", SET, "the bucket is an access point"),
    new Rule("delegation.token.binding", SET, "delegation tokens carry the credentials"),
    new Rule("custom.signers", SET, "requests are signed by a custom signer"),
    new Rule("signing-algorithm", SET, "requests are signed by an algorithm of choice"),
    new Rule("s3.signing-algorithm", SET, "requests are signed by an algorithm of choice"),
    new Rule("http.signer.enabled", TRUE, "requests are signed by a custom signer"),
    new Rule("http.signer.class", SET, "requests are signed by a custom signer"),
    new Rule("s3.client.factory.impl", otherThan("org.apache.hadoop.fs.s3a.DefaultS3ClientFactory"),
        "S3A's client is made by a factory of choice"),
    new Rule("access.grants.enabled", TRUE, "S3 Access Grants choose the credentials"),
    new Rule("s3accessgrants.enabled", TRUE, "S3 Access Grants choose the credentials"),
    new Rule("endpoint.fips", TRUE, "FIPS endpoints are required"),
    new Rule("proxy.host", SET, "requests go through a proxy"),
    new Rule("ssl.channel.mode", otherThan("default_jsse"), "the TLS implementation is chosen"),
    new Rule("client.s3.custom.headers", SET, "requests carry custom headers"),
    new Rule("change.detection.source", among("versionid"), "changes are told by version id"),
  };

  private static final String LAKE_FORMATION = "lakeformation";
  private static final String EXPRESS = "--x-s3";
  private static final String TRUST_STORE = "javax.net.ssl.trustStore";

  private final Mode mode;
  private final String reason;
  private final String bucket;
  private final String region;
  private final String endpoint;
  private final boolean pathStyle;

  private OriginChoice(Mode mode, String reason, String bucket, S3AEndpoint endpoint, boolean pathStyle) {
    this.mode = mode;
    this.reason = reason;
    this.bucket = bucket;
    this.region = endpoint.region();
    this.endpoint = endpoint.url();
    this.pathStyle = pathStyle;
  }

  private OriginChoice(OriginChoice other, Mode mode, String reason) {
    this.mode = mode;
    this.reason = reason;
    this.bucket = other.bucket;
    this.region = other.region;
    this.endpoint = other.endpoint;
    this.pathStyle = other.pathStyle;
  }

  /**
   * Decides for one bucket.
   *
   * @param conf S3A's configuration after its initialize, with per-bucket keys folded in
   * @param bucket the bucket's name
   * @param clientSideEncryption what S3A itself says about it
   */
  public static OriginChoice of(Given conf, String bucket, boolean clientSideEncryption) {
    S3AEndpoint endpoint = S3AEndpoint.of(conf);
    boolean pathStyle = conf.isTrue(S3AKeys.PREFIX + "path.style.access", false);
    String wanted =
        BucketKeys.oneOf(
            conf, bucket, ForebayKeys.ORIGIN, ForebayKeys.ORIGIN_DEFAULT, "auto", "direct", "delegate");
    String without = clientSideEncryption ? WITHOUT_CACHE[0].reason : broken(WITHOUT_CACHE, conf);
    String against = against(conf, bucket, endpoint);
    Mode mode;
    String reason;
    if (without != null) {
      mode = Mode.STOCK;
      reason = without;
    } else if (wanted.equals("direct") || wanted.equals("delegate")) {
      mode = wanted.equals("direct") ? Mode.DIRECT : Mode.DELEGATE;
      reason = ForebayKeys.ORIGIN + "=" + wanted + (against == null ? "" : ", although " + against);
    } else if (against != null) {
      mode = Mode.DELEGATE;
      reason = against;
    } else {
      mode = Mode.DIRECT;
      reason = "region " + endpoint.region() + (endpoint.url().isEmpty() ? "" : ", endpoint " + endpoint.url());
    }
    return new OriginChoice(mode, reason, bucket, endpoint, pathStyle);
  }

  /** Why the direct client must not be used, or null. */
  private static String against(Given conf, String bucket, S3AEndpoint endpoint) {
    String rule = broken(BY_DELEGATE, conf);
    if (rule != null) {
      return rule;
    }
    if (bucket.endsWith(EXPRESS)) {
      return "it is a directory bucket (S3 Express)";
    }
    if (!endpoint.isValid()) {
      return "fs.s3a.endpoint is not of the form host[:port]";
    }
    if (endpoint.isFips()) {
      return "FIPS endpoints are required";
    }
    if (endpoint.region().isEmpty()) {
      return "the region isn't known; set fs.s3a.endpoint.region";
    }
    if (endpoint.isSecure() && System.getProperty(TRUST_STORE) != null) {
      return "Java has a trust store of its own (" + TRUST_STORE + ")";
    }
    for (Map.Entry<String, String> given : conf.withPrefix(S3AKeys.PREFIX).entrySet()) {
      if (given.getKey().toLowerCase(Locale.ROOT).contains(LAKE_FORMATION) && !"false".equals(given.getValue())) {
        return "Lake Formation chooses the credentials (" + S3AKeys.PREFIX + given.getKey() + ")";
      }
    }
    return null;
  }

  private static String broken(Rule[] rules, Given conf) {
    for (Rule rule : rules) {
      if (rule.forbids.test(S3AKeys.get(conf, rule.key))) {
        return rule.reason + " (" + S3AKeys.PREFIX + rule.key + ")";
      }
    }
    return null;
  }

  private static boolean isClientSide(String algorithm) {
    return algorithm.toUpperCase(Locale.ROOT).startsWith("CSE-");
  }

  private static Predicate<String> among(String... values) {
    return given -> {
      for (String value : values) {
        if (value.equalsIgnoreCase(given)) {
          return true;
        }
      }
      return false;
    };
  }

  private static Predicate<String> otherThan(String usual) {
    return given -> !given.isEmpty() && !given.equalsIgnoreCase(usual);
  }

  /** The same bucket read by S3A, because the library's client says that it can't. */
  OriginChoice byDelegate(String because) {
    return new OriginChoice(this, Mode.DELEGATE, because);
  }

  /** Who reads. */
  public Mode mode() {
    return mode;
  }

  /** Why, as in {@code requests go through a proxy (fs.s3a.proxy.host)}. */
  public String reason() {
    return reason;
  }

  /** What the native library needs to know, as pairs of name and value. */
  public String[] access() {
    return new String[] {
      "kind", "s3",
      "mode", mode == Mode.DIRECT ? "direct" : "delegate",
      "bucket", bucket,
      "endpoint", endpoint,
      "region", region,
      "path-style", String.valueOf(pathStyle),
      "content-settings", "0",
    };
  }

  /** As in {@code reads directly (region eu-west-1)}. */
  @Override
  public String toString() {
    switch (mode) {
      case DIRECT:
        return "reads directly (" + reason + ")";
      case DELEGATE:
        return "reads through S3A (" + reason + ")";
      default:
        return "reads without the cache (" + reason + ")";
    }
  }
}
