package io.forebay.hadoop.s3a;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.LatelyUsed;
import io.forebay.hadoop.PinnedFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the first bytes of files before their turn: all of a small file, the tail of a larger one.
 *
 * <p>Where a task reads many files of a directory, the next ones are known: Spark packs a table's files into tasks from
 * the largest to the smallest, those of one length in the order of their listing. So when a task asks for a file, the
 * few that follow it in that order are fetched, each at the version that a listing named, with one request that brings
 * its bytes and proves its version; when their turn comes no further request is needed. Of files that are cached
 * already only the version is asked for, ahead as well, unless one listing may confirm them all ({@link Siblings}). A
 * listing is only a hint here: what it gets wrong is not fetched, and then asked for as usual.
 */
final class NextFiles implements Changes.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(NextFiles.class);

  /** Hides 30 ms to the first byte behind files that take 8 ms each; a task's last few are in vain. */
  private static final int AHEAD = 4;

  /** How long a listing is worth following. */
  private static final long WORTH = TimeUnit.SECONDS.toNanos(60);

  private static final int MOST_DIRECTORIES = 64;
  private static final int MOST_TASKS = 64;

  /** A task's first file says nothing of a second; for small files, of which tasks read many, it is taken to. */
  private static final long SMALL = 1 << 20;

  /** How often a fetch under way is waited for, 100 ms each, before the store is asked by itself. */
  private static final int PATIENCE = 20;

  private final CachedStore store;
  private final Function<Path, String> keys;
  private boolean versioned;
  private final Map<Path, Page> pages = new LatelyUsed<>(MOST_DIRECTORIES);
  private final Map<Path, Long> listings = new LatelyUsed<>(16 * MOST_DIRECTORIES);

  /**
   * @param store who fetches, or null where nothing can be fetched ahead
   * @param keys the object's key of a path
   */
  NextFiles(CachedStore store, Function<Path, String> keys) {
    this.store = store;
    this.keys = keys;
    Changes.listen(this);
  }

  /** Whether a listing of this directory would be of use. */
  synchronized boolean wantsListing(Path directory) {
    if (!isPossible() || page(directory) != null) {
      return false;
    }
    // Whatever became of the last one (denied, pushed out, outdated by a write), it is not asked for again so soon.
    long now = System.nanoTime();
    Long last = listings.get(directory);
    boolean due = last == null || now - last >= WORTH;
    if (due) {
      listings.put(directory, now);
    }
    return due;
  }

  /** A listing has no version ids, and in a bucket that keeps versions they are part of what is cached. */
  private boolean isPossible() {
    return store != null && !versioned;
  }

  synchronized void sawVersionId(String id) {
    versioned |= id != null && !id.isEmpty() && !id.equals("null");
  }

  synchronized void listed(Path directory, List<S3AFileStatus> files) {
    if (isPossible()) {
      pages.put(directory, new Page(files));
    }
  }

  private Page page(Path directory) {
    Page page = pages.get(directory);
    return page != null && System.nanoTime() - page.listed < WORTH ? page : null;
  }

  /**
   * Has the files after {@code path} fetched; says whether {@code path} itself was, and at which version; or null.
   *
   * @param isWanted whether anything has to be known of a file
   */
  Fetched fetched(Path path, Freshness.Moment moment, Predicate<Path> isWanted) throws IOException {
    if (moment.task() == null) {
      return null;
    }
    Page page;
    Integer place;
    synchronized (this) {
      page = isPossible() ? page(path.getParent()) : null;
      place = page == null ? null : page.places.get(path);
      if (place == null) {
        return null;
      }
    }
    if (page.isFirst(path, moment.task()) && page.files[place].getLen() > SMALL) {
      return null;
    }
    for (int at = place + 1; at <= place + AHEAD && at < page.files.length; at++) {
      if (isWanted.test(page.files[at].getPath())) {
        bring(page, at, moment.task());
      }
    }
    if (!page.isBrought(place, moment.task())) {
      return null;
    }
    S3AFileStatus status = page.files[place];
    try {
      Long sent = store.awaitProof(keys.apply(path), status.getEtag(), status.getLen(), PATIENCE);
      // An older proof is another reader's, from before this page or a change.
      return sent == null || sent - page.begun(place) < 0 ? null : new Fetched(SeenVersions.copy(status), sent);
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      LOG.debug("{}: not known to be fetched", path, e);
      return null;
    }
  }

  /** Whether a file is being fetched for a task, or was. */
  synchronized boolean isBrought(Path path, Freshness.Moment moment) {
    Page page = page(path.getParent());
    Integer place = page == null ? null : page.places.get(path);
    return place != null && page.isBrought(place, moment.task());
  }

  private void bring(Page page, int at, long task) {
    if (page.begin(at, task)) {
      S3AFileStatus status = page.files[at];
      try {
        store.bring(keys.apply(status.getPath()), status.getEtag(), status.getLen());
      } catch (IOException e) {
        LOG.debug("{} could not be fetched ahead", status.getPath(), e);
      }
    }
  }

  @Override
  public synchronized void changed(Changes.Subject subject) {
    pages.keySet().removeIf(directory -> subject.covers(directory.toString()) || subject.isWithin(directory.toString()));
  }

  @Override
  public void unsettled(String path) {
    // Its page goes with the change that is told next, and the next listing is a hint as ever.
  }

  /** A file whose bytes the store has given for no demand. */
  static final class Fetched {
    private final S3AFileStatus status;
    private final long sent;

    Fetched(S3AFileStatus status, long sent) {
      this.status = status;
      this.sent = sent;
    }

    S3AFileStatus status() {
      return status;
    }

    /** When the request was sent, in {@link System#nanoTime}. */
    long sent() {
      return sent;
    }
  }

  /** The files of a directory in the order in which tasks read them. */
  private static final class Page {
    private final long listed = System.nanoTime();
    private final S3AFileStatus[] files;
    // When each was last begun, in System.nanoTime; null for never.
    private final Long[] brought;
    private final Map<Long, Path> firsts = new LatelyUsed<>(MOST_TASKS);
    private final Map<Path, Integer> places = new HashMap<>();

    Page(List<S3AFileStatus> listing) {
      files = listing.toArray(new S3AFileStatus[0]);
      Arrays.sort(files, Comparator.comparingLong(S3AFileStatus::getLen).reversed());
      brought = new Long[files.length];
      for (int at = 0; at < files.length; at++) {
        places.put(files[at].getPath(), at);
      }
    }

    /** What was begun before a task proves nothing to it, so a task begins anew; what is here is only confirmed. */
    synchronized boolean begin(int at, long task) {
      boolean first = !isBrought(at, task) && files[at].getLen() > 0 && PinnedFile.isStrong(files[at].getEtag());
      if (first) {
        brought[at] = System.nanoTime();
      }
      return first;
    }

    synchronized long begun(int at) {
      return brought[at];
    }

    /** Whether this is the first file of the directory that a task asks for. */
    synchronized boolean isFirst(Path path, long task) {
      Path before = firsts.putIfAbsent(task, path);
      return before == null || before.equals(path);
    }

    synchronized boolean isBrought(int at, long task) {
      return brought[at] != null && brought[at] - task >= 0;
    }
  }
}
