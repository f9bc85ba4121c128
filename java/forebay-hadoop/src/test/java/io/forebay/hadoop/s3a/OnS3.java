package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.junit.After;
import org.junit.Before;
import org.junit.runner.RunWith;
import org.junit.runners.Parameterized;

/** Tests over a real S3 server, once with each origin. */
@RunWith(Parameterized.class)
public abstract class OnS3 {

  @Parameterized.Parameters(name = "{0}")
  public static Collection<String> origins() {
    return Arrays.asList("direct", "delegate");
  }

  @Parameterized.Parameter
  public String origin;

  Bench bench;
  ForebayS3AFileSystem files;

  @Before
  public void start() throws Exception {
    bench = new Bench(origin);
    files = bench.forebay();
  }

  @After
  public void stop() throws IOException {
    if (bench != null) {
      bench.close();
    }
  }

  /** Opens through the cache. */
  FSDataInputStream open(Path path) throws IOException {
    FSDataInputStream in = files.open(path);
    assertTrue("opened through the cache", Bench.isCached(in));
    return in;
  }

  /** What the file system of either class says to the same configuration, changed a little. */
  FileSystem with(Class<? extends S3AFileSystem> type, String... keysAndValues) throws IOException {
    Configuration conf = bench.conf(type, bench.proxy.endpoint(), S3Server.SECRET_KEY);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      conf.set(keysAndValues[i], keysAndValues[i + 1]);
    }
    return bench.newInstance(conf);
  }
}
