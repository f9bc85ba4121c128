package io.forebay.hadoop;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import java.io.EOFException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.junit.Before;
import org.junit.Test;

/** By reflection: the tests also compile and run against Hadoops that have no vectored reads. */
public class VectoredReadsTest {

  private final StreamFixture fixture = new StreamFixture(1_000_000);

  @Before
  public void vectoredReadsExist() {
    assumeTrue("this Hadoop has vectored reads", VectoredSupport.IS_PRESENT);
  }

  /** Whether the tests of vectored reads can run here. */
  public static boolean isPresent() {
    return VectoredSupport.IS_PRESENT;
  }

  public static Object range(long offset, int length) {
    try {
      Class<?> type = Class.forName("org.apache.hadoop.fs.FileRange");
      return type.getMethod("createFileRange", long.class, int.class).invoke(null, offset, length);
    } catch (InvocationTargetException e) {
      throw (RuntimeException) e.getCause();
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("unchecked")
  public static byte[] bytes(Object range) throws Exception {
    Method data = Class.forName("org.apache.hadoop.fs.FileRange").getMethod("getData");
    ByteBuffer buffer = ((CompletableFuture<ByteBuffer>) data.invoke(range)).get(30, TimeUnit.SECONDS);
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  public static void read(Object stream, List<Object> ranges, IntFunction<ByteBuffer> allocate, Consumer<ByteBuffer> release)
      throws Exception {
    try {
      if (release == null) {
        stream.getClass().getMethod("readVectored", List.class, IntFunction.class).invoke(stream, ranges, allocate);
      } else {
        stream.getClass().getMethod("readVectored", List.class, IntFunction.class, Consumer.class)
            .invoke(stream, ranges, allocate, release);
      }
    } catch (InvocationTargetException e) {
      throw (Exception) e.getCause();
    }
  }

  private void read(Object... ranges) throws Exception {
    read(fixture.stream, Arrays.asList(ranges), ByteBuffer::allocate, null);
  }

  @Test
  public void ranges_in_any_order_are_read_and_credited_to_the_caller() throws Exception {
    Object[] ranges = {range(500_000, 100), range(0, 70_000), range(999_000, 1000), range(70_000, 0)};
    read(ranges);
    assertArrayEquals(fixture.part(500_000, 100), bytes(ranges[0]));
    assertArrayEquals(fixture.part(0, 70_000), bytes(ranges[1]));
    assertArrayEquals(fixture.part(999_000, 1000), bytes(ranges[2]));
    assertEquals(0, bytes(ranges[3]).length);
    assertTrue(fixture.file.calls.contains("want 4"));
    assertEquals(71_100, fixture.statistics.getThreadStatistics().getBytesRead());
    assertEquals(71_100, fixture.statistics.getBytesRead());
    assertEquals(0, fixture.stream.getPos());
  }

  @Test
  public void direct_buffers_and_delegated_files_too() throws Exception {
    fixture.file.delegated = true;
    Object[] ranges = {range(10, 3000), range(400_000, 3000)};
    read(fixture.stream, Arrays.asList(ranges), ByteBuffer::allocateDirect, null);
    assertArrayEquals(fixture.part(10, 3000), bytes(ranges[0]));
    assertArrayEquals(fixture.part(400_000, 3000), bytes(ranges[1]));
  }

  @Test
  public void no_ranges_are_no_work() throws Exception {
    read(fixture.stream, Collections.emptyList(), ByteBuffer::allocate, null);
    assertTrue(fixture.file.calls.isEmpty());
  }

  @Test
  public void senseless_ranges_are_refused_before_any_is_read() {
    assertThrows(EOFException.class, () -> read(range(0, 10), range(999_999, 2)));
    assertThrows(EOFException.class, () -> read(range(2_000_000, 1)));
    assertThrows(IllegalArgumentException.class, () -> read(range(0, 10), range(9, 10)));
    assertThrows(IllegalArgumentException.class, () -> read(range(5, 10), range(5, 10)));
    assertThrows(NullPointerException.class, () -> read(fixture.stream, null, ByteBuffer::allocate, null));
    assertThrows(NullPointerException.class, () -> read(fixture.stream, Arrays.asList(range(0, 1)), null, null));
    assertTrue(fixture.file.calls.isEmpty());
  }

  @Test
  public void a_failed_range_fails_its_own_future_and_releases_its_buffer() throws Exception {
    fixture.wrapped.failure = new IOException("S3A's own words");
    for (int i = 0; i < 3; i++) {
      fixture.file.script.add(FakeFile.failure(io.forebay.jni.Kind.ORIGIN));
    }
    List<ByteBuffer> released = Collections.synchronizedList(new ArrayList<>());
    Object range = range(0, 10);
    read(fixture.stream, Collections.singletonList(range), ByteBuffer::allocate, released::add);
    ExecutionException failed = assertThrows(ExecutionException.class, () -> bytes(range));
    assertEquals(fixture.wrapped.failure, failed.getCause());
    assertEquals(1, released.size());
  }
}
