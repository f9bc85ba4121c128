package io.forebay.hadoop.objects;

import io.forebay.hadoop.s3a.CredentialSource;
import io.forebay.hadoop.s3a.Credentials;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whose keys requests are signed with: the list of providers in {@code fs.s3a.aws.credentials.provider}, in its order, by
 * the names of S3A and of both AWS SDKs. The first that has keys gives them. A provider that is not known here ends the
 * search with an error: the keys of a later one would be somebody else's.
 */
final class KeyProviders implements CredentialSource {

  private static final String LIST = "aws.credentials.provider";
  private static final List<String> USUAL =
      Arrays.asList("TemporaryAWSCredentialsProvider", "SimpleAWSCredentialsProvider",
          "EnvironmentVariableCredentialsProvider", "IAMInstanceCredentialsProvider");

  private final S3Settings settings;
  private final List<String> names;

  private KeyProviders(S3Settings settings, List<String> names) {
    this.settings = settings;
    this.names = names;
  }

  static KeyProviders of(S3Settings settings) {
    List<String> names = new ArrayList<>();
    for (String name : settings.value(LIST).split("[,\\s]+")) {
      if (!name.isEmpty()) {
        names.add(name.substring(name.lastIndexOf('.') + 1));
      }
    }
    return new KeyProviders(settings, names.isEmpty() ? USUAL : names);
  }

  /**
   * Where the library itself finds keys, for {@code NativeStore.credentialsOf}: where a provider of such keys comes
   * before any that has some. Else null.
   */
  String surroundings() throws IOException {
    for (String name : names) {
      String found = surroundings(name);
      if (found != null) {
        return found;
      }
      if (from(name) != null) {
        return null;
      }
    }
    return null;
  }

  private static String surroundings(String name) {
    switch (name) {
      case "IAMInstanceCredentialsProvider":
      case "EC2ContainerCredentialsProviderWrapper":
      case "InstanceProfileCredentialsProvider":
      case "ContainerCredentialsProvider":
        return "machine";
      case "WebIdentityTokenCredentialsProvider":
      case "WebIdentityTokenFileCredentialsProvider":
        return "web-identity";
      default:
        return null;
    }
  }

  @Override
  public Credentials resolve() throws IOException {
    for (String name : names) {
      Credentials found = from(name);
      if (found != null) {
        return found;
      }
    }
    throw settings.refused("none of " + String.join(", ", names) + " (fs.s3a." + LIST + ") has keys; set"
        + " fs.s3a.access.key and fs.s3a.secret.key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }

  /** The keys of one provider; null where it has none. */
  private Credentials from(String name) throws IOException {
    switch (name) {
      case "AnonymousAWSCredentialsProvider":
      case "AnonymousCredentialsProvider":
      case "AnonymousAWSCredentials":
        return new Credentials(null, null, null, null);
      case "SimpleAWSCredentialsProvider":
        return keys(settings.secretOf("access.key"), settings.secretOf("secret.key"), "");
      case "TemporaryAWSCredentialsProvider":
        String token = settings.secretOf("session.token");
        return token.isEmpty() ? null : keys(settings.secretOf("access.key"), settings.secretOf("secret.key"), token);
      case "EnvironmentVariableCredentialsProvider":
        return keys(environment("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"),
            environment("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"), environment("AWS_SESSION_TOKEN"));
      default:
        throw settings.refused("keys of " + name + " are not supported (fs.s3a." + LIST + ")");
    }
  }

  private static Credentials keys(String access, String secret, String token) {
    return access.isEmpty() || secret.isEmpty() ? null : new Credentials(access, secret, token.isEmpty() ? null : token, null);
  }

  private static String environment(String... names) {
    for (String name : names) {
      String value = System.getenv(name);
      if (value != null && !value.trim().isEmpty()) {
        return value.trim();
      }
    }
    return "";
  }

  @Override
  public void refresh() {
    // Nothing is remembered.
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
