package io.forebay.hadoop.s3a;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.Inquiry;
import io.forebay.hadoop.PinnedFile;
import io.forebay.jni.Kind;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@link Looks} of the library's own client: with the answer come the bytes that its reader wants first, so that one
 * request does what takes S3A two.
 *
 * <p>Only names that may be files of data are asked for so: a directory would cost one request more, since only S3A
 * tells it from nothing at all. Whatever the library's client can't settle, S3A is asked for.
 */
final class NativeLooks implements Looks {

  private static final Logger LOG = LoggerFactory.getLogger(NativeLooks.class);

  /** After so many failures in a row, each of which may have cost seconds, the client is left alone for a while. */
  private static final int ENOUGH_FAILURES = 3;
  private static final long REST = TimeUnit.SECONDS.toNanos(60);

  /** Hadoop 3.4, which speaks the AWS SDK's second version, leaves the quotes of an ETag where 3.3 takes them off. */
  private static final boolean QUOTED = isPresent("org.apache.hadoop.fs.s3a.S3AInternals");

  private final S3AFileSystem files;
  private final CachedStore store;
  private final DataNames names = new DataNames();
  private int failures;
  private long restUntil;

  NativeLooks(S3AFileSystem files, CachedStore store) {
    this.files = files;
    this.store = store;
  }

  @Override
  public boolean leads() {
    return true;
  }

  @Override
  public boolean suits(Path path) {
    return names.mayBeData(path) && isAtWork();
  }

  private synchronized boolean isAtWork() {
    return failures < ENOUGH_FAILURES || System.nanoTime() - restUntil >= 0;
  }

  @Override
  public void sawDirectory(Path path) {
    names.sawDirectory(path);
  }

  @Override
  public void changed(Path path) {
    names.changed(path);
  }

  @Override
  public Look begin(Path path, S3AFileStatus known, long expected, boolean goesOn) {
    try {
      boolean isKnown = known != null && PinnedFile.isStrong(known.getEtag());
      Inquiry inquiry =
          isKnown
              ? store.inquire(
                  files.pathToKey(path), known.getEtag(), known.getLen(), Overlay.versionId(known), expected, goesOn)
              : store.inquire(files.pathToKey(path), null, 0, null, expected, goesOn);
      return new Question(path, known, inquiry);
    } catch (IOException e) {
      LOG.debug("{} is asked for by S3A", path, e);
      return null;
    }
  }

  private synchronized void settled(Kind failure) {
    boolean isAnswer = failure == null || failure == Kind.NOT_FOUND || failure == Kind.CHANGED
        || failure == Kind.ACCESS_DENIED || failure == Kind.UNSUPPORTED;
    if (isAnswer) {
      failures = 0;
    } else if (++failures >= ENOUGH_FAILURES) {
      restUntil = System.nanoTime() + REST;
    }
  }

  private static boolean isPresent(String name) {
    try {
      Class.forName(name, false, S3AFileSystem.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError absent) {
      return false;
    }
  }

  /** One question and its answer. */
  private final class Question implements Look {
    private final Path path;
    private final S3AFileStatus known;
    private final Inquiry inquiry;

    private Question(Path path, S3AFileStatus known, Inquiry inquiry) {
      this.path = path;
      this.known = known;
      this.inquiry = inquiry;
    }

    @Override
    public S3AFileStatus await() throws IOException {
      try (Inquiry closing = inquiry) {
        Inquiry.Answer answer = closing.await();
        settled(answer.failure());
        if (answer.isUnchanged()) {
          return SeenVersions.copy(known);
        }
        return answer.failure() == null ? status(answer) : null;
      }
    }

    private S3AFileStatus status(Inquiry.Answer answer) {
      String etag = QUOTED ? '"' + answer.etag() + '"' : answer.etag();
      return new S3AFileStatus(answer.length(), answer.modified(), path, files.getDefaultBlockSize(path),
          files.getUsername(), etag, answer.versionId());
    }

    @Override
    public void forget() {
      inquiry.close();
    }
  }
}
