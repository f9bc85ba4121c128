package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import io.forebay.hadoop.VectoredReadsTest;
import java.io.EOFException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.junit.Test;

/** Vectored reads over a real S3 server, on Hadoops that have them. */
public class VectoredOnS3Test extends OnS3 {

  private static final int LENGTH = 5_000_000;


  @Override
  public void start() throws Exception {
    assumeTrue("this Hadoop has vectored reads", VectoredReadsTest.isPresent());
    super.start();
  }

  private static List<Object> ranges() {
    List<Object> ranges = new ArrayList<>();
    for (int at = 4_000_000; at > 0; at -= 700_001) {
      ranges.add(VectoredReadsTest.range(at, 123_456));
    }
    ranges.add(VectoredReadsTest.range(LENGTH - 10, 10));
    ranges.add(VectoredReadsTest.range(0, 0));
    return ranges;
  }

  @Test
  public void ranges_are_what_was_written_cold_and_warm_heap_and_direct() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 11);
    List<IntFunction<ByteBuffer>> allocators = new ArrayList<>();
    allocators.add(ByteBuffer::allocate);
    allocators.add(ByteBuffer::allocateDirect);
    for (IntFunction<ByteBuffer> allocate : allocators) {
      long before = Bench.threadBytes();
      try (FSDataInputStream in = files.open(path)) {
        assertTrue(in.hasCapability("in:readvectored"));
        List<Object> ranges = ranges();
        VectoredReadsTest.read(in, ranges, allocate, null);
        int at = 4_000_000;
        for (Object range : ranges.subList(0, ranges.size() - 2)) {
          assertArrayEquals(Arrays.copyOfRange(content, at, at + 123_456), VectoredReadsTest.bytes(range));
          at -= 700_001;
        }
        assertArrayEquals(
            Arrays.copyOfRange(content, LENGTH - 10, LENGTH), VectoredReadsTest.bytes(ranges.get(ranges.size() - 2)));
        assertEquals(0, VectoredReadsTest.bytes(ranges.get(ranges.size() - 1)).length);
        assertEquals((ranges.size() - 2) * 123_456L + 10, Bench.threadBytes() - before);
      }
      // The second round, with direct buffers, is warm.
      if (allocate == allocators.get(0)) {
        bench.proxy.forget();
      }
    }
    assertEquals(bench.proxy.of("GET").toString(), 0, bench.proxy.count("GET"));
  }

  @Test
  public void ranges_past_the_end_fail_at_the_call() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, 1000, 12);
    try (FSDataInputStream in = files.open(path)) {
      assertThrows(
          EOFException.class,
          () -> VectoredReadsTest.read(
              in, Arrays.asList(VectoredReadsTest.range(990, 11)), ByteBuffer::allocate, null));
    }
  }
}
