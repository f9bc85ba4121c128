package io.forebay.hadoop;

import io.forebay.hadoop.objects.LocatedObjectStatus;
import io.forebay.hadoop.objects.Listing;
import io.forebay.hadoop.objects.Names;
import io.forebay.hadoop.objects.ObjectStatus;
import io.forebay.hadoop.objects.Standalone;
import io.forebay.hadoop.objects.StoreSettings;
import io.forebay.hadoop.objects.Summary;
import io.forebay.hadoop.objects.UploaderBuilder;
import io.forebay.jni.NativeLibrary;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.MultipartUploaderBuilder;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathFilter;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.impl.OpenFileParameters;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.util.Progressable;
import org.apache.hadoop.util.functional.RemoteIterators;

/**
 * A whole file system over an object store in one jar, without the store's own connector and SDK: set {@code
 * fs.s3a.impl}, {@code fs.gs.impl} or {@code fs.abfs.impl} to this class.
 *
 * <p>The configuration of S3A, of Google's connector and of ABFS is read as it is; what can't be followed is refused
 * (docs/standalone.md). Files are read through the host's cache as {@code ForebayS3AFileSystem} reads them. What is
 * written, renamed and deleted is as S3A would leave it; renaming and deleting directories is not atomic.
 */
public class ForebayFileSystem extends FileSystem {

  /** {@code hasPathCapability} answers true for this. */
  public static final String CAPABILITY = "fs.capability.forebay";

  // Hadoop's names, of which CommonPathCapabilities of 3.3.4 lacks the first.
  private static final String ETAGS_AVAILABLE = "fs.capability.etags.available";
  private static final String MULTIPART_UPLOADER = "fs.capability.multipart.uploader";

  private URI uri;
  private Standalone bucket;
  private long blockSize;
  private boolean takesPartsInAnyOrder;

  @Override
  public void initialize(URI name, Configuration given) throws IOException {
    StoreSettings settings = StoreSettings.of(given, name);
    super.initialize(name, settings.conf());
    setConf(settings.conf());
    uri = URI.create(name.getScheme() + "://" + name.getAuthority());
    blockSize = settings.blockSize();
    takesPartsInAnyOrder = settings.takesPartsInAnyOrder();
    NativeLibrary.load(given.getTrimmed(ForebayKeys.NATIVE_DIR));
    String owner = UserGroupInformation.getCurrentUser().getShortUserName();
    Names names = new Names(uri, new Path("/user/" + owner));
    bucket = Standalone.open(settings, names, owner, statistics);
  }

  @Override
  public URI getUri() {
    return uri;
  }

  @Override
  public String getScheme() {
    return uri.getScheme();
  }

  @Override
  public int getDefaultPort() {
    return -1;
  }

  /** No tokens are handed out, and a bucket's name is no host's. */
  @Override
  public String getCanonicalServiceName() {
    return null;
  }

  @Override
  public Path getWorkingDirectory() {
    return bucket.tree().names().workingDirectory();
  }

  @Override
  public void setWorkingDirectory(Path directory) {
    bucket.tree().names().workingDirectory(directory);
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    checkPath(path);
    return bucket.reading().open(path);
  }

  @Override
  protected CompletableFuture<FSDataInputStream> openFileWithOptions(Path path, OpenFileParameters parameters)
      throws IOException {
    checkPath(path);
    return bucket.reading().openFile(path, parameters);
  }

  @Override
  public FSDataOutputStream create(
      Path path, FsPermission permission, boolean overwrite, int bufferSize, short replication, long size,
      Progressable progress)
      throws IOException {
    checkPath(path);
    return bucket.writing().create(path, overwrite);
  }

  @Override
  public FSDataOutputStream createNonRecursive(
      Path path, FsPermission permission, EnumSet<CreateFlag> flags, int bufferSize, short replication, long size,
      Progressable progress)
      throws IOException {
    checkPath(path);
    return bucket.writing().createInDirectory(path, flags.contains(CreateFlag.OVERWRITE));
  }

  @Override
  public FSDataOutputStream append(Path path, int bufferSize, Progressable progress) {
    throw new UnsupportedOperationException("Append is not supported by ForebayFileSystem: an object is written as a whole");
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    checkPath(from);
    checkPath(to);
    return bucket.changing(() -> bucket.renaming().rename(from, to), from, to);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    checkPath(path);
    return bucket.changing(() -> bucket.removal().delete(path, recursive), path);
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    checkPath(path);
    bucket.directories().make(bucket.tree().names().qualified(path));
    return true;
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    checkPath(path);
    return bucket.reading().status(path);
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    List<FileStatus> all = new ArrayList<>();
    RemoteIterator<FileStatus> listing = listStatusIterator(path);
    while (listing.hasNext()) {
      all.add(listing.next());
    }
    return all.toArray(new FileStatus[0]);
  }

  @Override
  public RemoteIterator<FileStatus> listStatusIterator(Path path) throws IOException {
    checkPath(path);
    return RemoteIterators.mappingRemoteIterator(bucket.tree().list(path), status -> status);
  }

  @Override
  protected RemoteIterator<LocatedFileStatus> listLocatedStatus(Path path, PathFilter filter)
      throws FileNotFoundException, IOException {
    checkPath(path);
    return located(bucket.tree().list(path), filter);
  }

  @Override
  public RemoteIterator<LocatedFileStatus> listFiles(Path path, boolean recursive) throws IOException {
    checkPath(path);
    if (recursive) {
      return located(bucket.tree().listFiles(path), unused -> true);
    }
    return RemoteIterators.filteringRemoteIterator(
        located(bucket.tree().list(path), unused -> true), LocatedFileStatus::isFile);
  }

  private RemoteIterator<LocatedFileStatus> located(Listing listing, PathFilter filter) {
    RemoteIterator<ObjectStatus> accepted =
        RemoteIterators.filteringRemoteIterator(listing, status -> filter.accept(status.getPath()));
    return RemoteIterators.mappingRemoteIterator(accepted,
        status -> new LocatedObjectStatus(
            status, status.isFile() ? getFileBlockLocations(status, 0, status.getLen()) : null));
  }

  @Override
  public ContentSummary getContentSummary(Path path) throws IOException {
    checkPath(path);
    return Summary.of(bucket.tree(), path);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public MultipartUploaderBuilder createMultipartUploader(Path base) throws IOException {
    checkPath(base);
    if (!takesPartsInAnyOrder) {
      throw new UnsupportedOperationException(uri + " takes the parts of a file in their order only");
    }
    return new UploaderBuilder(this, base, bucket);
  }

  @Override
  @Deprecated
  public long getDefaultBlockSize() {
    return blockSize;
  }

  @Override
  public boolean hasPathCapability(Path path, String capability) throws IOException {
    checkPath(path);
    switch (capability.toLowerCase(Locale.ROOT)) {
      case CAPABILITY:
      case ETAGS_AVAILABLE:
        return true;
      case MULTIPART_UPLOADER:
        return takesPartsInAnyOrder;
      default:
        return super.hasPathCapability(path, capability);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      super.close();
    } finally {
      if (bucket != null) {
        bucket.close();
      }
    }
  }

  @Override
  public String toString() {
    return "ForebayFileSystem{" + uri + "}";
  }
}
