package io.forebay.hadoop.s3a;

import io.forebay.hadoop.Signing;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lends the native library the credentials that S3A signs with, from S3A's own provider chain, or from
 * what stands for it.
 *
 * <p>The chain is asked on the thread that demands bytes, five minutes before the credentials expire, once a minute
 * where no expiry is known, and once after the store refused. Credentials go to the library only when they differ
 * from the last ones. They are never logged.
 */
public final class S3ACredentials implements Signing, Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(S3ACredentials.class);

  /** AWS rotates role credentials at least five minutes before they end. */
  private static final Duration BEFORE_EXPIRY = Duration.ofMinutes(5);

  /** SDK v1 tells no expiry; a minute bounds how long rotated credentials go unnoticed. */
  private static final Duration WITHOUT_EXPIRY = Duration.ofMinutes(1);

  /** Near or past expiry, and after a chain that failed, it is not asked more often than this. */
  private static final Duration AT_MOST_EVERY = Duration.ofSeconds(5);

  /** Where credentials go. */
  public interface Library {
    void credentials(String accessKey, String secretKey, String sessionToken) throws IOException;
  }

  private final CredentialSource chain;
  private final Library library;
  private final ReentrantLock asking = new ReentrantLock();
  // Guarded by asking.
  private Credentials last;
  private volatile long dueAt = System.nanoTime();

  public S3ACredentials(CredentialSource chain, Library library) {
    this.chain = chain;
    this.library = library;
  }

  @Override
  public void renewIfDue() {
    // Those who come while one asks go on with what there is.
    if (System.nanoTime() - dueAt >= 0 && asking.tryLock()) {
      try {
        renew();
      } finally {
        asking.unlock();
      }
    }
  }

  @Override
  public boolean renewAfterDenial() {
    asking.lock();
    try {
      chain.refresh();
      return renew();
    } finally {
      asking.unlock();
    }
  }

  /** Asks the chain; says whether the library has other credentials now. */
  private boolean renew() {
    try {
      Credentials found = chain.resolve();
      dueAt = System.nanoTime() + untilNext(found.expiry()).toNanos();
      if (found.equals(last)) {
        return false;
      }
      library.credentials(found.accessKey(), found.secretKey(), found.sessionToken());
      last = found;
      return true;
    } catch (IOException e) {
      // The library goes on with what it has; if the store refuses, S3A reads and throws its own exception.
      dueAt = System.nanoTime() + AT_MOST_EVERY.toNanos();
      LOG.debug("S3A's credential providers gave nothing", e);
      return false;
    }
  }

  static Duration untilNext(Instant expiry) {
    if (expiry == null) {
      return WITHOUT_EXPIRY;
    }
    Duration left = Duration.between(Instant.now(), expiry).minus(BEFORE_EXPIRY);
    return left.compareTo(AT_MOST_EVERY) < 0 ? AT_MOST_EVERY : left;
  }

  @Override
  public void close() {
    chain.close();
  }
}
