package io.forebay.hadoop.s3a;

import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.LatelyUsed;
import io.forebay.hadoop.PinnedFile;
import io.forebay.hadoop.Rights;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
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
final class SeenVersions implements Changes.Listener {

  /** The files of a large table; a status is about 400 bytes, so this is 3 MB at most. */
  private static final int MOST = 8192;

  /** Beyond so many files with changes of which no end is told, this instance remembers nothing. */
  private static final int MOST_UNSETTLED = 10_000;

  private final Rights rights;
  private final Set<String> unsettled = new HashSet<>();
  private final Map<String, Answer> answers = new LatelyUsed<>(MOST);

  /**
   * @param rights how long a HEAD goes on proving that this principal may read a version
   */
  SeenVersions(Rights rights) {
    this.rights = rights;
    Changes.listen(this);
  }

  synchronized void add(Changes.Question question, S3AFileStatus status) {
    String path = status.getPath().toString();
    Answer held = answers.get(path);
    boolean isNewer = held == null || question.sent() - held.sent >= 0;
    if (isNewer && isSettled(path) && question.isCurrent()) {
      answers.put(path, new Answer(copy(status), question.sent(), question.sent()));
    }
  }

  private boolean isSettled(String path) {
    return unsettled.size() <= MOST_UNSETTLED && !unsettled.contains(path);
  }

  /**
   * Takes what a listing says of a file: it may confirm the version that a HEAD showed before, never define one.
   *
   * @return false where it says something else than the HEAD did
   */
  synchronized boolean confirm(Changes.Question question, S3AFileStatus listed) {
    String path = listed.getPath().toString();
    Answer found = answers.get(path);
    if (found == null) {
      return true;
    }
    if (!found.isOf(listed)) {
      return false;
    }
    if (isSettled(path) && question.isCurrent() && question.sent() - found.sent > 0
        && rights.last(found.proved)) {
      answers.put(path, new Answer(found.status, question.sent(), found.proved));
    }
    return true;
  }

  /** Whether a HEAD has shown a version of {@code path} that a listing could confirm. */
  synchronized boolean isConfirmable(Path path) {
    Answer found = answers.get(path.toString());
    return found != null && rights.last(found.proved);
  }

  /** Whether what is relied on for {@code path} was last confirmed by a listing. */
  synchronized boolean isListed(Path path) {
    Answer found = answers.get(path.toString());
    return found != null && found.sent != found.proved;
  }

  /** The status of {@code path}, where one was asked for so lately that it may be relied on at this moment; or null. */
  synchronized S3AFileStatus trusted(Path path, Freshness.Moment moment) {
    Answer found = answers.get(path.toString());
    return found != null && moment.trusts(found.sent) && rights.last(found.proved) ? copy(found.status) : null;
  }

  /** Whether this principal may be given what is cached of a version, without the store being asked. */
  synchronized boolean mayRead(Path path, String etag) {
    Answer found = answers.get(path.toString());
    boolean isProved = found != null && rights.last(found.proved) && PinnedFile.isSame(found.status.getEtag(), etag);
    return isProved || !rights.areVerified();
  }

  /** What a HEAD last said of {@code path}, however long ago; or null. */
  synchronized S3AFileStatus last(Path path) {
    Answer found = answers.get(path.toString());
    return found == null ? null : found.status;
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

  @Override
  public synchronized void changed(Changes.Subject subject) {
    answers.keySet().removeIf(subject::covers);
  }

  @Override
  public synchronized void unsettled(String path) {
    if (unsettled.size() <= MOST_UNSETTLED) {
      unsettled.add(path);
    }
  }

  /** Statuses can be changed by their holders. */
  static S3AFileStatus copy(S3AFileStatus of) {
    return new S3AFileStatus(of.getLen(), of.getModificationTime(), of.getPath(), of.getBlockSize(), of.getOwner(),
        of.getEtag(), of.getVersionId());
  }

  /** A status, when the request was sent that last confirmed it, and when the last HEAD was. */
  private static final class Answer {
    private final S3AFileStatus status;
    private final long sent;
    private final long proved;

    private Answer(S3AFileStatus status, long sent, long proved) {
      this.status = status;
      this.sent = sent;
      this.proved = proved;
    }

    private boolean isOf(S3AFileStatus other) {
      // Some stores list milliseconds where a HEAD answers seconds.
      return status.getLen() == other.getLen()
          && status.getModificationTime() / 1000 == other.getModificationTime() / 1000
          && PinnedFile.isSame(status.getEtag(), other.getEtag());
    }
  }
}
