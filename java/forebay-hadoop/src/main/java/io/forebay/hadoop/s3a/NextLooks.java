package io.forebay.hadoop.s3a;

import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.LatelyUsed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.hadoop.fs.Path;

/**
 * Asks for the files a task will open next while it works on the present one, as far as earlier tasks have shown what
 * follows: the tasks of a query take a table's files in the same order each time.
 *
 * <p>What is asked so is asked within the task, so that its answers count like any other. A wrong guess costs a request
 * that nobody waits for, and is not made twice: a file is remembered to be followed by what followed it last.
 */
final class NextLooks {

  /** One hides the request behind the work on a file; the second, behind that on a short one. */
  private static final int AHEAD = 2;

  private static final int MOST_FILES = 8192;
  private static final int MOST_TASKS = 256;
  private static final int MOST_UNDER_WAY = 256;

  private final boolean enabled;
  private final Map<Path, Path> followers = new LatelyUsed<>(MOST_FILES);
  private final Map<Long, Turn> turns = new LatelyUsed<>(MOST_TASKS);
  private final Map<Path, Begun> underWay =
      new LinkedHashMap<Path, Begun>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, Begun> eldest) {
          boolean tooMany = size() > MOST_UNDER_WAY;
          if (tooMany) {
            eldest.getValue().look.forget();
          }
          return tooMany;
        }
      };

  /**
   * @param enabled whether anything is asked for before its turn
   */
  NextLooks(boolean enabled) {
    this.enabled = enabled;
  }

  /** Notes that a task asks for {@code path}; what it will probably ask for next, unless it asked for this before. */
  synchronized List<Path> after(Path path, long task) {
    List<Path> next = new ArrayList<>(AHEAD);
    Turn turn = turns.get(task);
    Path before = turn == null ? null : turn.now;
    if (path.equals(before)) {
      return next;
    }
    turns.put(task, new Turn(path, before));
    if (before != null) {
      followers.put(before, path);
    }
    if (!enabled) {
      return next;
    }
    for (Path at = followers.get(path); at != null && next.size() < AHEAD; at = followers.get(at)) {
      if (at.equals(path) || next.contains(at)) {
        break;
      }
      next.add(at);
    }
    return next;
  }

  /** Whether the task is done with another file of the directory of {@code path}. */
  synchronized boolean goesOn(Path path, long task) {
    Turn turn = turns.get(task);
    return turn != null && turn.before != null && Objects.equals(turn.before.getParent(), path.getParent());
  }

  synchronized boolean isUnderWay(Path path, Freshness.Moment moment) {
    Begun begun = underWay.get(path);
    return begun != null && begun.isOfUse(moment);
  }

  synchronized void begun(Path path, Changes.Question question, Looks.Look look) {
    Begun before = underWay.put(path, new Begun(question, look));
    if (before != null) {
      before.look.forget();
    }
  }

  /** The question about {@code path} that was sent before, if the task may rely on its answer; now the caller's. */
  synchronized Begun take(Path path, Freshness.Moment moment) {
    Begun begun = underWay.remove(path);
    if (begun != null && !begun.isOfUse(moment)) {
      begun.look.forget();
      return null;
    }
    return begun;
  }

  synchronized void close() {
    underWay.values().forEach(begun -> begun.look.forget());
    underWay.clear();
  }

  /** The file a task works on, and the one it worked on before. */
  private static final class Turn {
    final Path now;
    final Path before;

    private Turn(Path now, Path before) {
      this.now = now;
      this.before = before;
    }
  }

  /** A question under way, and when it was sent. */
  static final class Begun {
    final Changes.Question question;
    final Looks.Look look;

    private Begun(Changes.Question question, Looks.Look look) {
      this.question = question;
      this.look = look;
    }

    /** Whether it was sent within the task, and after the last change that this process made to any file. */
    private boolean isOfUse(Freshness.Moment moment) {
      return moment.trusts(question.sent()) && question.isCurrent();
    }
  }
}
