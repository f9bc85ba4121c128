package io.forebay.hadoop.objects;

import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.impl.MultipartUploaderBuilderImpl;

/** Makes an {@link Uploader}; S3 has none of the options that the builder takes. */
public final class UploaderBuilder extends MultipartUploaderBuilderImpl<Uploader, UploaderBuilder> {

  private final Path base;
  private final Standalone bucket;

  public UploaderBuilder(FileSystem files, Path base, Standalone bucket) {
    super(files, base);
    this.base = base;
    this.bucket = bucket;
  }

  @Override
  public UploaderBuilder getThisBuilder() {
    return this;
  }

  @Override
  public Uploader build() throws IOException {
    return bucket.uploader(base);
  }
}
