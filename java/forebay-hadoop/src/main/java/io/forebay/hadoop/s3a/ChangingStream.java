package io.forebay.hadoop.s3a;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;

/** S3A's output stream, whose object appears when it is closed: that moment changes what is known of its path. */
final class ChangingStream extends FSDataOutputStream {

  private final Overlay overlay;
  private final Path path;

  ChangingStream(FSDataOutputStream out, Overlay overlay, Path path) throws IOException {
    super(out.getWrappedStream(), null, out.getPos());
    this.overlay = overlay;
    this.path = path;
  }

  @Override
  public void close() throws IOException {
    overlay.forget(path);
    try {
      super.close();
    } finally {
      overlay.forget(path);
    }
  }
}
