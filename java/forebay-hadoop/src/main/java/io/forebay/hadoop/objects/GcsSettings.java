package io.forebay.hadoop.objects;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/** The configuration of Google's own connector, in its names of before and since its version 3. */
final class GcsSettings extends StoreSettings {

  private static final String PREFIX = "fs.gs.";
  private static final String AUTH = PREFIX + "auth.";
  private static final String OLD_AUTH = "google.cloud.auth.";
  private static final String KEY_FILE = "service.account.json.keyfile";
  private static final String ROOT = PREFIX + "storage.root.url";
  private static final String USUAL_ROOT = "https://storage.googleapis.com";
  private static final String SERVICE = PREFIX + "storage.service.path";

  // The connector's defaults.
  private static final long BLOCK_SIZE = 64 << 20;
  private static final long CHUNK_SIZE = 64 << 20;
  private static final int RETRIES = 10;
  private static final long CONNECT_TIMEOUT = 20_000;

  /** Pauses grow from here, as the connector's do. */
  private static final String RETRY_PAUSE = "500";
  private static final int DELETE_PAGE = 1000;

  GcsSettings(Configuration conf, String bucket) {
    super(conf, bucket);
  }

  @Override
  String[] access() throws IOException {
    refuse(PREFIX + "encryption.algorithm", PREFIX + "encryption.key", PREFIX + "encryption.key.hash",
        PREFIX + "proxy.address", PREFIX + "delegation.token.binding", PREFIX + "authorization.handler.impl",
        PREFIX + "config.override.file", PREFIX + "token.server.url");
    refuseBelow(PREFIX + "storage.http.headers.");
    String payer = get(PREFIX + "requester.pays.mode").toUpperCase(Locale.ROOT);
    if (!payer.isEmpty() && !payer.equals("DISABLED")) {
      throw refused(PREFIX + "requester.pays.mode is not supported");
    }
    if (!Arrays.asList("", "storage/v1").contains(bare(get(SERVICE)))) {
      throw refused(SERVICE + " is not supported");
    }
    String root = bare(get(ROOT));
    String identity = identity();
    return new String[] {
      "kind", "gs",
      "mode", "direct",
      "bucket", bucket(),
      "endpoint", root.equals(USUAL_ROOT) ? "" : root,
      "content-settings", "0",
      "identity", identity,
      "key-file", identity.equals("key-file") ? keyFile() : "",
      "connect-timeout", millis(PREFIX + "http.connect-timeout", CONNECT_TIMEOUT),
      "retries", String.valueOf(conf().getInt(PREFIX + "http.max.retry", RETRIES)),
      "retry-pause", RETRY_PAUSE,
      "retry-total", String.valueOf(RETRY_TOTAL),
    };
  }

  private static String bare(String url) {
    return url.replaceAll("^/+(?=.)|/+$", "");
  }

  /** Who reads and writes, in the library's words. */
  private String identity() throws IOException {
    for (String prefix : new String[] {AUTH, OLD_AUTH}) {
      refuse(prefix + "access.token.provider.impl", prefix + "access.token.provider",
          prefix + "service.account.private.key.id", prefix + "service.account.private.key",
          prefix + "service.account.keyfile", prefix + "client.id", prefix + "client.secret", prefix + "refresh.token");
      refuseBelow(prefix + "impersonation.service.account");
    }
    String type = get(AUTH + "type").toUpperCase(Locale.ROOT);
    switch (type) {
      case "":
        return identityBefore();
      case "COMPUTE_ENGINE":
        return "machine";
      case "APPLICATION_DEFAULT":
        return "default";
      case "UNAUTHENTICATED":
        return "anonymous";
      case "SERVICE_ACCOUNT_JSON_KEYFILE":
        if (keyFile().isEmpty()) {
          throw refused(AUTH + "type asks for a key file, and " + AUTH + KEY_FILE + " names none");
        }
        return "key-file";
      default:
        throw refused(AUTH + "type=" + type + " is not supported");
    }
  }

  /** As before the connector's version 3, whose default is still the machine's account. */
  private String identityBefore() throws IOException {
    if (first("null.enable", "false").equals("true")) {
      return "anonymous";
    }
    if (!first("service.account.enable", "true").equals("true")) {
      throw refused(AUTH + "service.account.enable=false leaves no credentials that are supported");
    }
    return keyFile().isEmpty() ? "machine" : "key-file";
  }

  private String keyFile() {
    return first(KEY_FILE, "");
  }

  private String first(String name, String otherwise) {
    String given = get(AUTH + name);
    return given.isEmpty() ? conf().getTrimmed(OLD_AUTH + name, otherwise) : given;
  }

  @Override
  public long blockSize() {
    return conf().getLongBytes(PREFIX + "block.size", BLOCK_SIZE);
  }

  @Override
  UploadSettings uploads() {
    // The store takes the bytes of a file in their order.
    return new UploadSettings(conf().getLongBytes(PREFIX + "outputstream.upload.chunk.size", CHUNK_SIZE), 1);
  }

  @Override
  int deletePage() {
    return DELETE_PAGE;
  }

  @Override
  boolean asksBeforeCreating() {
    return conf().getBoolean(PREFIX + "create.items.conflict.check.enable", true);
  }

  @Override
  public boolean takesPartsInAnyOrder() {
    return false;
  }

  @Override
  String otherwise() {
    return "Google's connector, with io.forebay.hadoop.ForebayFilterFileSystem over it";
  }

  @Override
  String shown() {
    return "gs://" + bucket();
  }
}
