package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertTrue;

import org.apache.hadoop.conf.Configuration;
import org.junit.Test;

public class StreamTypeTest {

  @Test
  public void the_classic_stream_is_forced_on_a_copy_for_the_bucket_too() {
    Configuration given = new Configuration(false);
    given.set("fs.s3a.input.stream.type", "analytics");
    given.set("fs.s3a.bucket.b.input.stream.type", "prefetch");
    given.set("fs.s3a.prefetch.enabled", "true");
    Configuration forced = StreamType.classic(given, "b");
    assertNotSame(given, forced);
    assertEquals("classic", forced.get("fs.s3a.input.stream.type"));
    assertEquals("classic", forced.get("fs.s3a.bucket.b.input.stream.type"));
    assertEquals("false", forced.get("fs.s3a.prefetch.enabled"));
    assertEquals("analytics", given.get("fs.s3a.input.stream.type"));
  }

  @Test
  public void a_slot_that_forebay_fills_already_is_recognised() {
    Configuration conf = new Configuration(false);
    assertFalse(StreamType.isOurs(conf, "b"));
    conf.set("fs.s3a.input.stream.type", "custom");
    conf.set("fs.s3a.input.stream.custom.factory", "org.example.Factory");
    assertFalse(StreamType.isOurs(conf, "b"));
    conf.set("fs.s3a.bucket.b.input.stream.custom.factory", "io.forebay.hadoop.s3a.Factory");
    assertTrue(StreamType.isOurs(conf, "b"));
    assertFalse(StreamType.isOurs(conf, "c"));
  }
}
