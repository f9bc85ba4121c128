package io.forebay.hadoop.s3a;

import io.forebay.hadoop.Given;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where S3A finds a bucket, from {@code fs.s3a.endpoint} (with or without a scheme), {@code fs.s3a.endpoint.region}
 * and the names of AWS's own endpoints.
 */
final class S3AEndpoint {

  /** What S3A signs with for a store that isn't AWS and has no region set. */
  private static final String CENTRAL_REGION = "us-east-1";

  // s3.eu-west-1, s3-eu-west-1 and s3.dualstack.eu-west-1, in AWS's and AWS China's domains.
  private static final Pattern REGIONAL =
      Pattern.compile("s3[.-](?:dualstack\\.)?([a-z]{2}(?:-[a-z]+)+-\\d+)\\.amazonaws\\.com(?:\\.cn)?");
  private static final Pattern PRIVATE =
      Pattern.compile(".+\\.s3\\.([a-z]{2}(?:-[a-z]+)+-\\d+)\\.vpce\\.amazonaws\\.com");
  private static final Pattern AWS = Pattern.compile("(?:.*[.-])?amazonaws\\.com(?:\\.cn)?");
  private static final String GLOBAL = "s3.amazonaws.com";

  private final String url;
  private final String region;
  private final boolean secure;
  private final boolean fips;
  private final boolean valid;

  private S3AEndpoint(String url, String region, boolean secure, boolean fips, boolean valid) {
    this.url = url;
    this.region = region;
    this.secure = secure;
    this.fips = fips;
    this.valid = valid;
  }

  static S3AEndpoint of(Given conf) {
    String given = S3AKeys.get(conf, "endpoint");
    String region = S3AKeys.get(conf, "endpoint.region");
    boolean ssl = conf.isTrue(S3AKeys.PREFIX + "connection.ssl.enabled", true);
    // "sdk" and "ec2" ask the SDK to find out; it may, we can't.
    String named = region.equals("sdk") || region.equals("ec2") ? "" : region;
    if (given.isEmpty()) {
      return new S3AEndpoint("", named, true, false, true);
    }
    URI uri;
    try {
      uri = new URI(given.contains("://") ? given : (ssl ? "https://" : "http://") + given);
    } catch (URISyntaxException e) {
      return new S3AEndpoint(given, named, ssl, false, false);
    }
    String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
    String path = uri.getRawPath() == null ? "" : uri.getRawPath();
    boolean valid = !host.isEmpty() && (path.isEmpty() || path.equals("/")) && uri.getRawUserInfo() == null
        && uri.getRawQuery() == null;
    boolean secure = "https".equalsIgnoreCase(uri.getScheme());
    boolean fips = host.contains("fips") && AWS.matcher(host).matches();
    String found = named.isEmpty() ? regionOf(host) : named;
    boolean usual = secure && uri.getPort() < 0 && isUsual(host, found);
    return new S3AEndpoint(usual ? "" : canonical(uri, host), found, secure, fips, valid);
  }

  private static String regionOf(String host) {
    for (Pattern pattern : new Pattern[] {REGIONAL, PRIVATE}) {
      Matcher matcher = pattern.matcher(host);
      if (matcher.matches()) {
        return matcher.group(1);
      }
    }
    return AWS.matcher(host).matches() ? "" : CENTRAL_REGION;
  }

  /** Whether the region alone leads to this host, so that all spellings share one identity in the cache. */
  private static boolean isUsual(String host, String region) {
    return host.equals(GLOBAL)
        || host.equals("s3." + region + ".amazonaws.com")
        || host.equals("s3." + region + ".amazonaws.com.cn");
  }

  private static String canonical(URI uri, String host) {
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return uri.getScheme().toLowerCase(Locale.ROOT) + "://" + host + port;
  }

  /** The URL without a path; empty for the usual endpoint of the region. */
  String url() {
    return url;
  }

  /** The region to sign for; empty where only a request could tell. */
  String region() {
    return region;
  }

  boolean isSecure() {
    return secure;
  }

  boolean isFips() {
    return fips;
  }

  /** Whether it is Amazon's own S3. */
  boolean isAmazon() {
    if (url.isEmpty()) {
      return true;
    }
    String host = URI.create(url).getHost();
    return host != null && AWS.matcher(host).matches();
  }

  /** Whether it is of the form {@code [scheme://]host[:port]}. */
  boolean isValid() {
    return valid;
  }
}
