package io.forebay.hadoop.objects;

import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The status of a file or directory of a bucket, with the version of a file. As S3A's, it says that everything is
 * encrypted: the store does so whether it is asked to or not.
 */
public final class ObjectStatus extends FileStatus implements EtagSource {

  private static final long serialVersionUID = 1L;

  private final String etag;
  private final String versionId;

  private ObjectStatus(
      Path path, boolean isDirectory, long length, long blockSize, long modified, String owner, String etag,
      String versionId) {
    super(length, isDirectory, 1, blockSize, modified, 0, null, owner, owner, null, path, false, true, false);
    this.etag = etag;
    this.versionId = versionId;
  }

  static ObjectStatus file(Path path, Found found, long blockSize, String owner) {
    return new ObjectStatus(
        path, false, found.length(), blockSize, found.modified(), owner, found.etag(), found.versionId());
  }

  /** A directory, which has no time of its own: S3A says now. */
  static ObjectStatus directory(Path path, String owner) {
    return new ObjectStatus(path, true, 0, 0, System.currentTimeMillis(), owner, null, null);
  }

  /** The same of a status that its holder may change. */
  ObjectStatus copy() {
    return new ObjectStatus(
        getPath(), isDirectory(), getLen(), getBlockSize(), getModificationTime(), getOwner(), etag, versionId);
  }

  @Override
  public String getEtag() {
    return etag;
  }

  /** The version id where the bucket keeps versions, else null; never from a listing. */
  String versionId() {
    return versionId;
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other);
  }

  @Override
  public int hashCode() {
    return super.hashCode();
  }
}
