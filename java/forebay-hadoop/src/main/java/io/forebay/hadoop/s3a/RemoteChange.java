package io.forebay.hadoop.s3a;

import io.forebay.jni.NativeException;
import java.io.IOException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;

/** S3A's own exception for an object that was written again while it was read; only where hadoop-aws is. */
public final class RemoteChange {

  /** The class to look for before this one is touched. */
  public static final String S3A_EXCEPTION = "org.apache.hadoop.fs.s3a.RemoteFileChangedException";

  private RemoteChange() {}

  public static IOException exception(Path path, NativeException failure) {
    return new RemoteFileChangedException(path.toString(), "read", failure.getMessage(), failure);
  }
}
