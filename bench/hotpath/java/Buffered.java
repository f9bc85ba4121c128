import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.SplittableRandom;

/** One byte at a time, in order, out of a BufferedInputStream over a segment's cells. */
final class Buffered implements Arm {

  /** Bytes per look at the clock. */
  static final int SOME = 1 << 18;

  /** What was read goes here, so that no read can be left out. */
  static volatile int sum;

  private final Lake lake;
  private final int buffer;
  private InputStream in;
  private long left;

  Buffered(Lake lake, int buffer) {
    this.lake = lake;
    this.buffer = buffer;
  }

  @Override
  public int readSome(SplittableRandom random) throws IOException {
    if (left < SOME) {
      open(random.nextInt(lake.objects()));
    }
    int seen = 0;
    for (int i = 0; i < SOME; i++) {
      seen += in.read();
    }
    sum = seen;
    left -= SOME;
    return SOME;
  }

  private void open(int object) throws IOException {
    if (in != null) {
      in.close();
    }
    FileInputStream file = new FileInputStream(lake.path(object, 0).toFile());
    file.getChannel().position(lake.inSegment(0));
    in = new BufferedInputStream(file, buffer);
    left = Lake.SEGMENT;
  }
}
