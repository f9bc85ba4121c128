package io.forebay.hadoop.s3a;

import io.forebay.hadoop.ForebayMetrics;
import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.PinnedFile;
import io.forebay.hadoop.Rights;
import java.io.FileNotFoundException;
import java.io.IOException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.fs.s3a.S3ALocatedFileStatus;

/**
 * What files are now, as far as one file system instance may know: asked by S3A's HEAD or, in tasks, by the library's
 * {@link Looks}; remembered from an answer that {@link Freshness} lets stand; or remembered and confirmed together with
 * their {@link Siblings}. All paths are qualified.
 */
final class Statuses {

  private final StockS3A stock;
  private final Freshness freshness;
  private final Rights rights;
  private final SeenVersions seen;
  private final NextFiles nextFiles;
  private final Siblings siblings;
  private final Looks looks;
  private final NextLooks nextLooks;

  /**
   * @param trustsListings whether a listing of this store may confirm a version
   * @param nextFiles who fetches files before their turn
   * @param looks who asks what a file is in S3A's place, or before S3A has to, or null for nobody
   * @param nextLooks which files are asked for before their turn
   */
  Statuses(StockS3A stock, Freshness freshness, Rights rights, boolean trustsListings, NextFiles nextFiles,
      Looks looks, NextLooks nextLooks) {
    this.stock = stock;
    this.freshness = freshness;
    this.rights = rights;
    this.seen = new SeenVersions(rights);
    this.nextFiles = nextFiles;
    this.siblings = new Siblings(stock, seen, nextFiles, trustsListings);
    this.looks = looks;
    this.nextLooks = nextLooks;
  }

  /** What a path is, as S3A would answer; a file's status may be an earlier answer. */
  FileStatus status(Path path) throws IOException {
    return status(path, null);
  }

  /**
   * The same of a path that the caller has a status of, which tells how long it may be.
   *
   * @param passed it, or null
   */
  private FileStatus status(Path path, FileStatus passed) throws IOException {
    Freshness.Moment moment = freshness.now();
    lookAhead(path, moment);
    S3AFileStatus known = seen.trusted(path, moment);
    if (known != null) {
      ForebayMetrics.confirmedBefore();
      return known;
    }
    if (nextLooks.isUnderWay(path, moment)) {
      return asked(path, passed);
    }
    S3AFileStatus before = seen.last(path);
    boolean spokenAgainst = siblings.speakAgainst(path, moment);
    known = seen.trusted(path, freshness.now());
    if (known == null) {
      known = fetchedBefore(path, freshness.now());
    }
    if (known != null) {
      return known;
    }
    FileStatus now = asked(path, passed);
    if (spokenAgainst && before != null && isSame(before, now)
        && before.getModificationTime() == now.getModificationTime()) {
      siblings.contradicted(path);
    }
    return now;
  }

  /** The status of a file whose bytes were fetched before its turn, for no other reason than that it would be read. */
  private S3AFileStatus fetchedBefore(Path path, Freshness.Moment moment) throws IOException {
    Changes.Question question = Changes.ask();
    NextFiles.Fetched fetched = nextFiles.fetched(path, moment, other -> isUnknown(other, moment));
    if (fetched == null || !freshness.now().trusts(fetched.sent())) {
      return null;
    }
    seen.add(question.sentAt(fetched.sent()), fetched.status());
    return fetched.status();
  }

  /** Whether nothing is known of a file, nor asked, nor will be known by the next listing. */
  private boolean isUnknown(Path path, Freshness.Moment moment) {
    return seen.trusted(path, moment) == null
        && !(siblings.isTrusted() && seen.isConfirmable(path))
        && !nextLooks.isUnderWay(path, moment);
  }

  private FileStatus asked(Path path, FileStatus passed) throws IOException {
    FileStatus looked = looked(path, passed);
    if (looked != null) {
      return looked;
    }
    Changes.Question question = Changes.ask();
    ForebayMetrics.askedS3A();
    FileStatus status = stock.status(path);
    if (status instanceof S3AFileStatus && status.isFile()) {
      keep(question, (S3AFileStatus) status);
    } else if (looks != null && status.isDirectory()) {
      looks.sawDirectory(path);
    }
    return status;
  }

  /** What the library's own client says of a file that a task is about to read; null where S3A has to be asked. */
  private S3AFileStatus looked(Path path, FileStatus passed) throws IOException {
    Freshness.Moment moment = freshness.now();
    if (looks == null || moment.task() == null || !looks.suits(path)) {
      return null;
    }
    NextLooks.Begun begun = nextLooks.take(path, moment);
    if (begun == null && !looks.leads()) {
      return null;
    }
    Changes.Question question = begun == null ? Changes.ask() : begun.question;
    Looks.Look look = begun == null ? look(path, passed, moment) : begun.look;
    S3AFileStatus status = look == null ? null : look.await();
    if (status != null) {
      keep(question, status);
    }
    return status;
  }

