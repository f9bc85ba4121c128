import io.forebay.hadoop.ForebayInputStream;
import java.io.IOException;
import java.util.SplittableRandom;

/** One byte at a time, in order, out of a stream's window. */
final class OneByOne implements Arm {

  private final Lake lake;
  private ForebayInputStream in;
  private long left;

  OneByOne(Lake lake) {
    this.lake = lake;
  }

  @Override
  public int readSome(SplittableRandom random) throws IOException {
    if (left < Buffered.SOME) {
      if (in != null) {
        in.close();
      }
      in = lake.stream(random.nextInt(lake.objects()));
      left = Lake.SEGMENT;
    }
    int seen = 0;
    for (int i = 0; i < Buffered.SOME; i++) {
      seen += in.read();
    }
    Buffered.sum = seen;
    left -= Buffered.SOME;
    return Buffered.SOME;
  }
}
