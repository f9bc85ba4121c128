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

  /** How many there were so far. */
  public static long count() {
    return COUNT.get();
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
}
