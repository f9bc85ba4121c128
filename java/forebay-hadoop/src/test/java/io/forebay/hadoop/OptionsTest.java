package io.forebay.hadoop;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import org.apache.hadoop.conf.Configuration;
import org.junit.Test;

public class OptionsTest {

  @Test
  public void hints_are_read_and_nonsense_is_left_out() {
    Configuration options = new Configuration(false);
    options.set("fs.option.openfile.read.policy", "parquet, vector, random");
    options.set("fs.option.openfile.split.start", "100");
    options.set("fs.option.openfile.split.end", "200");
    ReadHints hints = ReadHints.of(options);
    assertEquals("parquet, vector, random", hints.policy());
    assertEquals(100, hints.splitStart());
    assertEquals(200, hints.splitEnd());
    options.set("fs.option.openfile.split.end", "a lot");
    assertEquals(-1, ReadHints.of(options).splitStart());
    assertEquals(-1, ReadHints.of(options).splitEnd());
    options.set("fs.option.openfile.split.end", "100");
    assertEquals(-1, ReadHints.of(options).splitStart());
    assertSame(ReadHints.NONE, ReadHints.of(null));
  }

  @Test
  public void s3a_s_own_key_stands_in_for_a_policy_that_is_not_given() {
    Configuration conf = new Configuration(false);
    assertSame(ReadHints.NONE, ReadHints.usual(conf));
    conf.set("fs.s3a.experimental.input.fadvise", "sequential");
    ReadHints usual = ReadHints.usual(conf);
    assertEquals("sequential", ReadHints.NONE.or(usual).policy());
    Configuration options = new Configuration(false);
    options.set("fs.option.openfile.split.start", "100");
    options.set("fs.option.openfile.split.end", "200");
    assertEquals("sequential", ReadHints.of(options).or(usual).policy());
    assertEquals(200, ReadHints.of(options).or(usual).splitEnd());
    options.set("fs.s3a.experimental.input.fadvise", "random");
    assertEquals("random", ReadHints.of(options).or(usual).policy());
    options.set("fs.option.openfile.read.policy", "whole-file");
    assertEquals("whole-file", ReadHints.of(options).or(usual).policy());
  }

  @Test
  public void a_buckets_own_key_wins() {
    Configuration conf = new Configuration(false);
    assertEquals("auto", BucketKeys.get(conf, "b", ForebayKeys.ORIGIN, "auto"));
    conf.set("fs.forebay.origin", "delegate");
    assertEquals("delegate", BucketKeys.get(conf, "b", ForebayKeys.ORIGIN, "auto"));
    conf.set("fs.forebay.bucket.b.origin", " Direct ");
    assertEquals("Direct", BucketKeys.get(conf, "b", ForebayKeys.ORIGIN, "auto"));
    assertEquals("direct", BucketKeys.oneOf(conf, "b", ForebayKeys.ORIGIN, "auto", "auto", "direct"));
    assertEquals("delegate", BucketKeys.get(conf, "c", ForebayKeys.ORIGIN, "auto"));
  }

  @Test
  public void a_value_that_is_not_allowed_names_key_value_and_form() {
    Configuration conf = new Configuration(false);
    conf.set("fs.forebay.enabled", "maybe");
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> Availability.of(conf, "bucket"));
    assertEquals("fs.forebay.enabled: 'maybe' is not allowed; give true or false", refused.getMessage());
    conf.set("fs.forebay.enabled", "FALSE");
    assertFalse(Availability.of(conf, "bucket"));
  }

  @Test
  public void the_engine_gets_every_key_of_ours_with_variables_replaced() {
    Configuration conf = new Configuration(false);
    conf.set("fs.forebay.cache.dirs", "/scratch/${who}");
    conf.set("who", "me");
    conf.set("fs.s3a.secret.key", "never");
    assertArrayEquals(new String[] {"fs.forebay.cache.dirs", "/scratch/me"}, EngineStart.properties(conf));
  }

  @Test
  public void only_strong_etags_pin() {
    for (String strong : new String[] {"abc", "\"abc\"", "\"d41d8-3\""}) {
      assertTrue(strong, PinnedFile.isStrong(strong));
    }
    for (String weak : new String[] {null, "", "\"\"", " ", "W/\"abc\""}) {
      assertFalse(String.valueOf(weak), PinnedFile.isStrong(weak));
    }
  }

  @Test
  public void native_targets_become_logger_names() {
    assertEquals("io.forebay.engine.fetch", LogDrain.name("forebay_engine::fetch"));
    assertEquals("io.forebay.cache", LogDrain.name("forebay_cache"));
    assertEquals("io.forebay.other", LogDrain.name("other"));
  }
}
