package io.forebay.hadoop.objects;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.junit.Test;

/** The configurations of Google's connector and of ABFS, as a file system without them follows them. */
public class OtherSettingsTest {

  private static final String GS = "gs://lake";
  private static final String ABFS = "abfss://lake@acc.dfs.core.windows.net";
  private static final String KEY = "fs.azure.account.key.acc.dfs.core.windows.net";
  private static final String TYPE = "fs.azure.account.auth.type";
  private static final String PROVIDER = "fs.azure.account.oauth.provider.type";
  private static final String OAUTH = "fs.azure.account.oauth2.";
  private static final String TOKENS = "org.apache.hadoop.fs.azurebfs.oauth2.";

  private static StoreSettings settings(String name, String... keysAndValues) throws IOException {
    Configuration conf = new Configuration(false);
    for (int at = 0; at < keysAndValues.length; at += 2) {
      conf.set(keysAndValues[at], keysAndValues[at + 1]);
    }
    return StoreSettings.of(conf, URI.create(name));
  }

  private static Map<String, String> access(String name, String... keysAndValues) throws IOException {
    List<String> flat = Arrays.asList(settings(name, keysAndValues).access());
    Map<String, String> access = new HashMap<>();
    for (int at = 0; at < flat.size(); at += 2) {
      access.put(flat.get(at), flat.get(at + 1));
    }
    return access;
  }

  private static void assertRefused(String name, String named, String... keysAndValues) {
    IOException refusal = assertThrows(named, IOException.class, () -> access(name, keysAndValues));
    assertTrue(refusal.getMessage(), refusal.getMessage().contains(named));
    assertTrue(refusal.getMessage(), refusal.getMessage().contains("take the setting away, or use"));
  }

  @Test
  public void who_reads_from_google_is_who_its_connector_would_be() throws IOException {
    assertEquals("machine", access(GS).get("identity"));
    assertEquals("machine", access(GS, "fs.gs.auth.type", "COMPUTE_ENGINE").get("identity"));
    assertEquals("default", access(GS, "fs.gs.auth.type", "APPLICATION_DEFAULT").get("identity"));
    assertEquals("anonymous", access(GS, "fs.gs.auth.type", "UNAUTHENTICATED").get("identity"));
    assertEquals("anonymous", access(GS, "fs.gs.auth.null.enable", "true").get("identity"));
    for (String key : new String[] {"fs.gs.auth.", "google.cloud.auth."}) {
      Map<String, String> access = access(GS, key + "service.account.json.keyfile", "/k.json");
      assertEquals("key-file /k.json", access.get("identity") + " " + access.get("key-file"));
    }
  }

  @Test
  public void what_else_google_s_connector_is_told_is_followed() throws IOException {
    Map<String, String> usual = access(GS, "fs.gs.storage.root.url", "https://storage.googleapis.com/");
    assertEquals("", usual.get("endpoint"));
    assertEquals("10", usual.get("retries"));
    Map<String, String> given = access(GS, "fs.gs.storage.root.url", "http://h:1/", "fs.gs.http.max.retry", "3",
        "fs.gs.http.connect-timeout", "7", "fs.gs.storage.service.path", "/storage/v1/");
    assertEquals("http://h:1 3 7", given.get("endpoint") + " " + given.get("retries") + " " + given.get("connect-timeout"));
    StoreSettings sized = settings(GS, "fs.gs.block.size", "1m", "fs.gs.outputstream.upload.chunk.size", "8m");
    assertEquals(1 << 20, sized.blockSize());
    assertEquals(8 << 20, sized.uploads().part());
    assertEquals(1, sized.uploads().parallel());
    assertFalse(settings(GS, "fs.gs.create.items.conflict.check.enable", "false").asksBeforeCreating());
  }

  @Test
  public void what_of_google_s_can_t_be_followed_is_refused() {
    for (String key : new String[] {
      "fs.gs.encryption.key", "fs.gs.encryption.algorithm", "fs.gs.encryption.key.hash", "fs.gs.proxy.address",
      "fs.gs.delegation.token.binding", "fs.gs.authorization.handler.impl", "fs.gs.requester.pays.mode",
      "fs.gs.config.override.file", "fs.gs.token.server.url", "fs.gs.storage.service.path",
      "fs.gs.auth.access.token.provider.impl", "fs.gs.auth.service.account.keyfile",
      "google.cloud.auth.service.account.private.key", "fs.gs.auth.impersonation.service.account",
      "fs.gs.auth.impersonation.service.account.for.user.me", "fs.gs.storage.http.headers.x", "fs.gs.auth.refresh.token"}) {
      assertRefused(GS, key, key, "something");
    }
    assertRefused(GS, "fs.gs.auth.type", "fs.gs.auth.type", "USER_CREDENTIALS");
    assertRefused(GS, "json.keyfile names none", "fs.gs.auth.type", "SERVICE_ACCOUNT_JSON_KEYFILE");
    assertRefused(GS, "service.account.enable=false", "fs.gs.auth.service.account.enable", "false");
  }

