package io.forebay.hadoop;

import java.io.IOException;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.contract.AbstractFSContract;

/** The filter over a scratch folder of local files, for Hadoop's contract suites. */
public final class ScratchContract extends AbstractFSContract {

  private static FileSystem files;

  public ScratchContract(Configuration conf) {
    super(conf);
    addConfResource("contract/scratch.xml");
  }

  @Override
  public void init() throws IOException {
    super.init();
    if (!ScratchFileSystem.TOP.toUri().equals(getTestFileSystem().getUri())) {
      throw new IOException("these suites delete trees, and will not do so in " + getTestFileSystem());
    }
  }

  @Override
  public FileSystem getTestFileSystem() throws IOException {
    synchronized (ScratchContract.class) {
      if (files == null) {
        files = filter();
      }
      return files;
    }
  }

  private static FileSystem filter() throws IOException {
    Configuration conf = new Configuration(false);
    conf.addResource("core-default.xml");
    try {
      CacheBench.use(conf);
    } catch (Exception e) {
      throw new IOException(e);
    }
    conf.set("fs.scratch.impl", ForebayFilterFileSystem.class.getName());
    conf.set("fs.forebay.delegate.scratch.impl", ScratchFileSystem.class.getName());
    conf.set(ScratchFileSystem.ROOT, Files.createTempDirectory("scratch").toString());
    return FileSystem.newInstance(ScratchFileSystem.TOP.toUri(), conf);
  }

  @Override
  public String getScheme() {
    return ScratchFileSystem.SCHEME;
  }

  @Override
  public Path getTestPath() {
    return new Path("/contract/test");
  }
}
