import java.io.IOException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/** Local files, traced. */
public final class TracedLocal extends LocalFileSystem {

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    return TracedStream.of(path, super.open(path, bufferSize));
  }
}
