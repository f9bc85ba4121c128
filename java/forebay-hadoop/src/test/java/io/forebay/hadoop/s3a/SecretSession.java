package io.forebay.hadoop.s3a;

import io.forebay.hadoop.ForebayMetrics;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A JVM of its own that goes through everything users get right and wrong with secrets in its configuration, and says
 * all there is to say: every exception with its causes, every {@code toString}, the metrics, its own command line.
 */
public final class SecretSession {

  private static final String TEMPORARY = "org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider";
  private static final String ENDPOINT = "fs.s3a.endpoint";

  private final Configuration conf;
  private final Path path;
  private final String endpoint;
  private final String expiring;

  private SecretSession(Configuration conf, Path path, String expiring) {
    this.conf = conf;
    this.path = path;
    this.endpoint = conf.get(ENDPOINT);
    this.expiring = expiring;
  }

  /** The file of the configuration, the object to read, and an endpoint that calls every token expired. */
  public static void main(String[] arguments) throws Exception {
    Configuration conf = new Configuration(false);
    conf.addResource(new Path(arguments[0]));
    for (String origin : new String[] {"direct", "delegate", "auto"}) {
      conf.set("fs.forebay.origin", origin);
      new SecretSession(conf, new Path(arguments[1]), arguments[2]).everything();
    }
    for (String file : new String[] {"/proc/self/cmdline", "/proc/self/environ"}) {
      System.out.println(new String(Files.readAllBytes(Paths.get(file)), StandardCharsets.ISO_8859_1));
    }
    System.out.println("metrics " + ForebayMetrics.snapshot());
    System.out.println("the session ended");
    System.exit(0);
  }

  private void everything() {
    String bucket = path.toUri().getAuthority();
    String there = endpoint.substring("http://".length());
    String user = Canaries.USER + ":" + Canaries.PASSWORD + "@";
    String query = "?X-Amz-Signature=" + Canaries.SIGNATURE + "&X-Amz-Security-Token=" + Canaries.SIGNATURE;
    say("all is right", () -> read(bucket));
    say("wrong secret", () -> read(bucket, "fs.s3a.secret.key", Canaries.WRONG_SECRET));
    say("unknown key", () -> read(bucket, "fs.s3a.access.key", Canaries.USER));
    say("expired token", () -> read(bucket, ENDPOINT, expiring, "fs.s3a.session.token", Canaries.SESSION_TOKEN,
        "fs.s3a.aws.credentials.provider", TEMPORARY));
    say("nobody listens", () -> read(bucket, ENDPOINT, "http://127.0.0.1:1"));
    say("login in the URI", () -> read(user + bucket));
    say("login in the endpoint", () -> read(bucket, ENDPOINT, "http://" + user + there));
    say("a broken endpoint", () -> read(bucket, ENDPOINT, "http://" + user + "[" + there));
    say("a presigned endpoint", () -> read(bucket, ENDPOINT, endpoint + "/" + query));
    say("a broken presigned endpoint", () -> read(bucket, ENDPOINT, endpoint + " /" + query));
    say("server-side encryption by the client's key", () -> read(bucket, "fs.s3a.encryption.algorithm", "SSE-C",
        "fs.s3a.encryption.key", Canaries.ENCRYPTION_KEY));
    say("client-side encryption", () -> read(bucket, "fs.s3a.encryption.algorithm", "CSE-KMS",
        "fs.s3a.encryption.key", Canaries.ENCRYPTION_KEY));
    say("a misspelt key of ours", () -> read(bucket, "fs.forebay.secret.key", Canaries.WRONG_SECRET));
  }

  private void say(String what, Callable<String> situation) {
    System.out.println("== " + what + ", " + conf.get("fs.forebay.origin"));
    try {
      System.out.println(situation.call());
    } catch (Throwable e) {
      e.printStackTrace(System.out);
    }
  }

  private String read(String authority, String... keysAndValues) throws IOException {
    Configuration changed = new Configuration(conf);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      changed.set(keysAndValues[i], keysAndValues[i + 1]);
    }
    StringBuilder told = new StringBuilder();
    try (FileSystem files = FileSystem.newInstance(URI.create("s3a://" + authority), changed)) {
      told.append(files).append('\n');
      Path here = new Path(files.getUri().toString(), path.toUri().getPath());
      try (FSDataInputStream in = files.open(here)) {
        told.append(in).append('\n').append(in.getWrappedStream()).append('\n');
        told.append("read ").append(in.read(0, new byte[100_000], 0, 100_000)).append('\n');
        told.append(in).append('\n').append(in.getWrappedStream()).append('\n');
      }
      told.append(files).append('\n');
    } finally {
      System.out.println(told);
    }
    return "done";
  }
}
