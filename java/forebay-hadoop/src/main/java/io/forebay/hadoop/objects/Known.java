package io.forebay.hadoop.objects;

import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.LatelyUsed;
import io.forebay.hadoop.s3a.Changes;
import java.util.Map;
import org.apache.hadoop.fs.Path;

/**
 * What the store said of files, as far as {@link Freshness} lets it stand in for asking again. One file system
 * instance's answers are never lent to another. A change made in this process takes back what was said of the path and
 * below it, before and after the change; an answer asked for before a change that comes after it is not remembered.
 * "Not found" is never remembered.
 */
final class Known implements Changes.Listener {

  /** The files of a large table; a status is about 400 bytes, so this is 3 MB at most. */
  private static final int MOST = 8192;

  private final Freshness freshness;
  private final Map<String, Answer> answers = new LatelyUsed<>(MOST);

  Known(Freshness freshness) {
    this.freshness = freshness;
    Changes.listen(this);
  }

  /** Whether a status that an engine passes is taken at its word. */
  boolean trustsPassed() {
    return freshness.trustsPassed();
  }

  /** The status of a file that was asked for so lately that it may be relied on now; or null. */
  synchronized ObjectStatus of(Path path) {
    Answer found = answers.get(path.toString());
    return found != null && freshness.now().trusts(found.sent) ? found.status.copy() : null;
  }

  synchronized void add(Changes.Question question, ObjectStatus status) {
    if (question.isCurrent()) {
      answers.put(status.getPath().toString(), new Answer(status.copy(), question.sent()));
    }
  }

  @Override
  public synchronized void changed(Changes.Subject subject) {
    answers.keySet().removeIf(subject::covers);
  }

  @Override
  public void unsettled(String path) {
    // What is written through this class says when it changes.
  }

  /** A status, and when the request for it was sent. */
  private static final class Answer {
    private final ObjectStatus status;
    private final long sent;

    private Answer(ObjectStatus status, long sent) {
      this.status = status;
      this.sent = sent;
    }
  }
}
