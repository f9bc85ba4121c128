package io.forebay.hadoop.hdfs;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.ChangedFileException;
import io.forebay.hadoop.PinnedFile;
import io.forebay.hadoop.ReadHints;
import io.forebay.hadoop.WitnessedDelegate;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How one instance of HDFS's file system opens files through the cache.
 *
 * <p>The one question of an open is the one that HDFS's own open asks: where the blocks are. It needs the right to
 * read the file, which the question for a located status does not, and its answer holds the version. What HDFS's
 * streams bring counts if the same question, asked afterwards, still has the same answer: a stream goes on reading a
 * block that was truncated and appended to meanwhile.
 */
final class BlockReads implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger("io.forebay");

  /** Below snapshots a file keeps its length while its last block goes on changing; ids are no lasting names. */
  private static final String[] APART = {"/.snapshot/", "/.reserved/"};

  /** HDFS's own open. */
  interface Stock {
    FSDataInputStream open(Path path) throws IOException;
  }

  private final DistributedFileSystem files;
  private final Stock stock;
  private final FileSystem.Statistics statistics;
  private final CachedStore store;

  private BlockReads(
      DistributedFileSystem files, Stock stock, FileSystem.Statistics statistics, CachedStore store) {
    this.files = files;
    this.stock = stock;
    this.statistics = statistics;
    this.store = store;
  }

  /** The reads of a file system that has been initialized; null where the library can't, which the log says. */
  static BlockReads over(DistributedFileSystem files, Stock stock, FileSystem.Statistics statistics) {
    CachedStore store = CachedStore.wrapping(files, "hdfs", 0, statistics);
    if (store == null) {
      return null;
    }
    LOG.info("forebay: {} reads through HDFS", files.getUri());
    return new BlockReads(files, stock, statistics, store);
  }

  /** A stream over the version that is there now; null where HDFS itself is to open the file, whatever comes of it. */
  FSDataInputStream open(Path given, ReadHints hints) throws IOException {
    Path path = files.makeQualified(given);
    String name = path.toUri().getPath();
    for (String part : APART) {
      if (name.contains(part)) {
        return null;
      }
    }
    BlockVersion version;
    try {
      version = version(name);
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      LOG.debug("{}: no blocks; HDFS says why at its own open", path, e);
      return null;
    }
    if (version == null) {
      return null;
    }
    PinnedFile pinned = new PinnedFile(path, name.substring(1), version.tag(), null, version.length());
    FSDataInputStream in = store.openOrNull(pinned, hints, new PinnedBlocks(path, version));
    if (in != null) {
      statistics.incrementReadOps(1);
    }
    return in;
  }

  private BlockVersion version(String name) throws IOException {
    return BlockVersion.of(files.getClient().getLocatedBlocks(name, 0));
  }

  @Override
  public void close() {
    store.close();
  }

  /** HDFS's way to one version. */
  private final class PinnedBlocks extends WitnessedDelegate {

    private final Path path;
    private final BlockVersion version;

    PinnedBlocks(Path path, BlockVersion version) {
      super(version.length());
      this.path = path;
      this.version = version;
    }

    @Override
    protected FSDataInputStream openWrapped() throws IOException {
      return stock.open(path);
    }

    @Override
    protected void confirm() throws IOException {
      BlockVersion now = version(path.toUri().getPath());
      if (!version.equals(now)) {
        throw new ChangedFileException(path.toString(),
            "it was written, appended to or truncated while it was read; open it again");
      }
    }
  }
}
