import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.ForebayInputStream;
import io.forebay.hadoop.ForebayMetrics;
import io.forebay.hadoop.PinnedFile;
import io.forebay.hadoop.ReadHints;
import io.forebay.jni.NativeFile;
import io.forebay.jni.NativeLibrary;
import io.forebay.jni.NativeStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/**
 * Objects in the cache, laid down as in production by pieces of 8 MiB, and the files that hold their slices.
 *
 * <p>Which file holds which slice is found by its bytes: nothing here knows how files are named. Cells are what a
 * file ends with.
 */
final class Lake {

  static final long SEGMENT = 32L << 20;
  static final int SEGMENTS_EACH = 8;

  private static final long LENGTH = SEGMENT * SEGMENTS_EACH;
  private static final String ETAG = "bench";
  private static final int PIECE = 8 << 20;

  private final long seed;
  private final CachedStore cached;
  private final long store;
  private final FileChannel[][] segments;
  private final Path[][] paths;
  private long cellsAt;

  Lake(Path place, long seed, long mib) throws Exception {
    this.seed = seed;
    int objects = (int) ((mib << 20) / LENGTH);
    segments = new FileChannel[objects][SEGMENTS_EACH];
    paths = new Path[objects][SEGMENTS_EACH];
    NativeLibrary.load();
    Configuration conf = new Configuration(false);
    conf.set("fs.forebay.cache.dirs", place.toString());
    conf.set("fs.forebay.cache.size", 2 * mib + "MB");
    conf.set("fs.forebay.cache.free-floor", "0");
    FileSystem.Statistics statistics = new FileSystem.Statistics("s3a");
    // What reads is a direct store, as is usual; nobody ever asks the endpoint, since all is in the cache.
    cached = CachedStore.direct(conf, access("direct"), statistics);
    store = NativeStore.open(new String[0], access("direct"));
    long landing = NativeStore.open(new String[0], access("delegate"));
    for (int i = 0; i < objects; i++) {
      System.err.println("filling " + key(i));
      land(landing, i);
    }
    NativeStore.close(landing);
    findSegments(place);
  }

  private static String[] access(String mode) {
    return new String[] {"kind", "s3", "endpoint", "http://127.0.0.1:1", "bucket", "bench", "region", "us-east-1",
        "path-style", "true", "mode", mode, "content-settings", "0"};
  }

  private static String key(int object) {
    return "object-" + object;
  }

  int objects() {
    return segments.length;
  }

  long open(int object) throws IOException {
    return open(store, object);
  }

  private static long open(long store, int object) throws IOException {
    return NativeFile.open(store, key(object), ETAG, LENGTH, null, -1, -1, "");
  }

  ForebayInputStream stream(int object) throws IOException {
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path("s3a://bench/" + key(object));
    return cached.open(new PinnedFile(path, key(object), ETAG, null, LENGTH), ReadHints.NONE, () -> {
      throw new IOException("everything is in the cache, so nobody should ask for " + path);
    });
  }

  FileChannel segment(int object, long position) {
    return segments[object][(int) (position / SEGMENT)];
  }

  Path path(int object, long position) {
    return paths[object][(int) (position / SEGMENT)];
  }

  long inSegment(long position) {
    return cellsAt + position % SEGMENT;
  }

  private void land(long landing, int object) throws Exception {
    long file = open(landing, object);
    byte[] bytes = new byte[PIECE];
    for (long at = 0; at < LENGTH; ) {
      long[] claims = NativeFile.claims(file, at, PIECE);
      if (claims.length == 0) {
        throw new IllegalStateException("the cache must be empty before");
      }
      for (int i = 0; i < claims.length; i += 3) {
        int length = (int) claims[i + 2];
        content(object, claims[i + 1], bytes, length);
        NativeFile.land(file, claims[i], bytes, 0, length);
        at = Math.max(at, claims[i + 1] + length);
      }
      // The queue before the disk must not refuse the next piece, which would then stay in memory.
      settle();
    }
    NativeFile.close(file);
  }

  private static void settle() throws InterruptedException {
    while (ForebayMetrics.snapshot().get("memory.flights.used") > 0) {
      Thread.sleep(1);
    }
  }

  /** The eight bytes at a multiple of eight (the finalizer of SplitMix64). */
  private long word(int object, long index) {
    long z = seed + (((long) object << 40) + index) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  private void content(int object, long position, byte[] into, int length) {
    ByteBuffer buffer = ByteBuffer.wrap(into);
    for (int i = 0; i < length; i += Long.BYTES) {
      buffer.putLong(i, word(object, (position + i) / Long.BYTES));
    }
  }

  private void findSegments(Path place) throws IOException {
    Map<Long, Path> known = new HashMap<>();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(place)) {
      files = walk.filter(Files::isRegularFile).collect(Collectors.toList());
    }
    for (Path file : files) {
      long length = Files.size(file);
      if (length > SEGMENT) {
        cellsAt = length - SEGMENT;
        ByteBuffer front = ByteBuffer.allocate(Long.BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
          // The disk must be done with them before anything is timed.
          channel.force(true);
          channel.read(front, cellsAt);
        }
        known.put(front.getLong(0), file);
      }
    }
    for (int object = 0; object < segments.length; object++) {
      for (int slice = 0; slice < SEGMENTS_EACH; slice++) {
        paths[object][slice] = known.remove(word(object, slice * SEGMENT / Long.BYTES));
        segments[object][slice] = FileChannel.open(paths[object][slice], StandardOpenOption.READ);
      }
    }
  }

  /** Reads everything through every arm once and compares it. */
  void verify() throws IOException {
    byte[] meant = new byte[PIECE];
    byte[] found = new byte[PIECE];
    for (int object = 0; object < segments.length; object++) {
      long file = open(object);
      try (ForebayInputStream stream = stream(object)) {
        for (long at = 0; at < LENGTH; at += PIECE) {
          content(object, at, meant, PIECE);
          HotPath.expect(PIECE, NativeFile.read(file, at, found, 0, PIECE, PIECE));
          compare(meant, found, "NativeFile", at);
          HotPath.expect(PIECE, stream.read(at, found, 0, PIECE));
          compare(meant, found, "ForebayInputStream", at);
          HotPath.expect(PIECE, segment(object, at).read(ByteBuffer.wrap(found), inSegment(at)));
          compare(meant, found, "FileChannel", at);
        }
      }
      NativeFile.close(file);
    }
  }

  private static void compare(byte[] meant, byte[] found, String arm, long at) {
    if (!Arrays.equals(meant, found)) {
      throw new IllegalStateException("wrong bytes through " + arm + " at " + at);
    }
    Arrays.fill(found, (byte) 0);
  }
}
