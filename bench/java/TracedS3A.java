import org.apache.hadoop.fs.s3a.S3AFileSystem;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.impl.OpenFileParameters;

/** Stock S3A, traced. */
public final class TracedS3A extends S3AFileSystem {

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    return TracedStream.of(path, super.open(path, bufferSize));
  }

  @Override
  public CompletableFuture<FSDataInputStream> openFileWithOptions(Path path, OpenFileParameters parameters)
      throws IOException {
    return super.openFileWithOptions(path, parameters).thenApply(opened -> TracedStream.of(path, opened));
  }
}
