package io.forebay.hadoop;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.Test;

public class WindowTest {

  @Test
  public void grows_while_reading_goes_on_and_starts_small_after_a_far_seek() {
    Window window = new Window();
    assertEquals(Window.SMALLEST, window.size());
    for (int size = Window.SMALLEST; size <= Window.LARGEST; size *= 2) {
      assertEquals(size, window.size());
      assertTrue(window.room().length >= size);
      window.filled(window.room(), size);
      assertEquals(size, window.take(new byte[size], 0, size));
    }
    assertEquals(Window.LARGEST, window.size());
    assertFalse(window.seek(1L << 40));
    assertEquals(1L << 40, window.position());
    assertEquals(Window.SMALLEST, window.size());
  }

  @Test
  public void keeps_its_bytes_for_seeks_within() {
    Window window = new Window();
    byte[] room = window.room();
    room[10] = 7;
    window.filled(room, 100);
    assertTrue(window.seek(100));
    assertEquals(-1, window.take());
    assertTrue(window.seek(10));
    assertEquals(7, window.take());
    assertEquals(11, window.position());
    assertEquals(89, window.remaining());
  }

  @Test
  public void shut_leaves_nothing_and_moves_nothing() {
    Window window = new Window();
    window.filled(window.room(), 100);
    window.seek(30);
    window.shut();
    assertEquals(-1, window.take());
    assertEquals(0, window.take(new byte[8], 0, 8));
    assertEquals(30, window.position());
  }

  @Test
  public void release_gives_the_memory_back() {
    Window window = new Window();
    window.filled(window.room(), 100);
    window.take();
    window.release();
    assertEquals(1, window.position());
    assertEquals(0, window.remaining());
    assertEquals(Window.SMALLEST, window.size());
  }

  @Test
  public void a_fill_under_way_survives_a_release() {
    Window window = new Window();
    window.filled(window.room(), 100);
    window.seek(30);
    byte[] room = window.room();
    room[0] = 5;
    window.release();
    assertEquals(30, window.position());
    window.filled(room, 50);
    assertEquals(5, window.take());
    assertEquals(31, window.position());
  }

  @Test
  public void any_mix_of_seeks_and_reads_equals_the_array_behind() throws IOException {
    long seed = new Random().nextLong();
    for (int round = 0; round < 40; round++) {
      mix(seed + round);
    }
  }

  private static void mix(long seed) throws IOException {
    Random random = new Random(seed);
    int length = 1 + random.nextInt(600_000);
    StreamFixture fixture = new StreamFixture(length);
    fixture.file.longest = random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(100_000);
    ForebayInputStream stream = fixture.stream;
    long position = 0;
    for (int step = 0; step < 300; step++) {
      String context = "seed " + seed + ", step " + step + ", at " + position + " of " + length;
      assertEquals(context, position, stream.getPos());
      switch (random.nextInt(6)) {
        case 0:
          position = random.nextInt(length + length / 8 + 1);
          stream.seek(position);
          break;
        case 1:
          int value = stream.read();
          assertEquals(context, position < length ? fixture.content[(int) position] & 0xff : -1, value);
          position += value < 0 ? 0 : 1;
          break;
        case 2:
          long skipped = stream.skip(random.nextInt(9000));
          assertTrue(context, skipped >= 0);
          position += skipped;
          break;
        case 3:
          int pread = random.nextInt(length);
          byte[] small = new byte[random.nextInt(5000)];
          int got = stream.read(pread, small, 0, small.length);
          int expected = Math.min(small.length, length - pread);
          assertEquals(context, expected, got);
          assertArrayEquals(context, fixture.part(pread, expected), Arrays.copyOf(small, expected));
          break;
        case 4:
          position += buffer(context, fixture, random, position);
          break;
        default:
          position += array(context, fixture, random, position);
          break;
      }
    }
  }

  private static int size(Random random) {
    return random.nextInt(3) == 0 ? random.nextInt(300_000) : random.nextInt(64);
  }

  private static int array(String context, StreamFixture fixture, Random random, long position) throws IOException {
    byte[] into = new byte[size(random) + 3];
    int asked = into.length - 3;
    int count = fixture.stream.read(into, 2, asked);
    int expected = expected(fixture, position, asked);
    assertEquals(context, expected, count);
    int bytes = Math.max(0, count);
    assertArrayEquals(context, fixture.part((int) Math.min(position, fixture.content.length - bytes), bytes),
        Arrays.copyOfRange(into, 2, 2 + bytes));
    assertEquals(context, 0, into[0] | into[1] | into[into.length - 1]);
    return bytes;
  }

  private static int buffer(String context, StreamFixture fixture, Random random, long position) throws IOException {
    int asked = size(random);
    ByteBuffer into = random.nextBoolean() ? ByteBuffer.allocateDirect(asked + 8) : ByteBuffer.allocate(asked + 8);
    into.position(5);
    into.limit(5 + asked);
    int count = fixture.stream.read(into);
    assertEquals(context, expected(fixture, position, asked), count);
    int bytes = Math.max(0, count);
    assertEquals(context, 5 + bytes, into.position());
    byte[] read = new byte[bytes];
    into.position(5);
    into.get(read);
    assertArrayEquals(context, fixture.part((int) Math.min(position, fixture.content.length - bytes), bytes), read);
    return bytes;
  }

  private static int expected(StreamFixture fixture, long position, int asked) {
    long left = fixture.content.length - position;
    return asked == 0 ? 0 : left <= 0 ? -1 : (int) Math.min(asked, left);
  }
}