  private Looks.Look look(Path path, FileStatus passed, Freshness.Moment moment) {
    S3AFileStatus known = seen.last(path);
    boolean differs = known != null && passed != null && known.getLen() != passed.getLen();
    long expected = passed == null ? -1 : passed.getLen();
    return looks.begin(path, differs ? null : known, expected, nextLooks.goesOn(path, moment.task()));
  }

  /** Asks for what the task will want next. */
  private void lookAhead(Path path, Freshness.Moment moment) {
    if (looks == null || moment.task() == null) {
      return;
    }
    for (Path other : nextLooks.after(path, moment.task())) {
      boolean due = isUnknown(other, moment) && !nextFiles.isBrought(other, moment) && looks.suits(other);
      Changes.Question question = Changes.ask();
      Looks.Look look = due ? look(other, null, moment) : null;
      if (look != null) {
        ForebayMetrics.askedAhead();
        nextLooks.begun(other, question, look);
      }
    }
  }

  private void keep(Changes.Question question, S3AFileStatus file) {
    seen.add(question, file);
    nextFiles.sawVersionId(file.getVersionId());
  }

  private static boolean isSame(S3AFileStatus before, FileStatus now) {
    return now instanceof S3AFileStatus && PinnedFile.isSame(before.getEtag(), ((S3AFileStatus) now).getEtag());
  }

  /**
   * The version to read: the one passed, confirmed unless it is to be trusted and may be read; else what the store
   * says.
   */
  S3AFileStatus version(Path path, FileStatus passed) throws IOException {
    S3AFileStatus wanted = null;
    if (passed instanceof S3AFileStatus) {
      wanted = (S3AFileStatus) passed;
    } else if (passed instanceof S3ALocatedFileStatus) {
      wanted = ((S3ALocatedFileStatus) passed).toS3AFileStatus();
    } else if (passed != null && freshness.trustsPassed()) {
      wanted = seen.like(path, passed);
    }
    if (wanted == null || !PinnedFile.isStrong(wanted.getEtag())) {
      return file(path, status(path, passed));
    }
    if (!freshness.trustsPassed() || !seen.mayRead(path, wanted.getEtag())) {
      return still(path, wanted);
    }
    return wanted.getPath().equals(path)
        ? wanted
        : new S3AFileStatus(wanted.getLen(), wanted.getModificationTime(), path, wanted.getBlockSize(),
            wanted.getOwner(), wanted.getEtag(), wanted.getVersionId());
  }

  private S3AFileStatus still(Path path, S3AFileStatus wanted) throws IOException {
    S3AFileStatus present = file(path, status(path, wanted));
    if (!isSame(wanted, present)) {
      // What was remembered may be older than what the caller listed.
      present = file(path, asked(path, wanted));
    }
    if (!isSame(wanted, present)) {
      throw new RemoteFileChangedException(path.toString(), "open",
          "the file was written again since it was listed: its ETag was " + wanted.getEtag() + " and is "
              + present.getEtag());
    }
    return present;
  }

  /** The status of a file, with the errors of S3A's open: a directory is not there, but for the root. */
  S3AFileStatus file(Path path) throws IOException {
    return file(path, status(path));
  }

  private static S3AFileStatus file(Path path, FileStatus status) throws FileNotFoundException {
    if (status.isDirectory() || !(status instanceof S3AFileStatus)) {
      throw new FileNotFoundException(
          path.isRoot() ? path + " is a directory" : "No such file or directory: " + path);
    }
    return (S3AFileStatus) status;
  }

  /** Hears that a read of {@code path} failed: what is remembered may be outdated. */
  void doubt(Path path, IOException failure) {
    boolean isGone = failure instanceof RemoteFileChangedException || failure instanceof FileNotFoundException;
    if (isGone && seen.isListed(path)) {
      siblings.contradicted(path);
    }
    Changes.of(path);
  }

  /** Hears that {@code path} or something below it is about to change in this process, or has changed. */
  void changed(Path path) {
    Changes.of(path);
    if (looks != null) {
      looks.changed(path);
    }
  }

  /** Gives up what is under way. */
  void close() {
    nextLooks.close();
  }

  /** Hears that {@code path} may change in this process at any time from now on. */
  void unsettled(Path path) {
    Changes.unsettled(path);
  }

  @Override
  public String toString() {
    return "freshness " + freshness + (rights.areVerified() ? "" : ", rights to read are not verified");
  }
}
