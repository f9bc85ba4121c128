package io.forebay.hadoop;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.statistics.StreamStatisticNames;
import org.junit.Test;
import org.junit.function.ThrowingRunnable;

public class ForebayInputStreamTest {

  private final StreamFixture fixture = new StreamFixture(1_000_000);
  private final ForebayInputStream stream = fixture.stream;

  @Test
  public void small_reads_cost_one_native_call_per_window() throws IOException {
    for (int i = 0; i < Window.SMALLEST; i++) {
      assertEquals(fixture.content[i] & 0xff, stream.read());
    }
    assertEquals(1, fixture.file.calls.size());
  }

  @Test
  public void large_reads_go_straight_to_the_caller() throws IOException {
    byte[] into = new byte[500_000];
    assertEquals(into.length, stream.read(into, 0, into.length));
    assertArrayEquals(fixture.part(0, into.length), into);
    assertEquals(1, fixture.file.calls.size());
    assertEquals("0+500000", fixture.file.calls.get(0));
  }

  @Test
  public void reads_fill_what_they_were_given() throws IOException {
    fixture.file.longest = 7_777;
    byte[] into = new byte[100_000];
    assertEquals(into.length, stream.read(into, 0, into.length));
    assertArrayEquals(fixture.part(0, into.length), into);
    ByteBuffer direct = ByteBuffer.allocateDirect(50_000);
    assertEquals(50_000, stream.read(direct));
    assertFalse(direct.hasRemaining());
  }

  @Test
  public void the_end_of_the_file_is_minus_one_and_readFully_past_it_fails() throws IOException {
    byte[] into = new byte[100];
    stream.seek(fixture.content.length - 40);
    assertEquals(40, stream.read(into, 0, 100));
    assertEquals(-1, stream.read(into, 0, 100));
    assertEquals(-1, stream.read());
    assertEquals(0, stream.read(into, 0, 0));
    stream.seek(fixture.content.length + 1000L);
    assertEquals(-1, stream.read());
    assertEquals(-1, stream.read(ByteBuffer.allocate(10)));
    assertEquals(-1, stream.read(fixture.content.length, into, 0, 10));
    assertEquals(-1, stream.read(fixture.content.length + 10L, ByteBuffer.allocate(10)));
    assertThrows(EOFException.class, () -> stream.readFully(fixture.content.length - 10, into, 0, 11));
    assertThrows(EOFException.class, () -> stream.readFully(fixture.content.length - 10L, ByteBuffer.allocate(11)));
    stream.readFully(fixture.content.length, new byte[0]);
  }

  @Test
  public void negative_positions_and_bad_arguments_are_refused() {
    EOFException negative = assertThrows(EOFException.class, () -> stream.seek(-1));
    assertEquals("Cannot seek to a negative offset -1", negative.getMessage());
    byte[] into = new byte[10];
    assertThrows(EOFException.class, () -> stream.read(-1, into, 0, 10));
    assertThrows(EOFException.class, () -> stream.readFully(-1, into));
    assertThrows(EOFException.class, () -> stream.read(-1, ByteBuffer.allocate(1)));
    assertThrows(IndexOutOfBoundsException.class, () -> stream.read(0, into, 5, 6));
    assertThrows(IndexOutOfBoundsException.class, () -> stream.read(into, 5, 6));
    assertThrows(ReadOnlyBufferException.class, () -> stream.read(ByteBuffer.allocate(9000).asReadOnlyBuffer()));
    assertThrows(IllegalArgumentException.class, () -> stream.setReadahead(-1L));
  }

  @Test
  public void positions_far_past_the_end_are_the_end() throws IOException {
    byte[] into = new byte[10];
    for (long at : new long[] {1L << 32, Long.MAX_VALUE - 5, Long.MAX_VALUE}) {
      stream.seek(at);
      assertEquals(-1, stream.read());
      assertEquals(-1, stream.read(into, 0, 10));
      assertEquals(-1, stream.read(at, into, 0, 10));
      assertEquals(-1, stream.read(at, ByteBuffer.allocate(10)));
      assertEquals(0, stream.available());
      assertThrows(EOFException.class, () -> stream.readFully(at, into));
    }
    assertEquals(0, fixture.file.calls.size());
  }

  @Test
  public void positioned_reads_leave_position_and_window_alone() throws IOException {
    stream.seek(100);
    stream.read();
    byte[] into = new byte[64];
    assertEquals(64, stream.read(900_000, into, 0, 64));
    assertArrayEquals(fixture.part(900_000, 64), into);
    int before = fixture.file.calls.size();
    assertEquals(101, stream.getPos());
    assertEquals(fixture.content[101] & 0xff, stream.read());
    assertEquals(before, fixture.file.calls.size());
  }

