package io.forebay.hadoop;

import java.io.IOException;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.impl.OpenFileParameters;

/**
 * Any Hadoop file system with its reads through Forebay: set {@code fs.<scheme>.impl} to this class, and {@code
 * fs.forebay.delegate.<scheme>.impl} to the class that was there.
 *
 * <p>Every call is the wrapped file system's, reads of files whose status carries a strong ETag excepted: those come
 * from the host's cache, at the version that each open asks for. Where Forebay can't work (see {@link Availability})
 * this class only passes on, and the log says why. S3A and HDFS have classes of their own, which know more of them.
 */
public class ForebayFilterFileSystem extends WholeFilterFileSystem {

  // Null while this only passes on.
  private volatile FilterReads reads;

  @Override
  public void initialize(URI name, Configuration conf) throws IOException {
    String scheme = name.getScheme();
    String bucket = name.getAuthority() == null ? "" : name.getAuthority();
    fs = DelegateClass.newInstance(conf, scheme, bucket);
    fs.initialize(name, conf);
    try {
      super.initialize(name, conf);
      statistics = countedBy(scheme, fs);
      if (Availability.of(conf, bucket)) {
        reads = FilterReads.over(fs, scheme, statistics);
      }
    } catch (IOException | RuntimeException e) {
      fs.close();
      throw e;
    }
  }

  /** The wrapped file system's own counters: whatever is read or written counts once, as without this class. */
  @SuppressWarnings("deprecation")
  private static FileSystem.Statistics countedBy(String scheme, FileSystem wrapped) {
    return getStatistics(scheme, wrapped.getClass());
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    FilterReads present = reads;
    FSDataInputStream in = present == null ? null : present.open(path, null, ReadHints.NONE);
    return in == null ? super.open(path, bufferSize) : in;
  }

  /** Opens on the calling thread, as its user. What must be understood is for the wrapped file system to understand. */
  @Override
  protected CompletableFuture<FSDataInputStream> openFileWithOptions(Path path, OpenFileParameters parameters)
      throws IOException {
    FilterReads present = reads;
    Set<String> mandatory = parameters.getMandatoryKeys();
    if (present == null || (mandatory != null && !mandatory.isEmpty())) {
      return super.openFileWithOptions(path, parameters);
    }
    FSDataInputStream in;
    try {
      in = present.open(path, parameters.getStatus(), ReadHints.of(parameters.getOptions()));
    } catch (IOException e) {
      CompletableFuture<FSDataInputStream> failed = new CompletableFuture<>();
      failed.completeExceptionally(e);
      return failed;
    }
    return in == null ? super.openFileWithOptions(path, parameters) : CompletableFuture.completedFuture(in);
  }

  @Override
  public boolean hasPathCapability(Path path, String capability) throws IOException {
    return Availability.isMeantBy(capability) ? reads != null : super.hasPathCapability(path, capability);
  }

  @Override
  public void close() throws IOException {
    FilterReads present = reads;
    if (present != null) {
      present.close();
    }
    if (fs != null) {
      super.close();
    }
  }

  @Override
  public String toString() {
    FilterReads present = reads;
    return "Forebay(" + (present == null ? "not used" : present) + ") over " + fs;
  }
}
