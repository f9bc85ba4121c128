package io.forebay.hadoop;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hive.ql.exec.MapredContext;
import org.apache.hadoop.hive.ql.exec.tez.TezContext;
import org.apache.spark.TaskContext;
import org.apache.tez.runtime.api.ProcessorContext;
import org.junit.After;
import org.junit.Test;

public class FreshnessTest {

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  @After
  public void endTask() {
    TaskContext.end();
    MapredContext.close();
  }

  private static Freshness freshness(String value) {
    Configuration conf = new Configuration(false);
    if (value != null) {
      conf.set("fs.forebay.freshness", value);
    }
    return Freshness.of(conf, "b");
  }

  @Test
  public void outside_of_tasks_nothing_asked_before_counts() {
    for (String mode : new String[] {null, "task", "open", "planned"}) {
      assertFalse(mode, freshness(mode).now().trusts(System.nanoTime() - 1));
    }
  }

  @Test
  public void in_a_task_counts_what_was_asked_since_it_was_first_seen() {
    Freshness task = freshness(null);
    long before = System.nanoTime() - 1;
    TaskContext.begin();
    task.now();
    long within = System.nanoTime();
    assertTrue(task.now().trusts(within));
    assertFalse(task.now().trusts(before));
    assertFalse(freshness("open").now().trusts(within));
    assertTrue(freshness("planned").now().trusts(within));

    TaskContext.begin();
    assertFalse("the next task has seen nothing yet", task.now().trusts(within));
  }

  @Test
  public void what_is_asked_next_counts_only_if_the_moment_was_made_before() {
    TaskContext.begin();
    long asked = System.nanoTime() - 1;
    assertFalse(freshness("task").now().trusts(asked));
  }

  @Test
  public void nothing_counts_for_longer_than_a_minute() {
    Freshness.Moment late = new Freshness.Moment(10 * MINUTE, MINUTE, null);
    assertTrue(late.trusts(9 * MINUTE));
    assertFalse(late.trusts(9 * MINUTE - 1));
  }

  @Test
  public void an_age_may_be_allowed_anywhere() {
    Freshness ttl = freshness("ttl=60s");
    assertTrue(ttl.now().trusts(System.nanoTime() - MINUTE / 2));
    assertFalse(ttl.now().trusts(System.nanoTime() - 2 * MINUTE));
    assertTrue(freshness("ttl=2h").now().trusts(System.nanoTime() - 100 * MINUTE));
    assertFalse(ttl.trustsPassed());
    assertTrue(freshness("planned").trustsPassed());
  }

  @Test
  public void another_value_is_refused_with_what_is_allowed() {
    for (String bad : new String[] {"never", "ttl=", "ttl=60", "ttl=-1s", "Task "}) {
      String message = assertThrows(IllegalArgumentException.class, () -> freshness(bad + "!")).getMessage();
      assertTrue(message, message.startsWith("fs.forebay.freshness: '" + bad));
      assertTrue(message, message.endsWith("give task, open, planned, or ttl= with a duration such as ttl=60s"));
    }
  }

  @Test
  public void a_bucket_may_have_its_own() {
    Configuration conf = new Configuration(false);
    conf.set("fs.forebay.bucket.b.freshness", "open");
    assertEquals("open", Freshness.of(conf, "b").toString());
    assertEquals("task", Freshness.of(conf, "c").toString());
  }

  @Test
  public void a_task_is_one_context_on_one_thread() throws Exception {
    assertNull(Tasks.since());
    TaskContext task = TaskContext.begin();
    Long first = Tasks.since();
    assertEquals(first, Tasks.since());
    Long[] elsewhere = new Long[2];
    Thread other =
        new Thread(
            () -> {
              elsewhere[0] = Tasks.since();
              TaskContext.resume(task);
              elsewhere[1] = Tasks.since();
            });
    other.start();
    other.join();
    assertNull("a thread without the context is not the task's", elsewhere[0]);
    assertTrue("never earlier than the first sight", elsewhere[1] - first >= 0);
    TaskContext.begin();
    assertNotEquals(first, Tasks.since());
    TaskContext.end();
    assertNull(Tasks.since());
  }

  @Test
  public void a_task_of_hive_is_one_attempt_on_one_thread() throws Exception {
    ProcessorContext attempt = new ProcessorContext() { };
    MapredContext.bind(new TezContext(attempt));
    Long first = Tasks.since();
    assertNotNull(first);
    MapredContext.bind(new TezContext(attempt));
    assertEquals("Hive may wrap an attempt twice", first, Tasks.since());
    Long[] elsewhere = new Long[1];
    Thread other = new Thread(() -> elsewhere[0] = Tasks.since());
    other.start();
    other.join();
    assertNull("a thread without the context is not the task's", elsewhere[0]);
    TezContext.begin();
    assertNotEquals("the next attempt, in the same container", first, Tasks.since());
    MapredContext.close();
    assertNull(Tasks.since());
  }

  @Test
  public void a_context_of_hive_that_is_no_attempt_of_tez_is_no_task() {
    MapredContext.bind(new MapredContext());
    assertNull("another engine's", Tasks.since());
    MapredContext.bind(new TezContext(null));
    assertNull("not begun yet", Tasks.since());
  }
}
