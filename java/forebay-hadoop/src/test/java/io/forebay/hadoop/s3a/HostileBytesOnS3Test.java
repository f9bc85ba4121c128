package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.junit.Test;

/** Objects and cache files whose bytes are not what they should be: readers get what the store holds. */
public class HostileBytesOnS3Test extends OnS3 {

  private static final int LENGTH = 400_000;
  private static final byte[] MAGIC = {'P', 'A', 'R', '1'};

  /** A file that calls itself Parquet, with a footer of these bytes said to be so long. */
  private static byte[] parquet(byte[] footer, int said, int before) {
    ByteBuffer file = ByteBuffer.allocate(4 + before + footer.length + 8).order(ByteOrder.LITTLE_ENDIAN);
    file.put(MAGIC).put(new byte[before]).put(footer).putInt(said).put(MAGIC);
    return file.array();
  }

  private static byte[] noise(int length) {
    byte[] noise = new byte[length];
    new Random(length).nextBytes(noise);
    return noise;
  }

  /** As engines do: the tail, the footer by the length that the tail says, then the whole. */
  private void assertReadAsWritten(byte[] content) throws IOException {
    Path path = new Path(Bench.newPath() + ".parquet");
    bench.write(path, content);
    for (int round = 0; round < 2; round++) {
      try (FSDataInputStream in = open(path)) {
        byte[] tail = new byte[Math.min(8, content.length)];
        in.readFully(content.length - tail.length, tail);
        in.seek(0);
        assertArrayEquals(content, Bench.readWhole(in, content.length));
      }
    }
  }

  @Test
  public void a_broken_parquet_footer_is_the_readers_to_judge() throws IOException {
    assertReadAsWritten(parquet(noise(1000), 1000, LENGTH));
    assertReadAsWritten(parquet(new byte[0], 0, LENGTH));
    assertReadAsWritten(parquet(noise(50), Integer.MAX_VALUE, LENGTH));
    assertReadAsWritten(parquet(noise(50), -1, LENGTH));
    assertReadAsWritten(parquet(noise(50), LENGTH * 2, LENGTH));
    // A row group list that claims 2^31 - 1 elements, and structures nested without end.
    assertReadAsWritten(parquet(new byte[] {0x15, 2, 0x19, (byte) 0xfc, -1, -1, -1, -1, 7}, 9, LENGTH));
    byte[] nested = new byte[100_000];
    java.util.Arrays.fill(nested, (byte) 0x1c);
    assertReadAsWritten(parquet(nested, nested.length, LENGTH));
    assertReadAsWritten(MAGIC);
    assertReadAsWritten(new byte[] {'P', 'A', 'R', '1', 'P', 'A', 'R', '1'});
    assertReadAsWritten(noise(11));
  }

  /** What a crash, a bad disk or another version may have left of a segment. */
  private enum Damage {
    GARBAGE {
      @Override
      void to(java.nio.file.Path segment) throws IOException {
        Files.write(segment, noise((int) Math.min(Files.size(segment), 1 << 20)));
      }
    },
    TRUNCATED {
      @Override
      void to(java.nio.file.Path segment) throws IOException {
        Files.write(segment, java.util.Arrays.copyOf(Files.readAllBytes(segment), 5000));
      }
    },
    EMPTY {
      @Override
      void to(java.nio.file.Path segment) throws IOException {
        Files.write(segment, new byte[0]);
      }
    },
    OTHER_FORMAT {
      @Override
      void to(java.nio.file.Path segment) throws IOException {
        byte[] bytes = Files.readAllBytes(segment);
        bytes[8]++;
        Files.write(segment, bytes);
      }
    };

    abstract void to(java.nio.file.Path segment) throws IOException;
  }

  @Test
  public void damaged_segments_are_fetched_again_and_nobody_notices() throws IOException {
    for (Damage damage : Damage.values()) {
      List<java.nio.file.Path> before = segments();
      Path path = Bench.newPath();
      byte[] content = bench.write(path, LENGTH, 1);
      try (FSDataInputStream in = open(path)) {
        assertArrayEquals(content, Bench.readWhole(in, LENGTH));
        Bench.awaitFills();
        List<java.nio.file.Path> ours = segments();
        ours.removeAll(before);
        assertTrue("nothing was cached", !ours.isEmpty());
        for (java.nio.file.Path segment : ours) {
          damage.to(segment);
        }
        assertArrayEquals(damage + ", open", content, Bench.readWhole(rewound(in), LENGTH));
      }
      try (FSDataInputStream in = bench.forebay().open(path)) {
        assertArrayEquals(damage + ", new", content, Bench.readWhole(in, LENGTH));
      }
      assertEquals(damage.name(), LENGTH, files.getFileStatus(path).getLen());
    }
  }

  private static FSDataInputStream rewound(FSDataInputStream in) throws IOException {
    in.seek(0);
    return in;
  }

  private static List<java.nio.file.Path> segments() throws IOException {
    try (Stream<java.nio.file.Path> all = Files.walk(java.nio.file.Paths.get(Bench.cacheFolder()))) {
      return all.filter(file -> isSegment(file)).collect(Collectors.toList());
    }
  }

  private static boolean isSegment(java.nio.file.Path file) {
    try {
      return Files.isRegularFile(file) && Files.size(file) > 4096;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
