package io.forebay.tool;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A part of a store, as in {@code s3://bucket/prefix}: what lies below it, or all. */
final class Prefix {

  private static final Pattern FORM = Pattern.compile("([a-z][a-z0-9+.-]*)://([^/]+)(?:/(.*))?");

  private final String store;
  private final String bucket;
  private final String key;

  private Prefix(String store, String bucket, String key) {
    this.store = store;
    this.bucket = bucket;
    this.key = key;
  }

  /** Reads a URI; all schemes of S3 mean the same. Null is everything. */
  static Prefix of(String uri) throws UsageException {
    if (uri == null) {
      return new Prefix(null, null, "");
    }
    Matcher matcher = FORM.matcher(uri);
    if (!matcher.matches()) {
      throw new UsageException("'" + uri + "' is no prefix; give one such as s3://bucket/folder/");
    }
    String scheme = matcher.group(1);
    String store = scheme.equals("s3a") || scheme.equals("s3n") ? "s3" : scheme;
    return new Prefix(store, matcher.group(2), matcher.group(3) == null ? "" : matcher.group(3));
  }

  /** Whether a segment's object lies below: keys are compared as text, as the store compares them. */
  boolean holds(Facts facts) {
    return store == null
        || (facts.text("store").equals(store) && facts.text("bucket").equals(bucket)
            && facts.text("key").startsWith(key));
  }

  /** The row of a segment's object: its bucket, this prefix, and {@code folders} more folders of its key. */
  String row(Facts facts, int folders) {
    String whole = facts.text("key");
    int end = key.length();
    for (int i = 0; i < folders; i++) {
      int slash = whole.indexOf('/', end);
      if (slash < 0) {
        break;
      }
      end = slash + 1;
    }
    return facts.text("store") + "://" + facts.text("bucket") + "/" + whole.substring(0, end);
  }
}
