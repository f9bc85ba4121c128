import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FSDataInputStream;

/** Starts a process while segments are open, and shows what it inherited; then waits to be looked at itself. */
public final class StartsAChild {

  private StartsAChild() {}

  public static void main(String[] args) throws Exception {
    Lake lake = new Lake(args);
    byte[] into = new byte[1 << 20];
    FSDataInputStream stream = lake.open();
    stream.readFully(0, into);
    Lake.check(0, into, 0, into.length);
    // Once more, and until the cache has it: then its segments are open.
    while (Lake.underWay() > 0) {
      Thread.yield();
    }
    stream.readFully(0, into);
    Process child = new ProcessBuilder("ls", "-l", "/proc/self/fd").redirectErrorStream(true).start();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println("child " + line);
      }
    }
    System.out.println("look");
    // Until the test has looked at our own descriptors and closes our standard input.
    System.in.read();
    stream.close();
  }
}
