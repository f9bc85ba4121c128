import org.apache.hadoop.fs.FSDataInputStream;

/** Reads a whole object with look-ahead, leaves the file system open, and waits until no worker is left. */
public final class IdlesAfterWork {

  private IdlesAfterWork() {}

  public static void main(String[] args) throws Exception {
    Lake lake = new Lake(args);
    long guard = Long.parseLong(args[4]) * 1_000_000_000L;
    long most = 0;
    byte[] into = new byte[64 << 10];
    try (FSDataInputStream stream = lake.open()) {
      long position = 0;
      for (int count = stream.read(into); count >= 0; count = stream.read(into)) {
        Lake.check(position, into, 0, count);
        position += count;
        most = Math.max(most, Lake.workers());
      }
    }
    System.out.println("most workers " + most);
    long start = System.nanoTime();
    while (Lake.workers() > 0 && System.nanoTime() - start < guard) {
      Thread.sleep(100);
    }
    System.out.println("left workers " + Lake.workers() + " after " + (System.nanoTime() - start) / 1_000_000 + " ms");
  }
}
