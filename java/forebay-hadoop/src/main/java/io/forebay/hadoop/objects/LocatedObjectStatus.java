package io.forebay.hadoop.objects;

import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.LocatedFileStatus;

/** An {@link ObjectStatus} with where its blocks are. */
public final class LocatedObjectStatus extends LocatedFileStatus implements EtagSource {

  private static final long serialVersionUID = 1L;

  private final String etag;

  public LocatedObjectStatus(ObjectStatus status, BlockLocation[] locations) {
    super(status, locations);
    this.etag = status.getEtag();
  }

  @Override
  public String getEtag() {
    return etag;
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
