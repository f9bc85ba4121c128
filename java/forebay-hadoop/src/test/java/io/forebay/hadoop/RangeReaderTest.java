package io.forebay.hadoop;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.forebay.jni.Kind;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.Test;

public class RangeReaderTest {

  private static final int LENGTH = 1_000_000;

  private final StreamFixture fixture = new StreamFixture(LENGTH);

  private static byte[] read(StreamFixture from, int position, int length) throws IOException {
    byte[] into = new byte[length];
    assertEquals(length, from.stream.read(position, into, 0, length));
    return into;
  }

  @Test
  public void waits_while_bytes_are_on_their_way() throws IOException {
    Collections.addAll(fixture.file.script, CachedFile.PENDING, CachedFile.PENDING);
    assertArrayEquals(fixture.part(5, 100), read(fixture, 5, 100));
    assertEquals(3, fixture.file.calls.size());
  }

  @Test
  public void an_interrupt_ends_the_wait_and_is_cleared() {
    Collections.addAll(fixture.file.script, CachedFile.PENDING, CachedFile.PENDING);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedIOException.class, () -> read(fixture, 5, 100));
    assertFalse(Thread.interrupted());
    assertEquals(1, fixture.file.calls.size());
  }

  @Test
  public void an_interrupt_noticed_by_the_library_is_no_reason_to_ask_s3a() {
    fixture.file.script.add(FakeFile.failure(Kind.INTERRUPTED));
    assertThrows(InterruptedIOException.class, () -> read(fixture, 5, 100));
    assertEquals(0, fixture.wrapped.opened.get());
  }

  @Test
  public void claims_are_read_by_the_caller_with_one_exact_request_each() throws IOException {
    fixture.file.delegated = true;
    fixture.file.piece = 100_000;
    assertArrayEquals(fixture.part(1000, 250_000), read(fixture, 1000, 250_000));
    assertEquals(Arrays.asList("1000-101000", "101000-201000", "201000-251000"), fixture.wrapped.requests);
    assertEquals(1, fixture.wrapped.opened.get());
    assertEquals(250_000, fixture.statistics.getBytesRead());
    assertEquals(0, fixture.file.flying());
  }

  @Test
  public void every_kind_of_failure_is_read_through_the_wrapped_stream() throws IOException {
    for (Kind kind : Kind.values()) {
      if (kind != Kind.INTERRUPTED) {
        StreamFixture one = new StreamFixture(LENGTH);
        one.file.script.add(FakeFile.failure(kind));
        assertArrayEquals(kind.name(), one.part(7, 5000), read(one, 7, 5000));
        assertEquals(Collections.singletonList("7-5007"), one.wrapped.requests);
        assertEquals(5000, one.statistics.getBytesRead());
      }
    }
  }

  @Test
  public void what_the_wrapped_stream_throws_is_thrown() {
    FileNotFoundException gone = new FileNotFoundException("S3A's own words");
    fixture.wrapped.failure = gone;
    fixture.file.script.add(FakeFile.failure(Kind.NOT_FOUND));
    IOException thrown = assertThrows(IOException.class, () -> read(fixture, 0, 10));
    assertSame(gone, thrown);
    assertEquals(1, thrown.getSuppressed().length);
  }

  @Test
  public void a_failed_claim_leaves_nothing_behind() {
    fixture.file.delegated = true;
    fixture.file.piece = 1000;
    fixture.wrapped.failure = new IOException("S3A's own words");
    IOException thrown = assertThrows(IOException.class, () -> read(fixture, 0, 5000));
    assertSame(fixture.wrapped.failure, thrown);
    assertEquals(0, fixture.file.flying());
    assertEquals(5, fixture.file.abandoned.size());
    assertEquals(0, fixture.wrapped.open.get());
  }

  @Test
  public void landings_the_library_refuses_still_give_the_reader_its_bytes() throws IOException {
    fixture.file.delegated = true;
    fixture.file.refusesLandings = true;
    assertArrayEquals(fixture.part(0, 5000), read(fixture, 0, 5000));
    assertEquals(0, fixture.file.flying());
    assertEquals(5000, fixture.statistics.getBytesRead());
  }

  @Test
  public void a_library_that_keeps_asking_is_not_obeyed_for_ever() throws IOException {
    for (int i = 0; i < 100; i++) {
      fixture.file.script.add(CachedFile.DELEGATE);
    }
    assertArrayEquals(fixture.part(0, 500), read(fixture, 0, 500));
    assertTrue(String.valueOf(fixture.file.calls.size()), fixture.file.calls.size() < 10);
  }

  @Test
  public void answers_without_bytes_are_a_fault_not_an_end() throws IOException {
    fixture.file.script.add(0);
    assertArrayEquals(fixture.part(0, 500), read(fixture, 0, 500));
    fixture.file.script.add(CachedFile.END_OF_FILE);
    assertArrayEquals(fixture.part(0, 500), read(fixture, 0, 500));
  }

  @Test
  public void a_stream_stops_asking_a_library_that_fails() throws IOException {
    for (int i = 0; i < 50; i++) {
      fixture.file.script.add(FakeFile.failure(Kind.ORIGIN));
    }
    for (int i = 0; i < 50; i++) {
      assertArrayEquals(fixture.part(i, 50), read(fixture, i, 50));
    }
    assertEquals(3, fixture.file.calls.size());
  }

  @Test
  public void denied_reads_are_tried_once_more_with_new_credentials() throws IOException {
    AtomicInteger renewals = new AtomicInteger();
    StreamFixture renewing = new StreamFixture(LENGTH, signing(renewals, true), null);
    renewing.file.script.add(FakeFile.failure(Kind.ACCESS_DENIED));
    assertArrayEquals(renewing.part(0, 50), read(renewing, 0, 50));
    assertEquals(0, renewing.wrapped.opened.get());
    assertEquals(1, renewals.get());

    renewing.file.script.add(FakeFile.failure(Kind.ACCESS_DENIED));
    renewing.file.script.add(FakeFile.failure(Kind.ACCESS_DENIED));
    assertArrayEquals(renewing.part(0, 50), read(renewing, 0, 50));
    assertEquals(1, renewing.wrapped.opened.get());
    assertEquals(2, renewals.get());

    StreamFixture same = new StreamFixture(LENGTH, signing(renewals, false), null);
    same.file.script.add(FakeFile.failure(Kind.ACCESS_DENIED));
    assertArrayEquals(same.part(0, 50), read(same, 0, 50));
    assertEquals(1, same.wrapped.opened.get());
  }

  @Test
  public void a_stream_closed_during_a_read_says_closed() throws IOException {
    Signing closing = new Signing() {
      private int calls;

      @Override
      public void renewIfDue() {
        if (++calls == 2) {
          closeStream();
        }
      }

      @Override
      public boolean renewAfterDenial() {
        return false;
      }
    };
    StreamFixture closed = new StreamFixture(LENGTH, closing, null);
    toClose = closed;
    closed.file.script.add(CachedFile.PENDING);
    IOException thrown = assertThrows(IOException.class, () -> read(closed, 0, 50));
    assertEquals("s3a://bucket/dir/key: Stream is closed!", thrown.getMessage());
    assertEquals(0, closed.wrapped.open.get());
  }

  private StreamFixture toClose;

  private void closeStream() {
    try {
      toClose.stream.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Signing signing(AtomicInteger renewals, boolean changes) {
    return new Signing() {
      @Override
      public void renewIfDue() {}

      @Override
      public boolean renewAfterDenial() {
        renewals.incrementAndGet();
        return changes;
      }
    };
  }
}
