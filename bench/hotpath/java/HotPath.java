import io.forebay.hadoop.ForebayInputStream;
import io.forebay.hadoop.ForebayMetrics;
import io.forebay.jni.NativeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Warm reads through JNI against a FileChannel on the same files, and one-byte reads out of a stream's window against
 * a BufferedInputStream.
 *
 * <p>Arguments: a directory for the cache, a seed, MiB of segments. Prints one line of JSON per combination; the
 * script that starts this knows the bars.
 */
public final class HotPath {

  private static final int[] LENGTHS = {4 << 10, 64 << 10, 1 << 20, 8 << 20};

  private HotPath() {}

  public static void main(String[] args) throws Exception {
    Path place = Paths.get(args[0]);
    long seed = Long.parseLong(args[1]);
    Lake lake = new Lake(place, seed, Long.parseLong(args[2]));
    System.err.println("checking every byte, through all arms");
    lake.verify();
    for (int threads = 1; threads <= 2; threads++) {
      for (int length : LENGTHS) {
        Arm.Maker channel = () -> channel(lake, length);
        Arm.Maker array = () -> nativeRead(lake, length);
        Arm.Maker stream = () -> positioned(lake, length);
        Rounds.of(threads, seed, channel, array, stream).print(length, "FileChannel", "NativeFile", "stream");
      }
    }
    for (int buffer : new int[] {8 << 10, 128 << 10}) {
      Arm.Maker buffered = () -> new Buffered(lake, buffer);
      Arm.Maker window = () -> new OneByOne(lake);
      Rounds.of(1, seed, buffered, window).print(1, "BufferedInputStream " + (buffer >> 10) + " KiB", "stream.read()");
    }
    if (ForebayMetrics.snapshot().get("read.bytes.ram") != 0) {
      throw new IllegalStateException("the RAM tier must be out of the way");
    }
  }

  /** One positioned read at a place that {@code random} says. */
  private interface Reader {
    void read(int object, long position) throws IOException;
  }

  private static Arm at(Lake lake, int length, Reader reader) {
    int between = Math.max(1, (512 << 10) / length);
    return new Arm() {
      @Override
      public int readSome(SplittableRandom random) throws IOException {
        for (int i = 0; i < between; i++) {
          int object = random.nextInt(lake.objects());
          long slice = random.nextInt(Lake.SEGMENTS_EACH) * Lake.SEGMENT;
          reader.read(object, slice + random.nextLong(Lake.SEGMENT - length));
        }
        return between;
      }
    };
  }

  private static Arm channel(Lake lake, int length) {
    ByteBuffer into = ByteBuffer.wrap(new byte[length]);
    return at(lake, length, (object, position) -> {
      into.clear();
      expect(length, lake.segment(object, position).read(into, lake.inSegment(position)));
    });
  }

  private static Arm nativeRead(Lake lake, int length) throws IOException {
    byte[] into = new byte[length];
    long[] files = new long[lake.objects()];
    for (int i = 0; i < files.length; i++) {
      files[i] = lake.open(i);
    }
    return at(lake, length, (object, position) ->
        expect(length, NativeFile.read(files[object], position, into, 0, length, length)));
  }

  private static Arm positioned(Lake lake, int length) throws IOException {
    byte[] into = new byte[length];
    List<ForebayInputStream> streams = new ArrayList<>();
    for (int i = 0; i < lake.objects(); i++) {
      streams.add(lake.stream(i));
    }
    return at(lake, length, (object, position) ->
        expect(length, streams.get(object).read(position, into, 0, length)));
  }

  static void expect(int wanted, int got) {
    if (wanted != got) {
      throw new IllegalStateException(got + " instead of " + wanted + " bytes");
    }
  }
}
