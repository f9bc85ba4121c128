package io.forebay.hadoop;

import java.io.Closeable;
import java.io.IOException;
import java.security.PrivilegedExceptionAction;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.apache.hadoop.security.UserGroupInformation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads ahead, through the wrapped file system, what the library's planner thinks will be wanted.
 *
 * <p>One per file system instance. Readers pass by after each native read: while a thread is free and the library
 * has a range worth reading ahead, a worker takes it, as the file system's user. A reader that needs several ranges
 * at once may leave all but the first to free workers. What a worker can't get is simply not there when a reader
 * comes, who then reads by itself and sees the error; the library takes back what a stuck worker holds.
 */
final class DelegateLookAhead implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(DelegateLookAhead.class);

  /** More threads than this only queue for the same network. */
  private static final int MOST_THREADS = 16;

  /** The share of the connector's connections that look-ahead may hold; the others are for who waits. */
  private static final int SHARE = 4;

  private final UserGroupInformation user;
  private final Semaphore free;
  private final ExecutorService workers;

  /**
   * @param connections how many connections the wrapped file system may hold
   */
  DelegateLookAhead(UserGroupInformation user, int connections) {
    this.user = user;
    int threads = Math.max(1, Math.min(MOST_THREADS, connections / SHARE));
    this.free = new Semaphore(threads);
    this.workers = DaemonThreads.pool("forebay-ahead", threads, new LinkedBlockingQueue<>());
  }

  /** Sets workers to whatever is worth reading ahead in {@code file}, as far as there are free ones. */
  void pump(CachedFile file, DelegateReader reader) {
    while (free.tryAcquire()) {
      DelegateReader.Claim claim = next(file);
      if (claim == null) {
        free.release();
        return;
      }
      if (!begin(file, reader, claim)) {
        file.abandon(claim.flight);
        return;
      }
    }
  }

  /** Has a worker read {@code claim} if one is free; otherwise it stays the caller's. */
  boolean take(CachedFile file, DelegateReader reader, DelegateReader.Claim claim) {
    return free.tryAcquire() && begin(file, reader, claim);
  }

  /** Has a worker ask something of the wrapped file system if one is free; null otherwise. */
  <T> Future<T> ask(Callable<T> question) {
    FutureTask<T> asked = new FutureTask<>(() -> user.doAs((PrivilegedExceptionAction<T>) question::call));
    return free.tryAcquire() && begin(asked) ? asked : null;
  }

  private boolean begin(CachedFile file, DelegateReader reader, DelegateReader.Claim claim) {
    return begin(() -> work(file, reader, claim));
  }

  private boolean begin(Runnable work) {
    try {
      workers.execute(() -> {
        try {
          work.run();
        } finally {
          free.release();
        }
      });
      return true;
    } catch (RejectedExecutionException e) {
      free.release();
      return false;
    }
  }

  private void work(CachedFile file, DelegateReader reader, DelegateReader.Claim first) {
    for (DelegateReader.Claim claim = first; claim != null && land(file, reader, claim); ) {
      claim = next(file);
    }
  }

  private boolean land(CachedFile file, DelegateReader reader, DelegateReader.Claim claim) {
    try {
      return user.doAs((PrivilegedExceptionAction<Boolean>) () -> reader.land(file, claim));
    } catch (IOException | RuntimeException e) {
      LOG.debug("could not read {} bytes at {} ahead", claim.length, claim.offset, e);
    } catch (InterruptedException e) {
      LOG.debug("interrupted while reading ahead", e);
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private static DelegateReader.Claim next(CachedFile file) {
    try {
      long[] claim = file.nextAhead();
      return claim == null || claim.length < DelegateReader.Claim.LONGS ? null : new DelegateReader.Claim(claim, 0);
    } catch (IOException e) {
      LOG.debug("no more look-ahead for this file", e);
      return null;
    }
  }

  @Override
  public void close() {
    workers.shutdown();
  }
}
