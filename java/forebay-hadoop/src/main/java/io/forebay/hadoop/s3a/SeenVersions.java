package io.forebay.hadoop.s3a;

import io.forebay.hadoop.Freshness;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;

/**
 * What the store said of files, and when this file system instance asked. One instance's answers are never lent to
 * another, whose user may not be allowed to read the file.
 *
 * <p>A change made in this process takes back, in every instance, what was said of the path and below it, before and
 * after the change; an answer that was asked for before a change and comes after it is not remembered. "Not found" is
 * never remembered.
 */
final class SeenVersions {

  /** A large table's files in one task or driver; a status is about 300 bytes. */
  private static final int MOST = 2048;

  /** Beyond so many files with changes of which no end is told, this instance remembers nothing. */
  private static final int MOST_UNSETTLED = 10_000;

  private static final Set<SeenVersions> ALL =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
  private static final AtomicLong CHANGES = new AtomicLong();

  private final Set<String> unsettled = new HashSet<>();
  private final Map<String, Answer> answers =
      new LinkedHashMap<String, Answer>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Answer> eldest) {
          return size() > MOST;
        }
      };

  SeenVersions() {
    ALL.add(this);
  }

  /** Notes the time; to be called before the request is sent that {@link #add} brings the answer of. */
  Question ask() {
    return new Question(CHANGES.get(), System.nanoTime());
  }

  synchronized void add(Question question, S3AFileStatus status) {
    String path = status.getPath().toString();
    boolean settled = unsettled.size() <= MOST_UNSETTLED && !unsettled.contains(path);
    if (settled && question.changes == CHANGES.get()) {
      answers.remove(path);
      answers.put(path, new Answer(status, question.sent));
    }
  }

  /** The status of {@code path}, where one was asked for so lately that it may be relied on at this moment; or null. */
  synchronized S3AFileStatus trusted(Path path, Freshness.Moment moment) {
    Answer found = answers.get(path.toString());
    return found != null && moment.trusts(found.sent) ? copy(found.status) : null;
  }

  /** What the store said of {@code path} when it gave the status that {@code passed} repeats, or null. */
  synchronized S3AFileStatus like(Path path, FileStatus passed) {
    Answer found = answers.get(path.toString());
    boolean same =
        found != null
            && found.status.getLen() == passed.getLen()
            && found.status.getModificationTime() == passed.getModificationTime();
    return same ? copy(found.status) : null;
  }

  /** Says that {@code path} or something below it is about to change, or has changed. */
  static void changed(Path path) {
    CHANGES.incrementAndGet();
    String name = path.toString();
    String below = name.endsWith("/") ? name : name + '/';
    SeenVersions[] all = ALL.toArray(new SeenVersions[0]);
    for (SeenVersions one : all) {
      one.forget(name, below);
    }
  }

  private synchronized void forget(String name, String below) {
    answers.keySet().removeIf(known -> known.equals(name) || known.startsWith(below));
  }

  /** Says that {@code path} may change at any time from now on. */
  static void unsettled(Path path) {
    for (SeenVersions one : ALL.toArray(new SeenVersions[0])) {
      one.unsettle(path.toString());
    }
    changed(path);
  }

  private synchronized void unsettle(String path) {
    if (unsettled.size() <= MOST_UNSETTLED) {
      unsettled.add(path);
    }
  }

  /** Statuses can be changed by their holders. */
  private static S3AFileStatus copy(S3AFileStatus of) {
    return new S3AFileStatus(of.getLen(), of.getModificationTime(), of.getPath(), of.getBlockSize(), of.getOwner(),
        of.getEtag(), of.getVersionId());
  }

  /** When something was asked: the time, and how many changes came before. */
  static final class Question {
    private final long changes;
    private final long sent;

    private Question(long changes, long sent) {
      this.changes = changes;
      this.sent = sent;
    }
  }

  private static final class Answer {
    private final S3AFileStatus status;
    private final long sent;

    private Answer(S3AFileStatus status, long sent) {
      this.status = copy(status);
      this.sent = sent;
    }
  }
}
