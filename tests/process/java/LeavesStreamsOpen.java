import java.io.IOException;
import org.apache.hadoop.fs.FSDataInputStream;

/** Returns from main with streams open, one of them being read, and look-ahead under way. */
public final class LeavesStreamsOpen {

  private static final int STREAMS = 8;

  private LeavesStreamsOpen() {}

  public static void main(String[] args) throws Exception {
    Lake lake = new Lake(args);
    FSDataInputStream[] streams = new FSDataInputStream[STREAMS];
    byte[] into = new byte[64 << 10];
    for (int i = 0; i < STREAMS; i++) {
      streams[i] = lake.open();
      // In order from the start: this is what look-ahead follows.
      streams[i].readFully(into);
      Lake.check(0, into, 0, into.length);
    }
    Thread reader = new Thread(() -> readOn(streams[0]));
    reader.setDaemon(true);
    reader.start();
    while (Lake.underWay() == 0) {
      Thread.yield();
    }
    System.out.println("under way " + Lake.underWay() + " bytes, " + Lake.workers() + " workers");
    System.out.println("main returns");
  }

  private static void readOn(FSDataInputStream stream) {
    byte[] into = new byte[64 << 10];
    try {
      long position = stream.getPos();
      for (int count = stream.read(into); count >= 0; count = stream.read(into)) {
        Lake.check(position, into, 0, count);
        position += count;
      }
    } catch (IOException e) {
      // The shutdown hook of Hadoop's file systems closed it, as it may.
      return;
    }
  }
}
