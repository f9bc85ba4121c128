package io.forebay.hadoop.hdfs;

import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.CacheBench;
import java.io.IOException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.junit.After;
import org.junit.Before;

/** Tests over a real HDFS: the overlay, and stock HDFS beside it. */
public abstract class OnHdfs {

  HdfsCluster hdfs;
  DistributedFileSystem stock;
  ForebayDistributedFileSystem files;
  Path path;

  @Before
  public void start() throws Exception {
    hdfs = HdfsCluster.shared();
    stock = hdfs.stock();
    files = hdfs.forebay();
    path = HdfsCluster.newPath();
  }

  @After
  public void stop() throws IOException {
    files.close();
    stock.close();
  }

  /** Writes past Forebay. */
  byte[] write(int length, long seed) throws IOException {
    byte[] content = CacheBench.content(length, seed);
    HdfsCluster.write(stock, path, content);
    return content;
  }

  /** Opens through the cache. */
  FSDataInputStream open() throws IOException {
    FSDataInputStream in = files.open(path);
    assertTrue("opened through the cache", CacheBench.isCached(in));
    return in;
  }

  byte[] read(int length) throws IOException {
    try (FSDataInputStream in = open()) {
      return CacheBench.readWhole(in, length);
    }
  }

  /** Reads it all through the cache, and waits until it is there. */
  void warm(int length) throws IOException {
    read(length);
    CacheBench.awaitFills();
  }
}
