package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.ForebayFilterFileSystem;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** The filter over a real store's connector, whose statuses carry ETags: S3A's. */
public class FilterOnS3Test {

  private static final int LENGTH = 3_000_017;

  private Bench bench;

  @Before
  public void start() throws Exception {
    bench = new Bench("auto");
  }

  @After
  public void stop() throws IOException {
    bench.close();
  }

  private FileSystem filter(String... keysAndValues) throws IOException {
    Configuration conf = bench.conf(ForebayFilterFileSystem.class, bench.proxy.endpoint(), S3Server.SECRET_KEY);
    conf.set("fs.forebay.delegate.s3a.impl", S3AFileSystem.class.getName());
    for (int i = 0; i < keysAndValues.length; i += 2) {
      conf.set(keysAndValues[i], keysAndValues[i + 1]);
    }
    return bench.newInstance(conf);
  }

  @Test
  public void a_warm_file_costs_a_head_and_one_proof_of_the_right_to_read_it() throws Exception {
    Path path = Bench.newPath();
    byte[] content = bench.write(path, LENGTH, 1);
    try (FileSystem files = filter(); FSDataInputStream in = files.open(path)) {
      assertTrue(Bench.isCached(in));
      assertArrayEquals(content, Bench.readWhole(in, LENGTH));
    }
    assertEquals("fetched once", LENGTH, bench.proxy.of("GET").stream().mapToLong(get -> get.body).sum());
    Bench.awaitFills();
    try (FileSystem files = filter()) {
      for (int proofs = 1; proofs >= 0; proofs--) {
        bench.proxy.forget();
        try (FSDataInputStream in = files.open(path)) {
          assertArrayEquals(content, Bench.readWhole(in, LENGTH));
        }
        assertEquals(proofs, bench.proxy.count("GET"));
        assertEquals(1 + proofs, bench.proxy.count("HEAD"));
      }
    }
  }

  @Test
  public void what_rules_the_cache_out_under_the_overlay_rules_it_out_here() throws Exception {
    Path path = Bench.newPath();
    bench.write(path, LENGTH, 1);
    try (FileSystem files = filter("fs.s3a.change.detection.mode", "none");
        FSDataInputStream in = files.open(path)) {
      assertFalse(Bench.isCached(in));
    }
  }
}
