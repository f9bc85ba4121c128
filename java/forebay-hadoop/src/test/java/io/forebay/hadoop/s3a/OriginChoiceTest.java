package io.forebay.hadoop.s3a;

import static io.forebay.hadoop.s3a.OriginChoice.Mode.DELEGATE;
import static io.forebay.hadoop.s3a.OriginChoice.Mode.DIRECT;
import static io.forebay.hadoop.s3a.OriginChoice.Mode.STOCK;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.HadoopGiven;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.Test;

public class OriginChoiceTest {

  private static Configuration regional() {
    Configuration conf = new Configuration(false);
    conf.set("fs.s3a.endpoint.region", "eu-west-1");
    return conf;
  }

  private static OriginChoice choice(Configuration conf) {
    return OriginChoice.of(new HadoopGiven(conf), "bucket", false);
  }

  @Test
  public void a_bucket_of_a_known_region_is_read_directly() {
    OriginChoice choice = choice(regional());
    assertEquals(DIRECT, choice.mode());
    assertEquals("reads directly (region eu-west-1)", choice.toString());
  }

  @Test
  public void settings_that_change_nothing_stay_direct() {
    String[][] harmless = {
      {"fs.s3a.encryption.algorithm", "SSE-S3"},
      {"fs.s3a.encryption.algorithm", "SSE-KMS"},
      {"fs.s3a.encryption.algorithm", "DSSE-KMS"},
      {"fs.s3a.server-side-encryption-algorithm", "AES256"},
      {"fs.s3a.requester.pays.enabled", "false"},
      {"fs.s3a.accesspoint.required", "false"},
      {"fs.s3a.s3.client.factory.impl", "org.apache.hadoop.fs.s3a.DefaultS3ClientFactory"},
      {"fs.s3a.ssl.channel.mode", "default_jsse"},
      {"fs.s3a.change.detection.mode", "server"},
      {"fs.s3a.change.detection.mode", "client"},
      {"fs.s3a.change.detection.source", "etag"},
      {"fs.s3a.cross.region.access.enabled", "true"},
      {"fs.s3a.http.signer.enabled", "false"},
      {"fs.s3a.proxy.host", ""},
      {"fs.s3a.assumed.role.arn", "arn:aws:iam::1:role/reader"},
      {"fs.s3a.some.lakeformation.enabled", "false"},
    };
    for (String[] setting : harmless) {
      Configuration conf = regional();
      conf.set(setting[0], setting[1]);
      assertEquals(Arrays.toString(setting), DIRECT, choice(conf).mode());
    }
  }

  @Test
  public void settings_the_direct_client_can_not_follow_select_the_delegate() {
    String[][] rows = {
      {"fs.s3a.encryption.algorithm", "SSE-C"},
      {"fs.s3a.server-side-encryption-algorithm", "sse-c"},
      {"fs.s3a.requester.pays.enabled", "true"},
      {"fs.s3a.accesspoint.arn", "arn:aws:s3:eu-west-1:1:accesspoint/a"},
      {"fs.s3a.accesspoint.required", "true"},
      {"fs.s3a.delegation.token.binding", "org.example.Binding"},
      {"fs.s3a.custom.signers", "mine:org.example.Signer"},
      {"fs.s3a.signing-algorithm", "S3SignerType"},
      {"fs.s3a.s3.signing-algorithm", "S3SignerType"},
      {"fs.s3a.http.signer.enabled", "true"},
      {"fs.s3a.http.signer.class", "org.example.Signer"},
      {"fs.s3a.s3.client.factory.impl", "org.example.Factory"},
      {"fs.s3a.access.grants.enabled", "true"},
      {"fs.s3a.endpoint.fips", "true"},
      {"fs.s3a.proxy.host", "proxy.local"},
      {"fs.s3a.ssl.channel.mode", "openssl"},
      {"fs.s3a.client.s3.custom.headers", "a=b"},
      {"fs.s3a.change.detection.source", "versionid"},
      {"fs.s3a.endpoint", "s3-fips.eu-west-1.amazonaws.com"},
      {"fs.s3a.endpoint", "http://user:password@store.local"},
      {"fs.s3a.endpoint", "store.local/with/path"},
      {"fs.s3a.endpoint.region", "sdk"},
      {"fs.s3a.lakeformation.enabled", "true"},
    };
    for (String[] row : rows) {
      Configuration conf = regional();
      conf.set(row[0], row[1]);
      OriginChoice choice = choice(conf);
      assertEquals(Arrays.toString(row), DELEGATE, choice.mode());
      assertTrue(choice.toString(), choice.toString().startsWith("reads through S3A ("));
      assertTrue(choice.toString(), !choice.toString().contains("password"));
    }
  }

