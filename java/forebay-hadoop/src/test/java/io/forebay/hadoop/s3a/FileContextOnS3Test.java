package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.Path;
import org.junit.Test;

/** {@code FileContext} reads through the cache where it is told to. */
public class FileContextOnS3Test extends OnS3 {

  private static final int LENGTH = 1_000_003;

  @Test
  public void a_file_context_reads_through_the_cache() throws Exception {
    Configuration conf = bench.conf(ForebayS3AFileSystem.class, bench.proxy.endpoint(), S3Server.SECRET_KEY);
    conf.set("fs.AbstractFileSystem.s3a.impl", ForebayS3A.class.getName());
    FileContext context = FileContext.getFileContext(URI.create("s3a://" + S3Server.BUCKET), conf);
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 1);
    for (int i = 0; i < 2; i++) {
      bench.proxy.forget();
      try (FSDataInputStream in = context.open(path)) {
        assertTrue(Bench.isCached(in));
        assertArrayEquals(content, Bench.readWhole(in, LENGTH));
      }
      Bench.awaitFills();
    }
    assertEquals(bench.proxy.of("GET").toString(), 0, bench.proxy.count("GET"));
    assertEquals(LENGTH, context.getFileStatus(path).getLen());
  }
}
