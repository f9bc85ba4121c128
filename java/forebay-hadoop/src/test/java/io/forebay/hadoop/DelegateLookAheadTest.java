package io.forebay.hadoop;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.After;
import org.junit.Test;

public class DelegateLookAheadTest {

  private static final long DEADLINE_SECONDS = 30;

  private final DelegateLookAhead ahead = lookAhead(8);

  private static DelegateLookAhead lookAhead(int connections) {
    try {
      return new DelegateLookAhead(UserGroupInformation.getCurrentUser(), connections);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @After
  public void close() {
    ahead.close();
  }

  @Test
  public void what_the_library_wants_ahead_lands_and_nobody_is_charged() throws Exception {
    StreamFixture fixture = new StreamFixture(500_000, Signing.NOT_OURS, ahead);
    fixture.file.ahead.add(new long[] {100_000, 50_000});
    fixture.file.ahead.add(new long[] {200_000, 50_000});
    fixture.file.ahead.add(new long[] {300_000, 50_000});
    byte[] into = new byte[10];
    assertEquals(10, fixture.stream.read(0, into, 0, 10));
    await(() -> fixture.file.landed.size() == 3);
    assertArrayEquals(fixture.part(200_000, 50_000), fixture.file.landed.get(200_000L));
    fixture.stream.close();
    await(() -> fixture.statistics.getBytesRead() == 10);
    await(() -> fixture.wrapped.open.get() == 0);
  }

  @Test
  public void workers_help_with_a_large_demand() throws Exception {
    StreamFixture fixture = new StreamFixture(500_000, Signing.NOT_OURS, ahead);
    fixture.file.delegated = true;
    fixture.file.piece = 50_000;
    for (int round = 0; round < 3; round++) {
      byte[] into = new byte[400_000];
      assertEquals(into.length, fixture.stream.read(1000, into, 0, into.length));
      assertArrayEquals(fixture.part(1000, into.length), into);
    }
    assertEquals(3 * 400_000, fixture.statistics.getThreadStatistics().getBytesRead());
  }

  @Test
  public void a_failure_ahead_reaches_nobody() throws Exception {
    StreamFixture fixture = new StreamFixture(500_000, Signing.NOT_OURS, ahead);
    fixture.file.ahead.add(new long[] {100_000, 50_000});
    fixture.wrapped.failure = new IOException("the store is away");
    assertEquals(10, fixture.stream.read(0, new byte[10], 0, 10));
    await(() -> fixture.file.abandoned.size() == 1);
    assertEquals(10, fixture.stream.read(0, new byte[10], 0, 10));
  }

  @Test
  public void after_close_claims_are_not_taken_or_given_back() throws Exception {
    StreamFixture fixture = new StreamFixture(500_000, Signing.NOT_OURS, ahead);
    ahead.close();
    fixture.file.ahead.add(new long[] {100_000, 50_000});
    assertEquals(10, fixture.stream.read(0, new byte[10], 0, 10));
    assertEquals(0, fixture.file.flying());
  }

  @Test
  public void workers_are_daemons_with_a_loader_of_ours() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    Thread[] worker = new Thread[1];
    InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
    local.set("the caller's");
    String[] inherited = new String[1];
    Thread.currentThread().setContextClassLoader(new ClassLoader(getClass().getClassLoader()) { });
    try {
      DaemonThreads.pool("forebay-test", 1, new java.util.concurrent.LinkedBlockingQueue<>())
          .execute(
              () -> {
                worker[0] = Thread.currentThread();
                inherited[0] = local.get();
                ran.countDown();
              });
      assertTrue(ran.await(DEADLINE_SECONDS, TimeUnit.SECONDS));
    } finally {
      Thread.currentThread().setContextClassLoader(getClass().getClassLoader());
    }
    assertTrue(worker[0].isDaemon());
    assertEquals("forebay-test-1", worker[0].getName());
    assertEquals(DaemonThreads.class.getClassLoader(), worker[0].getContextClassLoader());
    boolean java8 = System.getProperty("java.specification.version").startsWith("1.");
    assertFalse(!java8 && inherited[0] != null);
  }

  private interface Condition {
    boolean holds();
  }

  private static void await(Condition condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!condition.holds()) {
      assertTrue("not within " + DEADLINE_SECONDS + " s", System.nanoTime() < end);
      Thread.yield();
    }
  }
}
