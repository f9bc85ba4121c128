package io.forebay.hadoop.s3a;

import io.forebay.hadoop.ForebayMetrics;
import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.LatelyUsed;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Confirms the files of a directory by one LIST instead of a HEAD each, where tasks open many of them.
 *
 * <p>A directory is crowded once one task has asked for a fourth file of it. A task that then opens a file of it that
 * a HEAD has shown before, and it is not the task's first of that directory, asks for one page of the listing; what the page confirms needs no further request in that
 * task. What it names may also be fetched before its turn, see {@link NextFiles}. Stores of which it isn't known that a listing shows what was last written are not asked by default, and a
 * store whose listings contradict its HEADs three times is not asked again.
 */
final class Siblings {

  private static final Logger LOG = LoggerFactory.getLogger(Siblings.class);

  /** Below it, the LIST, twelve times a HEAD's price at AWS, would cost more than it saves. */
  private static final int CROWD = 4;

  /** What S3 puts on a page at most; asking the iterator for more would send another request. */
  private static final int PAGE = 1000;

  private static final int ENOUGH_CONTRADICTIONS = 3;
  private static final int ENOUGH_MISSES = 2;
  private static final int MOST_DIRECTORIES = 1024;
  private static final int MOST_TASKS = 64;

  private final StockS3A stock;
  private final SeenVersions seen;
  private final NextFiles next;
  private final Map<Path, Crowd> crowds = new LatelyUsed<>(MOST_DIRECTORIES);
  private int contradictions;

  /**
   * @param next who may fetch what a page names, whether or not it is relied on
   * @param trusted whether listings of this store may be relied on
   */
  Siblings(StockS3A stock, SeenVersions seen, NextFiles next, boolean trusted) {
    this.stock = stock;
    this.seen = seen;
    this.next = next;
    this.contradictions = trusted ? 0 : ENOUGH_CONTRADICTIONS;
  }

  /**
   * Lists the directory of {@code path} if that may save requests. A listing that fails has confirmed nothing.
   *
   * @return whether the listing speaks against what is remembered of {@code path}; the next HEAD judges it
   */
  boolean speakAgainst(Path path, Freshness.Moment moment) throws InterruptedIOException {
    if (moment.task() == null || !isWorthwhile(path, moment)) {
      return false;
    }
    ForebayMetrics.listedToConfirm();
    try {
      return list(path);
    } catch (SocketTimeoutException e) {
      // Of the same class as an interrupt, but nobody asked to stop.
      LOG.debug("{} could not be listed in time", path.getParent(), e);
    } catch (InterruptedIOException e) {
      throw e;
    } catch (AccessDeniedException e) {
      LOG.debug("{}: listing is denied, so that each file is confirmed by itself", path.getParent(), e);
      giveUp();
    } catch (IOException | RuntimeException e) {
      // A key that is no path, say: a HEAD of the file that is opened never meets it.
      LOG.debug("{} could not be listed", path.getParent(), e);
    }
    return false;
  }

  private boolean list(Path path) throws IOException {
    Changes.Question question = Changes.ask();
    RemoteIterator<FileStatus> page = stock.list(path.getParent());
    boolean isThere = false;
    boolean agrees = true;
    int count = 0;
    List<S3AFileStatus> siblings = new ArrayList<>();
    while (count < PAGE && page.hasNext()) {
      FileStatus status = page.next();
      count++;
      if (status instanceof S3AFileStatus && status.isFile()) {
        siblings.add((S3AFileStatus) status);
        boolean confirmed = !isTrusted() || seen.confirm(question, (S3AFileStatus) status);
        if (status.getPath().equals(path)) {
          isThere = true;
          agrees = confirmed;
        }
      }
    }
    next.listed(path.getParent(), siblings);
    if (!isTrusted()) {
      return false;
    }
    boolean whole = count < PAGE;
    if (!isThere && !whole) {
      missed(path);
    }
    return isThere ? !agrees : whole;
  }

  /** Counts a listing that a HEAD or GET has shown to be wrong or late. */
  synchronized void contradicted(Path path) {
    contradictions++;
    if (contradictions == ENOUGH_CONTRADICTIONS) {
      LOG.warn("the listing of {} does not show what is there, for the third time: listings of this bucket confirm"
          + " nothing any more", path.getParent());
    }
  }

  private synchronized void giveUp() {
    contradictions = ENOUGH_CONTRADICTIONS + 1;
  }

  /** A page that does not reach the files that are read is not asked for again and again. */
  private synchronized void missed(Path path) {
    Crowd crowd = crowds.get(path.getParent());
    if (crowd != null) {
      crowd.misses++;
    }
  }

  /** Whether listings of this store may be relied on. */
  synchronized boolean isTrusted() {
    return contradictions < ENOUGH_CONTRADICTIONS;
  }

  private synchronized boolean isWorthwhile(Path path, Freshness.Moment moment) {
    Path directory = path.getParent();
    if (directory == null) {
      return false;
    }
    Crowd crowd = crowds.computeIfAbsent(directory, unused -> new Crowd());
    boolean readsOn = crowd.note(path, moment.task());
    if (!crowd.isCrowded || !readsOn) {
      return false;
    }
    if (!seen.isConfirmable(path) || !isTrusted()) {
      return next.wantsListing(directory);
    }
    boolean worthwhile =
        crowd.misses < ENOUGH_MISSES && !crowd.listedIn.containsKey(moment.task());
    if (worthwhile) {
      crowd.listedIn.put(moment.task(), true);
    }
    return worthwhile;
  }

  /** What tasks have asked for in one directory. */
  private static final class Crowd {
    private final Map<Long, Set<Path>> asked = new LatelyUsed<>(MOST_TASKS);
    private final Map<Long, Boolean> listedIn = new LatelyUsed<>(MOST_TASKS);
    private final Map<Long, Path> first = new LatelyUsed<>(MOST_TASKS);
    private boolean isCrowded;
    private int misses;

    /** Says whether the task has asked for another file before: one that reads a single file saves nothing. */
    private boolean note(Path path, Long task) {
      if (!isCrowded) {
        Set<Path> files = asked.computeIfAbsent(task, unused -> new HashSet<>());
        files.add(path);
        if (files.size() >= CROWD) {
          isCrowded = true;
          asked.clear();
          return true;
        }
      }
      Path before = first.putIfAbsent(task, path);
      return before != null && !before.equals(path);
    }
  }
}
