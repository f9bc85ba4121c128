package io.forebay.hadoop.s3a;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.Delegate;
import io.forebay.hadoop.PinnedFile;
import io.forebay.hadoop.ReadHints;
import java.io.Closeable;
import java.io.IOException;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.impl.OpenFileParameters;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.apache.hadoop.util.functional.FutureIO;

/**
 * How one file system instance opens files through the cache.
 *
 * <p>Every open pins a version first: S3A is asked for the status, with one HEAD as its own open would, unless it was
 * asked so lately that {@link io.forebay.hadoop.Freshness} lets the answer stand. A status that the caller passes says which version is
 * wanted; where the store has another by now, the open fails as S3A's first read would. Objects without a strong ETag, empty ones, and whatever the cache can't
 * open are read by S3A's own stream, at the version that was just confirmed, for no further request.
 */
final class Overlay implements Closeable {

  // S3A Select (Hadoop 3.3) turns a read into a query.
  private static final String SELECT = "fs.s3a.select.sql";
  private static final String FADVISE = "fs.s3a.experimental.input.fadvise";

  private final S3AFileSystem files;
  private final StockS3A stock;
  private final CachedStore store;
  private final Closeable credentials;
  private final OriginChoice choice;
  private final Statuses statuses;

  Overlay(S3AFileSystem files, StockS3A stock, CachedStore store, Closeable credentials, OriginChoice choice,
      Statuses statuses) {
    this.files = files;
    this.stock = stock;
    this.store = store;
    this.credentials = credentials;
    this.choice = choice;
    this.statuses = statuses;
  }

  FileStatus status(Path given) throws IOException {
    return statuses.status(files.makeQualified(given));
  }

  FSDataInputStream open(Path given, int bufferSize) throws IOException {
    Path path = files.makeQualified(given);
    OpenFileParameters plain = parameters(Collections.emptySet(), new Configuration(false), bufferSize);
    return open(path, statuses.file(path), ReadHints.usual(files.getConf()), plain);
  }

  /**
   * Asks for the status on the calling thread, so that the future is complete when it is returned: the request is
   * made by the user who opens, and every engine waits for the future at once.
   */
  CompletableFuture<FSDataInputStream> openFile(Path given, OpenFileParameters parameters) throws IOException {
    Path path = files.makeQualified(given);
    Configuration options = parameters.getOptions();
    if (options != null && options.get(SELECT) != null) {
      return stock.open(given, parameters);
    }
    CompletableFuture<FSDataInputStream> opened = new CompletableFuture<>();
    CompletableFuture<FSDataInputStream> refused = judged(path, parameters);
    try {
      discard(refused);
      S3AFileStatus status = statuses.version(path, parameters.getStatus());
      ReadHints hints = ReadHints.of(options).or(ReadHints.usual(files.getConf()));
      opened.complete(open(path, status, hints, parameters));
    } catch (IOException | RuntimeException e) {
      opened.completeExceptionally(e);
    }
    return opened;
  }

  /**
   * Has S3A check what it may refuse: keys that must be understood, a status of another file or of a directory. No
   * request is sent; what S3A throws at once is thrown at once.
   */
  private CompletableFuture<FSDataInputStream> judged(Path path, OpenFileParameters parameters) throws IOException {
    FileStatus passed = parameters.getStatus();
    Set<String> mandatory = parameters.getMandatoryKeys();
    boolean ordinaryStatus = passed == null || (passed.isFile() && path.equals(passed.getPath()));
    if (ordinaryStatus && (mandatory == null || mandatory.isEmpty())) {
      return CompletableFuture.completedFuture(null);
    }
    FileStatus any = passed != null ? passed : new S3AFileStatus(1, 0, path, 1, "", "any", null);
    return stock.open(path, copy(parameters).withStatus(any));
  }

  private static void discard(CompletableFuture<FSDataInputStream> opened) throws IOException {
    FSDataInputStream stream = FutureIO.awaitFuture(opened);
    if (stream != null) {
      stream.close();
    }
  }

  private FSDataInputStream open(Path path, S3AFileStatus status, ReadHints hints, OpenFileParameters asked)
      throws IOException {
    if (status.getLen() > 0 && PinnedFile.isStrong(status.getEtag())) {
      PinnedFile pinned =
          new PinnedFile(path, files.pathToKey(path), status.getEtag(), versionId(status), status.getLen());
      FSDataInputStream cached = store.openOrNull(pinned, hints, new PinnedVersion(path, status));
      if (cached != null) {
        return cached;
      }
    }
    return FutureIO.awaitFuture(stock.open(path, copy(asked).withStatus(status)));
  }

  /** The version id that pins a version; null where there is none. */
  static String versionId(S3AFileStatus status) {
    String id = status.getVersionId();
    return id == null || id.isEmpty() || id.equals("null") ? null : id;
  }

  private static OpenFileParameters copy(OpenFileParameters given) {
    return parameters(
        given.getMandatoryKeys() == null ? Collections.emptySet() : given.getMandatoryKeys(),
        given.getOptions() == null ? new Configuration(false) : given.getOptions(),
        given.getBufferSize());
  }

  private static OpenFileParameters parameters(Set<String> mandatory, Configuration options, int bufferSize) {
    return new OpenFileParameters()
        .withMandatoryKeys(mandatory)
        .withOptions(options)
        .withBufferSize(bufferSize);
  }

  /** Forgets what is under way and remembered of these paths and everything below them. */
  void forget(Path... paths) {
    for (Path path : paths) {
      Path whole = files.makeQualified(path);
      statuses.changed(whole);
      store.invalidateAll(files.pathToKey(whole));
    }
  }

  /** Forgets a path that may change at any time from now on, and remembers nothing of it any more. */
  void unsettled(Path path) {
    statuses.unsettled(files.makeQualified(path));
    forget(path);
  }

  @Override
  public void close() throws IOException {
    statuses.close();
    store.close();
    credentials.close();
  }

  @Override
  public String toString() {
    return choice + ", " + statuses;
  }

  /** S3A's way to one version: streams for exact ranges; "random" makes them ask for no more than the reader does. */
  private final class PinnedVersion implements Delegate {

    private final Path path;
    private final S3AFileStatus status;

    PinnedVersion(Path path, S3AFileStatus status) {
      this.path = path;
      this.status = status;
    }

    @Override
    public FSDataInputStream open() throws IOException {
      Configuration options = new Configuration(false);
      options.set(FADVISE, "random");
      return FutureIO.awaitFuture(
          stock.open(path, parameters(Collections.emptySet(), options, 0).withStatus(status)));
    }

    @Override
    public void failed(IOException failure) {
      statuses.doubt(path, failure);
    }
  }
}
