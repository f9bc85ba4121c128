package io.forebay.hadoop;

import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;

/**
 * When an answer of the store about a file may stand in for asking again: {@code fs.forebay.freshness}.
 *
 * <p>By default, within one task: whatever was written before a task began is seen by it, because all it relies on was
 * asked since. Outside of recognised tasks every open asks.
 */
public final class Freshness {

  private static final String TTL = "ttl=";

  /** No task, however long, relies on an answer older than this: a task may outlive many versions of a file. */
  private static final long OLDEST = TimeUnit.SECONDS.toNanos(60);

  private final String name;
  private final boolean byTask;
  private final boolean trustsPassed;
  private final long oldest;

  private Freshness(String name, boolean byTask, boolean trustsPassed, long oldest) {
    this.name = name;
    this.byTask = byTask;
    this.trustsPassed = trustsPassed;
    this.oldest = oldest;
  }

  /** What is configured for {@code bucket}; an IllegalArgumentException that says what is allowed otherwise. */
  public static Freshness of(Configuration conf, String bucket) {
    String text = BucketKeys.get(conf, bucket, ForebayKeys.FRESHNESS, ForebayKeys.FRESHNESS_DEFAULT);
    Long ttl = text.startsWith(TTL) ? Span.nanos(text.substring(TTL.length())) : null;
    if (ttl != null) {
      return new Freshness(text, false, false, ttl);
    }
    switch (text) {
      case "open":
        return new Freshness(text, false, false, -1);
      case "task":
        return new Freshness(text, true, false, OLDEST);
      case "planned":
        return new Freshness(text, true, true, OLDEST);
      default:
        throw new IllegalArgumentException(ForebayKeys.FRESHNESS + ": '" + text
            + "' is not allowed; give task, open, planned, or ttl= with a duration such as ttl=60s");
    }
  }

  /** Whether a status that the engine passes is taken at its word. */
  public boolean trustsPassed() {
    return trustsPassed;
  }

  /**
   * What the calling thread may rely on at this moment. To be made before the store is asked, so that the answer
   * counts as asked within the task.
   */
  public Moment now() {
    long now = System.nanoTime();
    if (!byTask) {
      return new Moment(now, oldest, null);
    }
    Long since = Tasks.since();
    return new Moment(now, since == null ? -1 : Math.min(oldest, now - since), since);
  }

  @Override
  public String toString() {
    return name;
  }

  /** A point in time, and how old an answer may be at it. */
  public static final class Moment {
    private final long now;
    private final long oldest;
    private final Long task;

    Moment(long now, long oldest, Long task) {
      this.now = now;
      this.oldest = oldest;
      this.task = task;
    }

    /** What tells the calling thread's task from others: when it was first seen; null outside of tasks. */
    public Long task() {
      return task;
    }

    /** Whether an answer may be relied on whose request was sent at {@code sent}, in {@link System#nanoTime}. */
    public boolean trusts(long sent) {
      return oldest >= 0 && now - sent <= oldest;
    }
  }
}
