package io.forebay.hadoop.s3a;

import static io.forebay.hadoop.s3a.AsStock.assertBothFail;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** A store whose certificate is signed by nobody that anybody knows. */
public class TlsOnS3Test {

  @Rule
  public final TemporaryFolder folder = new TemporaryFolder();

  private Bench bench;
  private TlsRelay relay;

  @Before
  public void start() throws Exception {
    bench = new Bench("direct");
    relay = new TlsRelay(keys(), bench.server.port);
  }

  @After
  public void stop() throws IOException {
    relay.close();
    bench.close();
  }

  private Path keys() throws Exception {
    Path store = folder.getRoot().toPath().resolve("keys.p12");
    Process made = new ProcessBuilder(System.getProperty("java.home") + "/bin/keytool", "-genkeypair", "-alias", "s3",
        "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1", "-validity", "2",
        "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", TlsRelay.PASSWORD)
        .inheritIO()
        .start();
    assertEquals("keytool", 0, made.waitFor());
    return store;
  }

  @Test
  public void an_unknown_authority_is_s3as_exception() throws Exception {
    FileSystem stock = bench.newInstance(S3AFileSystem.class, relay.endpoint(), S3Server.SECRET_KEY);
    FileSystem ours = bench.newInstance(ForebayS3AFileSystem.class, relay.endpoint(), S3Server.SECRET_KEY);
    org.apache.hadoop.fs.Path path = Bench.newPath();
    bench.write(path, 1000, 1);
    Throwable refused = assertBothFail(() -> stock.open(path), () -> ours.open(path));
    assertTrue(refused.toString(), refused instanceof IOException);
    assertTrue(refused.getMessage(), refused.getMessage().contains(path.toString()));
    assertTrue(refused.getMessage(), refused.getMessage().contains("PKIX path building failed"));
  }

  /** S3A knows the authority by Java's trust store, which the library's own client does not read. */
  @Test
  public void an_authority_that_only_java_knows_is_read_through_s3a() throws Exception {
    List<String> trusting = Arrays.asList("-Djavax.net.ssl.trustStore=" + folder.getRoot() + "/keys.p12",
        "-Djavax.net.ssl.trustStorePassword=" + TlsRelay.PASSWORD);
    String bucket = "INFO io.forebay: forebay: s3a://" + S3Server.BUCKET;
    ChildReader.read(bench, relay.endpoint(), trusting)
        .assertRead(true)
        .assertSaid(2, bucket + " reads through S3A (Java has a trust store of its own (javax.net.ssl.trustStore)), "
            + "freshness task");
    ChildReader.read(bench, relay.endpoint(), trusting, "fs.forebay.origin", "direct")
        .assertRead(true)
        .assertSaid(2, bucket + " reads directly (fs.forebay.origin=direct, although Java has a trust store of its own "
            + "(javax.net.ssl.trustStore)), freshness task");
  }
}