  @Test
  public void an_account_s_blob_service_is_asked() throws IOException {
    Map<String, String> access = access(ABFS, KEY, "a2V5", TYPE, "SharedKey");
    assertEquals("https://acc.blob.core.windows.net", access.get("endpoint"));
    assertEquals("acc lake lake@acc", access.get("account") + " " + access.get("container") + " " + access.get("bucket"));
    assertEquals("key a2V5", access.get("identity") + " " + access.get("secret"));
    String plain = ABFS.replace("abfss", "abfs");
    assertEquals("https://acc.blob.core.windows.net", access(plain, KEY, "a2V5").get("endpoint"));
    assertEquals("http://h:1/acc", access(plain, KEY, "a2V5", "fs.azure.abfs.endpoint", "h:1",
        "fs.azure.always.use.https", "false").get("endpoint"));
    assertEquals("https://acc.blob.core.chinacloudapi.cn", access(ABFS.replace("windows.net", "chinacloudapi.cn"),
        "fs.azure.account.key", "a2V5").get("endpoint"));
    assertRefused("abfs://lake@localhost", "the account's host", "fs.azure.account.key", "a2V5");
    for (String name : new String[] {"abfs://acc.dfs.core.windows.net", "abfs://@acc.dfs.core.windows.net"}) {
      assertThrows(IllegalArgumentException.class, () -> settings(name));
    }
  }

  @Test
  public void who_reads_from_azure_is_who_abfs_would_be() throws IOException {
    String own = TYPE + ".acc.dfs.core.windows.net";
    Map<String, String> signed = access(ABFS, TYPE, "SharedKey", own, "SAS", "fs.azure.sas.fixed.token", "sv=1&sig=2");
    assertEquals("signature sv=1&sig=2", signed.get("identity") + " " + signed.get("secret"));
    Map<String, String> client = access(ABFS, TYPE, "OAuth", PROVIDER, TOKENS + "ClientCredsTokenProvider",
        OAUTH + "client.id", "id", OAUTH + "client.secret", "s", OAUTH + "client.endpoint",
        "https://login.microsoftonline.us/tenant/oauth2/v2.0/token");
    assertEquals("client id s https://login.microsoftonline.us tenant", String.join(" ", client.get("identity"),
        client.get("client"), client.get("secret"), client.get("authority"), client.get("tenant")));
    Map<String, String> machine =
        access(ABFS, TYPE, "OAuth", PROVIDER, TOKENS + "MsiTokenProvider", OAUTH + "client.id", "id");
    assertEquals("machine id ", String.join(" ", machine.get("identity"), machine.get("client"), machine.get("metadata")));
    Map<String, String> workload = access(ABFS, TYPE, "OAuth", PROVIDER, TOKENS + "WorkloadIdentityTokenProvider",
        OAUTH + "client.id", "id", OAUTH + "token.file", "/t", OAUTH + "msi.tenant", "tenant");
    assertEquals("workload /t https://login.microsoftonline.com", String.join(" ", workload.get("identity"),
        workload.get("token-file"), workload.get("authority")));
  }

  @Test
  public void what_of_abfs_can_t_be_followed_is_refused() {
    for (String key : new String[] {
      "fs.azure.client-provided-encryption-key", "fs.azure.client-provided-encryption-key.acc.dfs.core.windows.net",
      "fs.azure.encryption.context.provider.type", "fs.azure.encryption.encoded.client-provided-key",
      "fs.azure.ssl.channel.mode", "fs.azure.infinite-lease.directories", "fs.azure.appendblob.directories",
      "fs.azure.account.keyprovider", "fs.azure.sas.token.provider.type"}) {
      assertRefused(ABFS, key, KEY, "a2V5", key, "something");
    }
    assertRefused(ABFS, "hns.enabled", KEY, "a2V5", "fs.azure.account.hns.enabled", "true");
    assertRefused(ABFS, "enable.delegation.token", KEY, "a2V5", "fs.azure.enable.delegation.token", "true");
    assertRefused(ABFS, KEY);
    assertRefused(ABFS, TYPE, TYPE, "Custom");
    assertRefused(ABFS, "UserPasswordTokenProvider", TYPE, "OAuth", PROVIDER, TOKENS + "UserPasswordTokenProvider");
    assertRefused(ABFS, "client.endpoint is not of the form", TYPE, "OAuth", PROVIDER, TOKENS + "ClientCredsTokenProvider",
        OAUTH + "client.id", "id", OAUTH + "client.secret", "s", OAUTH + "client.endpoint", "https://h/t/token");
  }

  @Test
  public void other_schemes_are_refused_with_the_class_that_reads_them() {
    for (String name : new String[] {"hdfs://h:1", "file://h/", "wasb://c@h"}) {
      UnsupportedFileSystemException refusal =
          assertThrows(UnsupportedFileSystemException.class, () -> settings(name));
      assertTrue(refusal.getMessage(), refusal.getMessage().contains("io.forebay.hadoop."));
    }
  }
}
