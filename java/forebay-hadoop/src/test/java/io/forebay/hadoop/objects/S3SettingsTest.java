package io.forebay.hadoop.objects;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.forebay.hadoop.s3a.Credentials;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.Test;

/** S3A's configuration as a file system without hadoop-aws follows it. */
public class S3SettingsTest {

  private static S3Settings settings(String... keysAndValues) {
    Configuration conf = new Configuration(false);
    conf.set("fs.s3a.endpoint.region", "eu-west-1");
    for (int at = 0; at < keysAndValues.length; at += 2) {
      conf.set(keysAndValues[at], keysAndValues[at + 1]);
    }
    return S3Settings.of(conf, "lake");
  }

  private static Map<String, String> access(String... keysAndValues) throws IOException {
    List<String> flat = Arrays.asList(settings(keysAndValues).access());
    Map<String, String> access = new HashMap<>();
    for (int at = 0; at < flat.size(); at += 2) {
      access.put(flat.get(at), flat.get(at + 1));
    }
    return access;
  }

  private static void assertRefused(String named, String... keysAndValues) {
    IOException refusal = assertThrows(named, IOException.class, () -> access(keysAndValues));
    assertTrue(refusal.getMessage(), refusal.getMessage().contains(named));
    assertTrue(refusal.getMessage(), refusal.getMessage().contains("take the setting away, or use"));
  }

  @Test
  public void a_bucket_s_own_value_wins() throws IOException {
    Map<String, String> access =
        access("fs.s3a.bucket.lake.endpoint.region", "us-west-2", "fs.s3a.bucket.other.endpoint.region", "x-y-1",
            "fs.s3a.bucket.lake.path.style.access", "true");
    assertEquals("us-west-2", access.get("region"));
    assertEquals("true", access.get("path-style"));
    assertEquals("lake", access.get("bucket"));
  }

  @Test
  public void what_objects_are_written_with_is_followed() throws IOException {
    Map<String, String> access =
        access("fs.s3a.server-side-encryption-algorithm", "SSE-KMS", "fs.s3a.encryption.key", "arn:aws:kms:key",
            "fs.s3a.acl.default", "BucketOwnerFullControl", "fs.s3a.create.storage.class", "intelligent_tiering",
            "fs.s3a.retry.interval", "2s", "fs.s3a.retry.limit", "3");
    assertEquals("aws:kms", access.get("encryption"));
    assertEquals("arn:aws:kms:key", access.get("encryption-key"));
    assertEquals("bucket-owner-full-control", access.get("acl"));
    assertEquals("INTELLIGENT_TIERING", access.get("storage-class"));
    assertEquals("2000", access.get("retry-pause"));
    assertEquals("3", access.get("retries"));
    assertEquals("AES256", access("fs.s3a.encryption.algorithm", "SSE-S3").get("encryption"));
    assertEquals("", access().get("encryption"));
  }

  @Test
  public void what_can_t_be_followed_is_refused_by_name() {
    assertRefused("fs.s3a.encryption.algorithm", "fs.s3a.encryption.algorithm", "SSE-C");
    assertRefused("fs.s3a.encryption.algorithm", "fs.s3a.encryption.algorithm", "CSE-KMS");
    assertRefused("fs.s3a.encryption.algorithm", "fs.s3a.encryption.algorithm", "ROT13");
    assertRefused("fs.s3a.encryption.context", "fs.s3a.encryption.context", "a=b");
    assertRefused("fs.s3a.proxy.host", "fs.s3a.proxy.host", "p");
    assertRefused("fs.s3a.requester.pays.enabled", "fs.s3a.requester.pays.enabled", "true");
    assertRefused("fs.s3a.accesspoint.arn", "fs.s3a.bucket.lake.accesspoint.arn", "arn:aws:s3:x");
    assertRefused("fs.s3a.delegation.token.binding", "fs.s3a.delegation.token.binding", "C");
    assertRefused("fs.s3a.custom.signers", "fs.s3a.custom.signers", "C");
    assertRefused("FIPS", "fs.s3a.endpoint.fips", "true");
    assertRefused("fs.s3a.endpoint.region", "fs.s3a.endpoint.region", "");
    // To read by another way is refused here, whatever the key of Forebay's says.
    assertRefused("fs.s3a.proxy.host", "fs.s3a.proxy.host", "p", "fs.forebay.origin", "direct");
  }

  @Test
  public void the_first_provider_with_keys_gives_them_and_an_unknown_one_ends_the_search() throws IOException {
    String simple = "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider";
    String temporary = "org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider";
    String[] keys = {"fs.s3a.access.key", "a", "fs.s3a.secret.key", "b", "fs.s3a.bucket.lake.access.key", "own",
      "fs.s3a.aws.credentials.provider", temporary + ", " + simple};
    assertEquals(new Credentials("own", "b", null, null), settings(keys).keys().resolve());
    String[] token = Arrays.copyOf(keys, keys.length + 2);
    token[keys.length] = "fs.s3a.session.token";
    token[keys.length + 1] = "t";
    assertEquals(new Credentials("own", "b", "t", null), settings(token).keys().resolve());

    S3Settings unknown = settings("fs.s3a.access.key", "a", "fs.s3a.secret.key", "b",
        "fs.s3a.aws.credentials.provider", "com.example.Vault," + simple);
    IOException refusal = assertThrows(IOException.class, () -> unknown.keys().resolve());
    assertTrue(refusal.getMessage(), refusal.getMessage().contains("Vault"));
    assertEquals(new Credentials(null, null, null, null),
        settings("fs.s3a.aws.credentials.provider", "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider")
            .keys().resolve());
  }

  @Test
  public void the_machine_gives_keys_where_its_turn_comes() throws IOException {
    String list = "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider, "
        + "org.apache.hadoop.fs.s3a.auth.IAMInstanceCredentialsProvider";
    String[] without = {"fs.s3a.aws.credentials.provider", list};
    String[] with = {"fs.s3a.aws.credentials.provider", list, "fs.s3a.access.key", "a", "fs.s3a.secret.key", "b"};
    assertEquals("machine", settings(without).keys().surroundings());
    assertNull(settings(with).keys().surroundings());
    assertEquals("web-identity", settings("fs.s3a.aws.credentials.provider",
        "software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider").keys().surroundings());
  }

  @Test
  public void other_settings_stay_as_they_are() {
    S3Settings settings = settings("fs.s3a.block.size", "64M", "fs.s3a.bucket.lake.block.size", "128M");
    assertEquals(128 << 20, settings.blockSize());
    assertNull(settings.conf().get("fs.forebay.origin"));
    assertThrows(IOException.class, () -> settings("fs.s3a.directory.marker.retention", "authoritative").keepsMarkers());
  }
}
