package io.forebay.hadoop.objects;

/** An object as the store describes it. */
final class Found {

  private final String key;
  private final long length;
  private final long modified;
  private final String etag;
  private final String versionId;

  Found(String key, long length, long modified, String etag, String versionId) {
    this.key = key;
    this.length = length;
    this.modified = modified;
    this.etag = etag.isEmpty() ? null : etag;
    this.versionId = versionId.isEmpty() ? null : versionId;
  }

  String key() {
    return key;
  }

  long length() {
    return length;
  }

  /** In milliseconds since 1970. */
  long modified() {
    return modified;
  }

  /** Without quotes; null where the store gave none. */
  String etag() {
    return etag;
  }

  String versionId() {
    return versionId;
  }

  /** Whether it is the marker of a directory, as S3A and others write them. */
  boolean isMarker() {
    return key.endsWith("/");
  }
}