  @Test
  public void after_close_every_call_says_so() throws IOException {
    stream.read();
    stream.close();
    stream.close();
    assertTrue(fixture.file.closed);
    ThrowingRunnable[] calls = {
      () -> stream.read(),
      () -> stream.read(new byte[10], 0, 10),
      () -> stream.read(new byte[0], 0, 0),
      () -> stream.read(ByteBuffer.allocate(10)),
      () -> stream.read(0, new byte[10], 0, 10),
      () -> stream.readFully(0, new byte[10]),
      () -> stream.read(0, ByteBuffer.allocate(10)),
      () -> stream.seek(0),
      () -> stream.skip(1),
      () -> stream.available(),
    };
    for (ThrowingRunnable call : calls) {
      IOException closed = assertThrows(IOException.class, call);
      assertEquals(IOException.class, closed.getClass());
      assertEquals("s3a://bucket/dir/key: Stream is closed!", closed.getMessage());
    }
    stream.unbuffer();
    assertEquals(1, stream.getPos());
    assertTrue(stream.toString(), stream.toString().contains("closed"));
  }

  @Test
  public void available_and_skip_know_the_length() throws IOException {
    assertEquals(1_000_000, stream.available());
    assertEquals(10, stream.skip(10));
    assertEquals(999_990, stream.available());
    assertEquals(999_990, stream.skip(Long.MAX_VALUE));
    assertEquals(0, stream.available());
    assertEquals(0, stream.skip(1));
    assertEquals(0, stream.skip(-1));
    stream.seek(2_000_000);
    assertEquals(0, stream.available());
    assertEquals(0, stream.skip(1));
  }

  @Test
  public void unbuffer_forgets_the_window_and_reading_goes_on() throws IOException {
    stream.read();
    stream.unbuffer();
    assertEquals(fixture.content[1] & 0xff, stream.read());
    assertEquals(2, fixture.file.calls.size());
  }

  @Test
  public void unbuffer_by_another_thread_changes_nothing_for_the_reader() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Thread other = new Thread(() -> {
      while (!done.get()) {
        stream.unbuffer();
      }
    });
    other.start();
    try {
      byte[] some = new byte[37];
      for (int round = 0; round < 20; round++) {
        stream.seek(0);
        for (int at = 0; at + 100 < fixture.content.length; ) {
          assertEquals("at " + at, fixture.content[at] & 0xff, stream.read());
          at++;
          assertEquals(some.length, stream.read(some, 0, some.length));
          assertArrayEquals("at " + at, fixture.part(at, some.length), some);
          at += some.length;
          assertEquals(at, stream.getPos());
        }
      }
    } finally {
      done.set(true);
      other.join();
    }
  }

  @Test
  public void capabilities_are_truthful_and_the_wrapper_agrees() throws IOException {
    FSDataInputStream wrapper = new FSDataInputStream(stream);
    for (String has : new String[] {"in:readbytebuffer", "IN:PREADBYTEBUFFER", "in:unbuffer", "in:readahead",
        "iostatistics"}) {
      assertTrue(has, wrapper.hasCapability(has));
    }
    for (String not : new String[] {"in:dropbehind", "hsync", "iocontext", "in:unknown"}) {
      assertFalse(not, wrapper.hasCapability(not));
    }
    assertEquals(VectoredSupport.IS_PRESENT, wrapper.hasCapability("in:readvectored"));
    assertEquals(4, wrapper.read(ByteBuffer.allocate(4)));
    wrapper.readFully(8L, ByteBuffer.allocate(4));
    assertSame(stream, wrapper.getWrappedStream());
  }

  @Test
  public void statistics_count_what_the_caller_took() throws IOException {
    for (int i = 0; i < 300; i++) {
      stream.read();
    }
    assertEquals(300, counter(StreamStatisticNames.STREAM_READ_BYTES));
    stream.read(new byte[1000], 0, 1000);
    assertEquals(1300, fixture.statistics.getBytesRead());
    stream.read(500_000, new byte[70_000], 0, 70_000);
    stream.seek(0);
    stream.read(new byte[3], 0, 3);
    stream.close();
    assertEquals(71_303, fixture.statistics.getBytesRead());
    assertEquals(71_303, counter(StreamStatisticNames.STREAM_READ_BYTES));
  }

  private long counter(String name) {
    return stream.getIOStatistics().counters().get(name);
  }
}
