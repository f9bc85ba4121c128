package io.forebay.hadoop.hdfs;

import io.forebay.hadoop.CacheBench;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.test.MetricsAsserts;

/**
 * A real HDFS on loopback: a NameNode, three DataNodes, a key provider on disk. One per JVM, started by the first test
 * that asks; its threads end with the JVM.
 */
final class HdfsCluster {

  /** Files of a few megabytes have several blocks. */
  static final int BLOCK = 1 << 20;

  private static final AtomicInteger FILES = new AtomicInteger();
  private static HdfsCluster running;

  final MiniDFSCluster cluster;

  private HdfsCluster(MiniDFSCluster cluster) {
    this.cluster = cluster;
  }

  static synchronized HdfsCluster shared() throws Exception {
    if (running == null) {
      java.nio.file.Path folder = Files.createTempDirectory("forebay-hdfs");
      Configuration conf = new HdfsConfiguration();
      conf.set("hdfs.minidfs.basedir", folder.resolve("dfs").toString());
      conf.set("hadoop.security.key.provider.path", "jceks://file" + folder.resolve("keys.jceks"));
      conf.setInt("dfs.blocksize", BLOCK);
      conf.setInt("dfs.replication", 1);
      // What the NameNode has DataNodes do, such as ending a truncation, comes with the next heartbeat.
      conf.setInt("dfs.heartbeat.interval", 1);
      running = new HdfsCluster(new MiniDFSCluster.Builder(conf).numDataNodes(3).build());
    }
    return running;
  }

  URI uri() throws IOException {
    return cluster.getURI();
  }

  /** What a client of this cluster is configured with, its reads through Forebay. */
  Configuration conf() throws Exception {
    Configuration conf = new Configuration(cluster.getConfiguration(0));
    CacheBench.use(conf);
    conf.set("fs.hdfs.impl", ForebayDistributedFileSystem.class.getName());
    conf.set("fs.defaultFS", uri().toString());
    return conf;
  }

  ForebayDistributedFileSystem forebay() throws Exception {
    return (ForebayDistributedFileSystem) FileSystem.newInstance(uri(), conf());
  }

  DistributedFileSystem stock() throws Exception {
    Configuration conf = conf();
    conf.unset("fs.hdfs.impl");
    return (DistributedFileSystem) FileSystem.newInstance(uri(), conf);
  }

  /** A file that no other test uses. */
  static Path newPath() {
    return new Path("/tests/a b=c/file-" + FILES.incrementAndGet());
  }

  static void write(FileSystem files, Path path, byte[] content) throws IOException {
    try (OutputStream out = files.create(path, true)) {
      out.write(content);
    }
  }

  /** What the DataNodes have sent so far. */
  long bytesSent() {
    long sum = 0;
    for (DataNode node : cluster.getDataNodes()) {
      sum += MetricsAsserts.getLongCounter("BytesRead", MetricsAsserts.getMetrics(node.getMetrics().name()));
    }
    return sum;
  }

  /** How often the NameNode was asked so far where blocks are, by opens and by confirmations. */
  static long questions() {
    return MetricsAsserts.getLongCounter("GetBlockLocations", MetricsAsserts.getMetrics("NameNodeActivity"));
  }
}
