package io.forebay.hadoop.objects;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/**
 * The configuration of Hadoop's ABFS connector for one container. A key that ends with the account's host wins over the
 * same key without. Requests go to the account's Blob service, which lies beside the one that ABFS asks.
 */
final class AbfsSettings extends StoreSettings {

  private static final String PREFIX = "fs.azure.";
  private static final String ACCOUNT = PREFIX + "account.";
  private static final String OAUTH = ACCOUNT + "oauth2.";
  private static final String ENDPOINT = PREFIX + "abfs.endpoint";

  // ABFS's defaults.
  private static final long BLOCK_SIZE = 256 << 20;
  private static final long WRITE_SIZE = 8 << 20;
  private static final int ACTIVE_BLOCKS = 20;
  private static final int RETRIES = 30;
  private static final long RETRY_PAUSE = 500;
  private static final int DELETE_PAGE = 1000;

  private final String scheme;
  private final String container;
  /** The account's host as the URI says it, such as {@code account.dfs.core.windows.net}. */
  private final String host;

  private AbfsSettings(Configuration conf, String scheme, String container, String host) {
    super(conf, container + "@" + name(host));
    this.scheme = scheme;
    this.container = container;
    this.host = host;
  }

  static AbfsSettings at(Configuration given, URI name) {
    String[] parts = name.getAuthority().split("@", -1);
    if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw new IllegalArgumentException(
          name + " names no container; write " + name.getScheme() + "://container@account.dfs.core.windows.net");
    }
    Configuration conf = own(given, parts[0] + "@" + name(parts[1]));
    return new AbfsSettings(conf, name.getScheme(), parts[0], parts[1]);
  }

  private static String name(String host) {
    return host.split("\\.", 2)[0];
  }

  @Override
  String[] access() throws IOException {
    refuse(PREFIX + "encryption.context.provider.type", PREFIX + "encryption.encoded.client-provided-key",
        PREFIX + "encryption.encoded.client-provided-key.sha", PREFIX + "ssl.channel.mode",
        PREFIX + "infinite-lease.directories", PREFIX + "appendblob.directories");
    for (String key : new String[] {
      PREFIX + "client-provided-encryption-key", ACCOUNT + "keyprovider", PREFIX + "sas.token.provider.type"}) {
      refuse(key, key + "." + host);
    }
    for (String key : new String[] {ACCOUNT + "hns.enabled", PREFIX + "enable.delegation.token"}) {
      if (of(key).equalsIgnoreCase("true")) {
        throw refused(key + "=true is not supported");
      }
    }
    List<String> access = new ArrayList<>();
    add(access, "kind", "abfs", "mode", "direct", "bucket", bucket(), "endpoint", endpoint(), "content-settings", "0");
    add(access, "account", name(host), "container", container);
    identity(access);
    add(access, "retries", String.valueOf(conf().getInt(PREFIX + "io.retry.max.retries", RETRIES)));
    add(access, "retry-pause", millis(PREFIX + "io.retry.min.backoff.interval", RETRY_PAUSE));
    add(access, "retry-total", String.valueOf(RETRY_TOTAL));
    return access.toArray(new String[0]);
  }

  /** The account's Blob service; the account is part of an emulator's path. */
  private String endpoint() throws IOException {
    boolean isPlain = scheme.equals("abfs") && !conf().getBoolean(PREFIX + "always.use.https", true);
    String protocol = isPlain ? "http://" : "https://";
    String elsewhere = get(ENDPOINT);
    if (!elsewhere.isEmpty()) {
      return protocol + elsewhere + "/" + name(host);
    }
    if (!host.contains(".dfs.") && !host.contains(".blob.")) {
      throw refused("the account's host " + host + " has no Blob service whose name is known");
    }
    return protocol + host.replace(".dfs.", ".blob.");
  }

  /** Who reads and writes, in the library's words. */
  private void identity(List<String> access) throws IOException {
    String type = of(ACCOUNT + "auth.type").toLowerCase(Locale.ROOT);
    switch (type) {
      case "":
      case "sharedkey":
        add(access, "identity", "key", "secret", required(ACCOUNT + "key"));
        return;
      case "sas":
        add(access, "identity", "signature", "secret", required(PREFIX + "sas.fixed.token"));
        return;
      case "oauth":
        tokens(access);
        return;
      default:
        throw refused(ACCOUNT + "auth.type=" + type + " is not supported");
    }
  }

  private void tokens(List<String> access) throws IOException {
    String provider = of(ACCOUNT + "oauth.provider.type");
    String named = provider.substring(provider.lastIndexOf('.') + 1);
    switch (named) {
      case "ClientCredsTokenProvider":
        add(access, "identity", "client", "client", required(OAUTH + "client.id"));
        add(access, "secret", required(OAUTH + "client.secret"));
        directory(access);
        return;
      case "MsiTokenProvider":
        add(access, "identity", "machine", "client", secretOf(OAUTH + "client.id"));
        add(access, "metadata", of(OAUTH + "msi.endpoint"));
        return;
      case "WorkloadIdentityTokenProvider":
        add(access, "identity", "workload", "client", required(OAUTH + "client.id"));
        add(access, "token-file", required(OAUTH + "token.file"), "tenant", required(OAUTH + "msi.tenant"));
        String authority = of(OAUTH + "msi.authority");
        add(access, "authority", authority.isEmpty() ? "https://login.microsoftonline.com" : authority.replaceAll("/+$", ""));
        return;
      default:
        throw refused("tokens of '" + named + "' are not supported (" + ACCOUNT + "oauth.provider.type)");
    }
  }

  /** Authority and tenant, which the library makes the address of tokens from: {@code https://authority/tenant/...}. */
  private void directory(List<String> access) throws IOException {
    String key = OAUTH + "client.endpoint";
    String[] parts = required(key).split("/");
    boolean isKnown = parts.length >= 6 && parts[0].equals("https:") && parts[1].isEmpty() && parts[4].equals("oauth2")
        && Arrays.asList("token", "v2.0/token").contains(String.join("/", Arrays.asList(parts).subList(5, parts.length)));
    if (!isKnown) {
      throw refused(key + " is not of the form https://authority/tenant/oauth2/token");
    }
    add(access, "authority", "https://" + parts[2], "tenant", parts[3]);
  }

  private String of(String key) {
    String own = get(key + "." + host);
    return own.isEmpty() ? get(key) : own;
  }

  private String secretOf(String key) throws IOException {
    return secret(key + "." + host, key);
  }

  private String required(String key) throws IOException {
    String secret = secretOf(key);
    if (secret.isEmpty()) {
      throw refused("it has no " + key + "." + host);
    }
    return secret;
  }

  @Override
  public long blockSize() {
    return conf().getLongBytes(PREFIX + "block.size", BLOCK_SIZE);
  }

  @Override
  UploadSettings uploads() {
    int parallel = conf().getInt(PREFIX + "block.upload.active.blocks", ACTIVE_BLOCKS);
    return new UploadSettings(conf().getLongBytes(PREFIX + "write.request.size", WRITE_SIZE), Math.max(1, parallel));
  }

  @Override
  int deletePage() {
    return DELETE_PAGE;
  }

  @Override
  String otherwise() {
    return "hadoop-azure, with io.forebay.hadoop.ForebayFilterFileSystem over it";
  }

  @Override
  String shown() {
    return scheme + "://" + container + "@" + host;
  }

  private static void add(List<String> access, String... namesAndValues) {
    Collections.addAll(access, namesAndValues);
  }
}
