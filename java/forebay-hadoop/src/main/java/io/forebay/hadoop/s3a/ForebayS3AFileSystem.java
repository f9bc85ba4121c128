package io.forebay.hadoop.s3a;

import io.forebay.hadoop.Availability;
import java.io.IOException;
import java.net.URI;
import java.util.EnumSet;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.impl.OpenFileParameters;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.apache.hadoop.util.Progressable;

/**
 * S3A with its reads through Forebay: set {@code fs.s3a.impl} to this class, and nothing else.
 *
 * <p>Writing, listing, committing and authorising are S3A's own. A file is opened at the version that S3A's HEAD
 * confirmed, at this open or earlier in the same task (see {@link io.forebay.hadoop.Freshness}), and read from
 * the host's cache at that version. Writes, renames and deletes made in this process take back what was confirmed of
 * those keys, before and after. A stream reads one version by its ETag, so nothing cached can be served to a reader
 * whose open saw a newer one.
 *
 * <p>Where Forebay can't work (see {@link Availability}), or S3A's settings rule it out (see {@code OriginChoice}),
 * this is plain S3A, and the log says why.
 */
public class ForebayS3AFileSystem extends S3AFileSystem {

  /** {@code hasPathCapability} answers true for this while reads go through Forebay. */
  public static final String CAPABILITY = Availability.CAPABILITY;

  // Null while this is plain S3A.
  private volatile Overlay overlay;

  @Override
  public void initialize(URI name, Configuration given) throws IOException {
    String bucket = name.getAuthority();
    if (StreamType.isOurs(given, bucket) || !Availability.of(given, bucket)) {
      super.initialize(name, given);
      return;
    }
    super.initialize(name, StreamType.classic(given, bucket));
    try {
      overlay = new OverlayStart(this, new Stock(), statistics).begin();
    } catch (RuntimeException e) {
      super.close();
      throw e;
    }
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    Overlay reads = overlay;
    return reads == null ? super.open(path, bufferSize) : reads.open(path, bufferSize);
  }

  @Override
  public CompletableFuture<FSDataInputStream> openFileWithOptions(Path path, OpenFileParameters parameters)
      throws IOException {
    Overlay reads = overlay;
    return reads == null ? super.openFileWithOptions(path, parameters) : reads.openFile(path, parameters);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    Overlay reads = overlay;
    return reads == null ? super.getFileStatus(path) : reads.status(path);
  }

  @Override
  public FSDataOutputStream create(
      Path path, FsPermission permission, boolean overwrite, int bufferSize, short replication, long blockSize,
      Progressable progress)
      throws IOException {
    FSDataOutputStream out =
        changing(() -> super.create(path, permission, overwrite, bufferSize, replication, blockSize, progress), path);
    return written(out, path);
  }

  @Override
  public FSDataOutputStream createNonRecursive(
      Path path, FsPermission permission, EnumSet<CreateFlag> flags, int bufferSize, short replication,
      long blockSize, Progressable progress)
      throws IOException {
    FSDataOutputStream out =
        changing(
            () -> super.createNonRecursive(path, permission, flags, bufferSize, replication, blockSize, progress),
            path);
    return written(out, path);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public FSDataOutputStreamBuilder createFile(Path path) {
    Overlay reads = overlay;
    if (reads != null) {
      // Its stream is S3A's own, which does not say when it is closed.
      reads.unsettled(path);
    }
    return super.createFile(path);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return changing(() -> super.rename(from, to), from, to);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return changing(() -> super.delete(path, recursive), path);
  }

  @Override
  public void copyFromLocalFile(boolean deleteSource, boolean overwrite, Path from, Path to) throws IOException {
    changing(
        () -> {
          super.copyFromLocalFile(deleteSource, overwrite, from, to);
          return null;
        },
        to);
  }

  @Override
  public boolean hasPathCapability(Path path, String capability) throws IOException {
    return Availability.isMeantBy(capability) ? overlay != null : super.hasPathCapability(path, capability);
  }

  @Override
  public void close() throws IOException {
    Overlay reads = overlay;
    try {
      if (reads != null) {
        reads.close();
      }
    } finally {
      super.close();
    }
  }

  @Override
  public String toString() {
    Overlay reads = overlay;
    return "Forebay(" + (reads == null ? "not used" : reads) + ") over " + super.toString();
  }

  private FSDataOutputStream written(FSDataOutputStream out, Path path) throws IOException {
    Overlay reads = overlay;
    return reads == null ? out : new ChangingStream(out, reads, path);
  }

  private <T> T changing(Write<T> write, Path... paths) throws IOException {
    Overlay reads = overlay;
    if (reads == null) {
      return write.run();
    }
    reads.forget(paths);
    try {
      return write.run();
    } finally {
      reads.forget(paths);
    }
  }

  /** A change to what the bucket holds. */
  private interface Write<T> {
    T run() throws IOException;
  }

  /** S3A's own answers, past the overrides above. */
  private final class Stock implements StockS3A {

    @Override
    public FileStatus status(Path path) throws IOException {
      return ForebayS3AFileSystem.super.getFileStatus(path);
    }

    @Override
    public RemoteIterator<FileStatus> list(Path directory) throws IOException {
      return ForebayS3AFileSystem.super.listStatusIterator(directory);
    }

    @Override
    public CompletableFuture<FSDataInputStream> open(Path path, OpenFileParameters parameters) throws IOException {
      return ForebayS3AFileSystem.super.openFileWithOptions(path, parameters);
    }
  }
}
