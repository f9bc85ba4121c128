import io.forebay.hadoop.ForebayInputStream;
import org.apache.hadoop.fs.FSDataInputStream;

/** Reads a little of the object and says whether that went through the cache. */
public final class ReadsOnce {

  private ReadsOnce() {}

  public static void main(String[] args) throws Exception {
    Lake lake = new Lake(args);
    byte[] bytes = new byte[200_000];
    try (FSDataInputStream in = lake.open()) {
      in.readFully(1_000_000, bytes);
      Lake.check(1_000_000, bytes, 0, bytes.length);
      System.out.println("through the cache: " + (in.getWrappedStream() instanceof ForebayInputStream));
    }
  }
}
