package io.forebay.hadoop;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.security.PrivilegedExceptionAction;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.Test;

public class ErrandTest {

  private static final Path PATH = new Path("s3a://bucket/key");
  private static final long GUARD_SECONDS = 60;

  @Test
  public void work_is_done_elsewhere_as_the_same_user() throws Exception {
    assertNotSame(Thread.currentThread(), Errand.run(PATH, wanted -> Thread.currentThread()));
    UserGroupInformation ann = UserGroupInformation.createRemoteUser("ann");
    String user = ann.doAs((PrivilegedExceptionAction<String>) () ->
        Errand.run(PATH, wanted -> UserGroupInformation.getCurrentUser().getUserName()));
    assertEquals("ann", user);
  }

  @Test
  public void a_thread_of_ours_does_its_own_work() throws IOException {
    Boolean same = Errand.run(PATH, wanted -> {
      Thread outer = Thread.currentThread();
      return outer == Errand.run(PATH, inner -> Thread.currentThread());
    });
    assertTrue(same);
  }

  @Test
  public void what_work_throws_is_thrown_with_the_callers_frames() {
    FileNotFoundException gone = new FileNotFoundException("gone");
    IOException thrown = assertThrows(IOException.class, () -> Errand.run(PATH, wanted -> {
      throw gone;
    }));
    assertSame(gone, thrown);
    assertTrue(Arrays.stream(thrown.getStackTrace()).anyMatch(frame -> frame.getClassName().contains("junit")));
    assertThrows(IllegalStateException.class, () -> Errand.run(PATH, wanted -> {
      throw new IllegalStateException("the pool is closed");
    }));
  }

  @Test
  public void an_interrupted_caller_leaves_while_the_work_goes_on() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch store = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    boolean[] stillWanted = {true};
    Thread caller = Thread.currentThread();
    Thread killer = new Thread(() -> {
      await(begun);
      caller.interrupt();
    });
    killer.start();
    InterruptedIOException interrupted = assertThrows(InterruptedIOException.class, () ->
        Errand.run(PATH, wanted -> {
          begun.countDown();
          await(store);
          stillWanted[0] = wanted.getAsBoolean();
          done.countDown();
          return null;
        }));
    assertEquals("interrupted while reading s3a://bucket/key", interrupted.getMessage());
    assertFalse("the interrupt was taken", Thread.interrupted());
    assertEquals("the work still waits", 1, done.getCount());
    store.countDown();
    await(done);
    assertFalse(stillWanted[0]);
    killer.join();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(GUARD_SECONDS, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
