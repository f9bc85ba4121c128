import io.forebay.hadoop.ForebayMetrics;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/** Reads whole objects, checks them and lets them reach the disk, one for each line that names a key. */
public final class ReadsOnDemand {

  private ReadsOnDemand() {}

  public static void main(String[] args) throws Exception {
    Lake lake = new Lake(args);
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    byte[] into = new byte[1 << 20];
    for (String key = lines.readLine(); key != null; key = lines.readLine()) {
      Path path = new Path(lake.path.toUri().resolve("/" + key).toString());
      long position = 0;
      try (FSDataInputStream stream = lake.fileSystem.open(path)) {
        for (int n = stream.read(into); n >= 0; n = stream.read(into)) {
          Lake.check(position, into, 0, n);
          position += n;
        }
      }
      while (Lake.underWay() > 0 || ForebayMetrics.snapshot().get("cache.fill.queue.bytes") > 0) {
        Thread.sleep(5);
      }
      System.out.println("read " + position);
    }
  }
}
