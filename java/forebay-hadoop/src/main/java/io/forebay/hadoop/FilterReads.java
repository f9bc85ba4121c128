package io.forebay.hadoop;

import io.forebay.hadoop.s3a.OriginChoice;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FutureDataInputStreamBuilder;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.functional.FutureIO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How one instance of the filter opens files through the cache.
 *
 * <p>Each open asks the wrapped file system for the status, and pins the version that its strong ETag names. Files
 * without one are opened by the wrapped file system and never cached. Nothing is known of how the wrapped streams keep
 * to a version, so each range that they bring is followed by a question for the status; nor of what its statuses
 * prove, so cached bytes are for those only to whom the wrapped file system gave bytes of that version itself.
 */
final class FilterReads implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger("io.forebay");

  private static final String S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem";

  // Asks for exactly the range that is read; S3A's older name for it, and Hadoop's.
  private static final String[] POLICIES = {"fs.s3a.experimental.input.fadvise", "fs.option.openfile.read.policy"};

  private final FileSystem wrapped;
  private final CachedStore store;
  private final ReadRights rights;
  private volatile boolean tagless;

  private FilterReads(FileSystem wrapped, CachedStore store) {
    this.wrapped = wrapped;
    this.store = store;
    this.rights = new ReadRights(Rights.of(wrapped.getConf(), wrapped.getUri().getAuthority()));
  }

  /**
   * The reads of a file system that has been initialized, or null where they must not or can't go through the cache,
   * which the log says.
   *
   * @param statistics where the wrapped file system counts what its streams read
   */
  static FilterReads over(FileSystem wrapped, String scheme, FileSystem.Statistics statistics) {
    String type = wrapped.getClass().getName();
    OriginChoice choice = choice(wrapped);
    if (choice != null && choice.mode() == OriginChoice.Mode.STOCK) {
      LOG.info("forebay: {} {}", wrapped.getUri(), choice);
      return null;
    }
    CachedStore store = CachedStore.wrapping(wrapped, scheme, type.hashCode(), statistics);
    if (store == null) {
      return null;
    }
    LOG.info("forebay: {} reads through {}", wrapped.getUri(), type);
    return new FilterReads(wrapped, store);
  }

  /** What holds for S3A under its own class, client-side encryption above all; null for others. */
  private static OriginChoice choice(FileSystem wrapped) {
    for (Class<?> one = wrapped.getClass(); one != null; one = one.getSuperclass()) {
      if (one.getName().equals(S3A)) {
        return OriginChoice.of(new HadoopGiven(wrapped.getConf()), wrapped.getUri().getAuthority(), false);
      }
    }
    return null;
  }

  /**
   * A stream over the version that is there now.
   *
   * @param given the path to read
   * @param passed what the caller takes the file to be, or null
   * @return null where the wrapped file system is to open the file, whatever comes of it
   */
  FSDataInputStream open(Path given, FileStatus passed, ReadHints hints) throws IOException {
    if (tagless) {
      return null;
    }
    Path path = wrapped.makeQualified(given);
    FileStatus status;
    try {
      status = wrapped.getFileStatus(path);
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      LOG.debug("{}: no status; the wrapped file system says why at its own open", path, e);
      return null;
    }
    if (status.isDirectory() || status.getLen() == 0) {
      return null;
    }
    String etag = etag(status);
    if (!(status instanceof EtagSource)) {
      tagless = true;
      LOG.info("forebay: {} has no ETags; its files are read without the cache", wrapped.getUri());
    }
    if (!PinnedFile.isStrong(etag)) {
      return null;
    }
    String known = etag(passed);
    if (PinnedFile.isStrong(known) && !PinnedFile.isSame(known, etag)) {
      throw changed(path, "it was written again since it was listed");
    }
    String key = path.toUri().getPath().substring(1);
    PinnedFile pinned = new PinnedFile(path, key, etag, null, status.getLen());
    return store.openOrNull(pinned, hints, new PinnedVersion(pinned, status));
  }

  private static String etag(FileStatus status) {
    return status instanceof EtagSource ? ((EtagSource) status).getEtag() : null;
  }

  private static ChangedFileException changed(Path path, String how) {
    return new ChangedFileException(path.toString(), how + "; open it again");
  }

  @Override
  public void close() {
    store.close();
  }

  @Override
  public String toString() {
    return "reads through " + wrapped.getClass().getName();
  }

  /** The wrapped file system's way to one version. */
  private final class PinnedVersion extends WitnessedDelegate {

    private final PinnedFile pinned;
    private final FileStatus status;

    PinnedVersion(PinnedFile pinned, FileStatus status) {
      super(pinned.length());
      this.pinned = pinned;
      this.status = status;
    }

    /** With the status, which spares some file systems a request and tells them the version. */
    @Override
    protected FSDataInputStream openWrapped() throws IOException {
      FutureDataInputStreamBuilder builder = wrapped.openFile(pinned.path());
      for (String policy : POLICIES) {
        builder.opt(policy, "random");
      }
      return FutureIO.awaitFuture(builder.withFileStatus(status).build());
    }

    @Override
    protected void confirm() throws IOException {
      FileStatus now = wrapped.getFileStatus(pinned.path());
      // The time besides the tag: of two writes of the same bytes, with others between, only it tells.
      if (!PinnedFile.isSame(etag(now), pinned.etag()) || now.getLen() != pinned.length()
          || now.getModificationTime() != status.getModificationTime()) {
        throw changed(pinned.path(), "it was written again while it was read");
      }
      rights.add(pinned);
    }

    @Override
    public boolean isPermitted() {
      return rights.has(pinned);
    }

    @Override
    public void prove() throws IOException {
      try (FSDataInputStream in = open()) {
        in.read();
      }
    }
  }
}
