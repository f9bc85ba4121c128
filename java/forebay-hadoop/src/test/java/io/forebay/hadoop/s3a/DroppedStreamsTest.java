package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.ForebayMetrics;
import java.io.IOException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** Streams that nobody closes. */
public class DroppedStreamsTest {

  private static final int LENGTH = 100_000;
  private static final int DROPPED = 20;
  /** Far more than the collector has ever needed; each round is a whole collection. */
  private static final int MOST_COLLECTIONS = 100;

  private Bench bench;
  private ForebayS3AFileSystem files;
  private Path path;
  private byte[] content;

  @Before
  public void start() throws Exception {
    bench = new Bench("direct");
    files = bench.forebay();
    path = Bench.newPath();
    content = bench.write(path, LENGTH, 7);
  }

  @After
  public void stop() throws IOException {
    bench.close();
  }

  @Test
  public void their_handles_are_closed_and_those_in_use_are_not() throws IOException {
    try (FSDataInputStream kept = files.open(path)) {
      long before = openNow();
      for (int i = 0; i < DROPPED; i++) {
        drop();
      }
      int collections = 0;
      while (openNow() > before && collections++ < MOST_COLLECTIONS) {
        System.gc();
        files.open(path).close();
      }
      assertTrue(openNow() + " streams are open, " + before + " were", openNow() <= before);
      assertArrayEquals(content, Bench.readWhole(kept, LENGTH));
    }
  }

  @Test
  public void closing_twice_closes_once() throws IOException {
    FSDataInputStream in = files.open(path);
    long before = openNow();
    in.close();
    in.close();
    assertEquals(before - 1, openNow());
  }

  private void drop() throws IOException {
    FSDataInputStream dropped = files.open(path);
    assertEquals(content[0] & 0xff, dropped.read());
  }

  private static long openNow() {
    return ForebayMetrics.snapshot().get("file.open");
  }
}
