package io.forebay.hadoop.hdfs;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.contract.AbstractFSContract;

/** The overlay over a real HDFS, for Hadoop's contract suites. Its root is the cluster's, never the machine's. */
final class HdfsContract extends AbstractFSContract {

  private static FileSystem files;

  HdfsContract(Configuration conf) {
    super(conf);
    addConfResource("contract/hdfs.xml");
  }

  @Override
  public void init() throws IOException {
    super.init();
    if (!(getTestFileSystem() instanceof ForebayDistributedFileSystem)) {
      throw new IOException("these suites delete trees, and will not do so in " + getTestFileSystem());
    }
  }

  @Override
  public FileSystem getTestFileSystem() throws IOException {
    synchronized (HdfsContract.class) {
      if (files == null) {
        try {
          files = HdfsCluster.shared().forebay();
        } catch (Exception e) {
          throw new IOException(e);
        }
      }
      return files;
    }
  }

  @Override
  public String getScheme() {
    return "hdfs";
  }

  @Override
  public Path getTestPath() {
    return new Path("/contract/test");
  }
}