  @Test
  public void a_directory_bucket_and_an_unknown_region_select_the_delegate() {
    assertEquals(DELEGATE, OriginChoice.of(new HadoopGiven(regional()), "data--eun1-az1--x-s3", false).mode());
    Configuration unknown = new Configuration(false);
    assertEquals(DELEGATE, choice(unknown).mode());
    unknown.set("fs.s3a.endpoint", "s3.amazonaws.com");
    assertEquals(DELEGATE, choice(unknown).mode());
    assertTrue(choice(unknown).toString().contains("set fs.s3a.endpoint.region"));
  }

  @Test
  public void a_trust_store_of_ones_own_matters_where_there_is_tls() {
    System.setProperty("javax.net.ssl.trustStore", "/some/store");
    try {
      assertEquals(DELEGATE, choice(regional()).mode());
      Configuration plain = regional();
      plain.set("fs.s3a.endpoint", "http://127.0.0.1:9000");
      assertEquals(DIRECT, choice(plain).mode());
    } finally {
      System.clearProperty("javax.net.ssl.trustStore");
    }
  }

  @Test
  public void what_may_not_be_cached_is_left_to_s3a_whatever_the_key_says() {
    Configuration conf = regional();
    assertEquals(STOCK, OriginChoice.of(new HadoopGiven(conf), "bucket", true).mode());
    for (String mode : new String[] {"none", "warn", "None"}) {
      conf.set("fs.s3a.change.detection.mode", mode);
      assertEquals(mode, STOCK, choice(conf).mode());
    }
    conf = regional();
    conf.set("fs.forebay.origin", "direct");
    for (String algorithm : new String[] {"CSE-KMS", "CSE-CUSTOM"}) {
      conf.set("fs.s3a.encryption.algorithm", algorithm);
      assertEquals(algorithm, STOCK, choice(conf).mode());
      assertTrue(choice(conf).toString(), choice(conf).toString().startsWith("reads without the cache ("));
    }
  }

  @Test
  public void the_key_forces_either_and_says_against_what() {
    Configuration conf = regional();
    conf.set("fs.forebay.origin", "delegate");
    assertEquals("reads through S3A (fs.forebay.origin=delegate)", choice(conf).toString());
    conf.set("fs.forebay.bucket.bucket.origin", "direct");
    conf.set("fs.s3a.proxy.host", "proxy.local");
    assertEquals(
        "reads directly (fs.forebay.origin=direct, although requests go through a proxy (fs.s3a.proxy.host))",
        choice(conf).toString());
    assertEquals(DELEGATE, OriginChoice.of(new HadoopGiven(conf), "other", false).mode());
    conf.set("fs.forebay.bucket.bucket.origin", "sideways");
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> choice(conf));
    assertEquals(
        "fs.forebay.origin: 'sideways' is not allowed; give auto or direct or delegate", refused.getMessage());
  }

  @Test
  public void the_library_is_told_where_the_bucket_is() {
    Configuration conf = regional();
    conf.set("fs.s3a.endpoint", "localhost:9000");
    conf.set("fs.s3a.connection.ssl.enabled", "false");
    conf.set("fs.s3a.path.style.access", "true");
    Map<String, String> access = new HashMap<>();
    String[] pairs = choice(conf).access();
    for (int i = 0; i < pairs.length; i += 2) {
      access.put(pairs[i], pairs[i + 1]);
    }
    assertEquals("s3", access.get("kind"));
    assertEquals("direct", access.get("mode"));
    assertEquals("bucket", access.get("bucket"));
    assertEquals("http://localhost:9000", access.get("endpoint"));
    assertEquals("eu-west-1", access.get("region"));
    assertEquals("true", access.get("path-style"));
    assertEquals("0", access.get("content-settings"));
  }
}
