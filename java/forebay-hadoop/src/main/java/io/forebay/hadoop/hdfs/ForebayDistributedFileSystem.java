package io.forebay.hadoop.hdfs;

import io.forebay.hadoop.Availability;
import io.forebay.hadoop.ReadHints;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.impl.OpenFileParameters;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.util.LambdaUtils;

/**
 * HDFS with its reads through Forebay: set {@code fs.hdfs.impl} to this class, and nothing else.
 *
 * <p>Names, blocks and their places, permissions, tokens, high availability and whatever writes are HDFS's own. A
 * finished file is opened at the version that the NameNode gives for this very open, and read from the host's cache at
 * that version. Files that are being written, encrypted or erasure-coded ones, snapshots and links are opened by
 * HDFS itself, and so is everything where Forebay can't work (see {@link Availability}).
 */
public class ForebayDistributedFileSystem extends DistributedFileSystem {

  // HDFS has no use for the number, which every open takes.
  private static final int BUFFER = 4096;

  // Null while this is plain HDFS.
  private volatile BlockReads reads;

  @Override
  public void initialize(URI name, Configuration conf) throws IOException {
    super.initialize(name, conf);
    try {
      if (Availability.of(conf, getUri().getAuthority())) {
        reads = BlockReads.over(this, path -> super.open(path, BUFFER), statistics);
      }
    } catch (RuntimeException e) {
      super.close();
      throw e;
    }
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    return open(path, bufferSize, ReadHints.NONE);
  }

  private FSDataInputStream open(Path path, int bufferSize, ReadHints hints) throws IOException {
    BlockReads present = reads;
    FSDataInputStream in = present == null ? null : present.open(path, hints);
    return in == null ? super.open(path, bufferSize) : in;
  }

  /** As HDFS's own, which opens by path on the calling thread, but for what the options say of the reads. */
  @Override
  protected CompletableFuture<FSDataInputStream> openFileWithOptions(Path path, OpenFileParameters parameters)
      throws IOException {
    Set<String> mandatory = parameters.getMandatoryKeys();
    if (reads == null || (mandatory != null && !mandatory.isEmpty())) {
      return super.openFileWithOptions(path, parameters);
    }
    ReadHints hints = ReadHints.of(parameters.getOptions());
    return LambdaUtils.eval(new CompletableFuture<>(), () -> open(path, parameters.getBufferSize(), hints));
  }

  @Override
  public boolean hasPathCapability(Path path, String capability) throws IOException {
    return Availability.isMeantBy(capability) ? reads != null : super.hasPathCapability(path, capability);
  }

  @Override
  public void close() throws IOException {
    BlockReads present = reads;
    try {
      if (present != null) {
        present.close();
      }
    } finally {
      super.close();
    }
  }

  @Override
  public String toString() {
    return "Forebay(" + (reads == null ? "not used" : "reads through HDFS") + ") over " + super.toString();
  }
}
