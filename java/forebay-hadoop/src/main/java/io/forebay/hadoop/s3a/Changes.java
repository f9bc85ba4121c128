package io.forebay.hadoop.s3a;

import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.fs.Path;

/**
 * What this process does to files, told to everybody in it who remembers something of them: before a change and after
 * it, so that what was asked before and answered late can be told from what was asked since.
 */
public final class Changes {

  private static final Set<Listener> LISTENERS =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
  private static final AtomicLong COUNT = new AtomicLong();

  private Changes() {}

  /** Who listens as long as somebody else holds it. */
  public static void listen(Listener listener) {
    LISTENERS.add(listener);
  }

  /** Notes the time; to be called before a request is sent whose answer may be remembered. */
  public static Question ask() {
    return new Question(COUNT.get(), System.nanoTime());
  }

  /** Says that {@code path} or something below it is about to change, or has changed. */
  public static void of(Path path) {
    COUNT.incrementAndGet();
    Subject subject = new Subject(path);
    for (Listener one : LISTENERS.toArray(new Listener[0])) {
      one.changed(subject);
    }
  }

  /** Says that {@code path} may change at any time from now on. */
  static void unsettled(Path path) {
    for (Listener one : LISTENERS.toArray(new Listener[0])) {
      one.unsettled(path.toString());
    }
    of(path);
  }

  /** Forgets what changes. */
  public interface Listener {
    void changed(Subject subject);

    void unsettled(String path);
  }

  /** A file or directory. */
  public static final class Subject {
    private final String name;
    private final String below;

    Subject(Path path) {
      this.name = path.toString();
      this.below = name.endsWith("/") ? name : name + '/';
    }

    /** Whether a path is the subject or lies below it. */
    public boolean covers(String path) {
      return path.equals(name) || path.startsWith(below);
    }

    /** Whether the subject lies in a directory. */
    public boolean isWithin(String directory) {
      return name.startsWith(directory.endsWith("/") ? directory : directory + '/');
    }
  }

  /** When something was asked: the time, and how many changes came before. */
  public static final class Question {
    private final long changes;
    private final long sent;

    private Question(long changes, long sent) {
      this.changes = changes;
      this.sent = sent;
    }

    /** When it was asked, in {@link System#nanoTime}. */
    public long sent() {
      return sent;
    }

    /** Whether nothing has changed since in this process. */
    public boolean isCurrent() {
      return changes == COUNT.get();
    }

    /** The same question, as if its request had been sent at {@code time}. */
    Question sentAt(long time) {
      return new Question(changes, time);
    }
  }
}
