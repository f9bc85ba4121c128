package io.forebay.hadoop.s3a;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.ForebayMetrics;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@link Looks} where S3A reads for the library: S3A's own HEAD, sent by a thread of ours before a file's turn. What
 * goes wrong there is met again by whoever comes to the file, on its own thread.
 */
final class StockLooks implements Looks {

  private static final Logger LOG = LoggerFactory.getLogger(StockLooks.class);

  /** A HEAD takes tens of milliseconds; whoever waits longer for a thread of ours asks by itself. */
  private static final long PATIENCE_MS = 1000;

  private final StockS3A stock;
  private final CachedStore store;
  private final DataNames names = new DataNames();

  StockLooks(StockS3A stock, CachedStore store) {
    this.stock = stock;
    this.store = store;
  }

  @Override
  public boolean leads() {
    return false;
  }

  @Override
  public boolean suits(Path path) {
    return names.mayBeData(path);
  }

  @Override
  public Look begin(Path path, S3AFileStatus known, long expected, boolean goesOn) {
    Future<FileStatus> asked = store.askAhead(() -> stock.status(path));
    if (asked == null) {
      return null;
    }
    ForebayMetrics.askedS3A();
    return new Question(path, asked);
  }

  @Override
  public void sawDirectory(Path path) {
    names.sawDirectory(path);
  }

  @Override
  public void changed(Path path) {
    names.changed(path);
  }

  /** A HEAD under way. */
  private static final class Question implements Look {
    private final Path path;
    private final Future<FileStatus> asked;

    Question(Path path, Future<FileStatus> asked) {
      this.path = path;
      this.asked = asked;
    }

    @Override
    public S3AFileStatus await() throws IOException {
      try {
        FileStatus status = asked.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
        return status instanceof S3AFileStatus && status.isFile() ? (S3AFileStatus) status : null;
      } catch (InterruptedException e) {
        throw (IOException) new InterruptedIOException("interrupted while asking for " + path).initCause(e);
      } catch (ExecutionException | TimeoutException e) {
        LOG.debug("{} is asked for once more", path, e);
        return null;
      }
    }

    @Override
    public void forget() {
      // It ends by itself, soon.
    }
  }
}
