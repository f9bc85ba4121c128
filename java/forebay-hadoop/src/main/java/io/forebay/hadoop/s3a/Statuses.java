package io.forebay.hadoop.s3a;

import io.forebay.hadoop.ForebayMetrics;
import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.PinnedFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.fs.s3a.S3ALocatedFileStatus;

/**
 * What files are now, as far as one file system instance may know: asked by S3A's HEAD, remembered from one that
 * {@link Freshness} lets stand, or remembered and confirmed together with their {@link Siblings}. All paths are
 * qualified.
 */
final class Statuses {

  private final StockS3A stock;
  private final Freshness freshness;
  private final SeenVersions seen = new SeenVersions();
  private final NextFiles next;
  private final Siblings siblings;

  /**
   * @param trustsListings whether a listing of this store may confirm a version
   * @param next who fetches files before their turn
   */
  Statuses(StockS3A stock, Freshness freshness, boolean trustsListings, NextFiles next) {
    this.stock = stock;
    this.freshness = freshness;
    this.next = next;
    this.siblings = new Siblings(stock, seen, next, trustsListings);
  }

  /** S3A's answer about a path; a file's may be an earlier one. */
  FileStatus status(Path path) throws IOException {
    Freshness.Moment moment = freshness.now();
    S3AFileStatus known = seen.trusted(path, moment);
    if (known != null) {
      ForebayMetrics.confirmedBefore();
      return known;
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
    FileStatus now = asked(path);
    if (spokenAgainst && before != null && isSame(before, now)
        && before.getModificationTime() == now.getModificationTime()) {
      siblings.contradicted(path);
    }
    return now;
  }

  /** The status of a file whose bytes were fetched before its turn, for no other reason than that it would be read. */
  private S3AFileStatus fetchedBefore(Path path, Freshness.Moment moment) throws IOException {
    SeenVersions.Question question = seen.ask();
    NextFiles.Fetched fetched = next.fetched(path, moment, other -> isUnknown(other, moment));
    if (fetched == null || !freshness.now().trusts(fetched.sent())) {
      return null;
    }
    seen.add(question.sentAt(fetched.sent()), fetched.status());
    return fetched.status();
  }

  /** Whether nothing is known of a file, nor will be by the next listing. */
  private boolean isUnknown(Path path, Freshness.Moment moment) {
    return seen.trusted(path, moment) == null && !(siblings.isTrusted() && seen.isConfirmable(path));
  }

  private FileStatus asked(Path path) throws IOException {
    SeenVersions.Question question = seen.ask();
    FileStatus status = stock.status(path);
    if (status instanceof S3AFileStatus && status.isFile()) {
      S3AFileStatus file = (S3AFileStatus) status;
      seen.add(question, file);
      next.sawVersionId(file.getVersionId());
    }
    return status;
  }

  private static boolean isSame(S3AFileStatus before, FileStatus now) {
    return now instanceof S3AFileStatus && PinnedFile.isSame(before.getEtag(), ((S3AFileStatus) now).getEtag());
  }

  /** The version to read: the one passed, confirmed unless it is to be trusted; else what the store says. */
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
      return file(path);
    }
    if (!freshness.trustsPassed()) {
      return still(path, wanted);
    }
    return wanted.getPath().equals(path)
        ? wanted
        : new S3AFileStatus(wanted.getLen(), wanted.getModificationTime(), path, wanted.getBlockSize(),
            wanted.getOwner(), wanted.getEtag(), wanted.getVersionId());
  }

  private S3AFileStatus still(Path path, S3AFileStatus wanted) throws IOException {
    S3AFileStatus present = file(path);
    if (!isSame(wanted, present)) {
      // What was remembered may be older than what the caller listed.
      present = file(path, asked(path));
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
  }

  /** Hears that {@code path} may change in this process at any time from now on. */
  void unsettled(Path path) {
    Changes.unsettled(path);
  }

  @Override
  public String toString() {
    return "freshness " + freshness;
  }
}
