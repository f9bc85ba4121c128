package io.forebay.hadoop;

import java.io.IOException;
import java.util.Locale;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.FutureDataInputStreamBuilder;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.MultipartUploaderBuilder;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathFilter;
import org.apache.hadoop.fs.PathHandle;
import org.apache.hadoop.fs.QuotaUsage;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.StorageStatistics;
import org.apache.hadoop.fs.StorageType;
import org.apache.hadoop.security.token.DelegationTokenIssuer;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.util.Progressable;

/**
 * Hadoop's {@link FilterFileSystem} with nothing forgotten. That class leaves to {@code FileSystem}, which knows
 * nothing of the wrapped one, a third of what can be overridden: some of it fails there, some walks the tree where the
 * wrapped file system asks once. What is not here either ends in a method that is
 * ({@code WholeFilterFileSystemTest} has the list, for each Hadoop).
 */
abstract class WholeFilterFileSystem extends FilterFileSystem {

  @Override
  public String getScheme() {
    return fs.getScheme();
  }

  // Tokens are asked of this class or of the wrapped one's children, never of both.

  @Override
  public String getCanonicalServiceName() {
    return fs.getCanonicalServiceName();
  }

  @Override
  public Token<?> getDelegationToken(String renewer) throws IOException {
    return fs.getDelegationToken(renewer);
  }

  @Override
  public DelegationTokenIssuer[] getAdditionalTokenIssuers() throws IOException {
    return fs.getAdditionalTokenIssuers();
  }

  @Override
  public StorageStatistics getStorageStatistics() {
    return fs.getStorageStatistics();
  }

  @Override
  public FSDataInputStream open(PathHandle handle, int bufferSize) throws IOException {
    return fs.open(handle, bufferSize);
  }

  /** Hadoop's own would make the wrapped file system's builder, which opens past this class. */
  @Override
  public FutureDataInputStreamBuilder openFile(Path path) throws IOException {
    return createDataInputStreamBuilder(this, path);
  }

  @Override
  public FutureDataInputStreamBuilder openFile(PathHandle handle) throws IOException {
    return createDataInputStreamBuilder(this, handle);
  }

  /** Since Hadoop 3.3.6. */
  @Override
  public FSDataOutputStream append(Path path, int bufferSize, Progressable progress, boolean toNewBlock)
      throws IOException {
    return fs.append(path, bufferSize, progress, toNewBlock);
  }

  @Override
  public boolean createNewFile(Path path) throws IOException {
    return fs.createNewFile(path);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public MultipartUploaderBuilder createMultipartUploader(Path base) throws IOException {
    return fs.createMultipartUploader(base);
  }

  @Override
  public void copyFromLocalFile(Path from, Path to) throws IOException {
    fs.copyFromLocalFile(from, to);
  }

  @Override
  public boolean exists(Path path) throws IOException {
    return fs.exists(path);
  }

  @Override
  @SuppressWarnings("deprecation")
  public boolean isFile(Path path) throws IOException {
    return fs.isFile(path);
  }

  @Override
  @SuppressWarnings("deprecation")
  public boolean isDirectory(Path path) throws IOException {
    return fs.isDirectory(path);
  }

  @Override
  public BlockLocation[] getFileBlockLocations(Path path, long start, long length) throws IOException {
    return fs.getFileBlockLocations(path, start, length);
  }

  @Override
  public RemoteIterator<LocatedFileStatus> listFiles(Path path, boolean recursive) throws IOException {
    return fs.listFiles(path, recursive);
  }

  @Override
  public FileStatus[] listStatus(Path path, PathFilter filter) throws IOException {
    return fs.listStatus(path, filter);
  }

  @Override
  public FileStatus[] listStatus(Path[] paths) throws IOException {
    return fs.listStatus(paths);
  }

  @Override
  public FileStatus[] listStatus(Path[] paths, PathFilter filter) throws IOException {
    return fs.listStatus(paths, filter);
  }

  @Override
  public FileStatus[] globStatus(Path pattern) throws IOException {
    return fs.globStatus(pattern);
  }

  @Override
  public FileStatus[] globStatus(Path pattern, PathFilter filter) throws IOException {
    return fs.globStatus(pattern, filter);
  }

  @Override
  public ContentSummary getContentSummary(Path path) throws IOException {
    return fs.getContentSummary(path);
  }

  @Override
  public QuotaUsage getQuotaUsage(Path path) throws IOException {
    return fs.getQuotaUsage(path);
  }

  @Override
  public void setQuota(Path path, long names, long bytes) throws IOException {
    fs.setQuota(path, names, bytes);
  }

  @Override
  public void setQuotaByStorageType(Path path, StorageType type, long bytes) throws IOException {
    fs.setQuotaByStorageType(path, type, bytes);
  }

  /** Hadoop's own denies uploads in parts, which this class passes on; listing in batches needs an interface. */
  @Override
  public boolean hasPathCapability(Path path, String capability) throws IOException {
    return !capability.toLowerCase(Locale.ROOT).equals(CommonPathCapabilities.FS_EXPERIMENTAL_BATCH_LISTING)
        && fs.hasPathCapability(path, capability);
  }
}
