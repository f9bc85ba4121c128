package io.forebay.contract;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.contract.AbstractBondedFSContract;

/**
 * The file system under test: {@code s3a} over the S3 server that the runner has started, as stock S3A or with
 * Forebay over it.
 *
 * <p>{@code contract/s3a.xml} holds what S3A promises, {@code contract/arm.xml}, written by the runner, which arm
 * this JVM is. Suites delete whole trees, so nothing runs before it is certain that the trees are the server's.
 */
final class S3AContract extends AbstractBondedFSContract {

  /** The folder of the bucket that this JVM may write into and delete. */
  private static final String SCRATCH = "contract.scratch";

  /** Whether reads must go through Forebay. */
  private static final String OVERLAID = "contract.overlaid";

  private static final String FOREBAY = "fs.capability.forebay";

  /** What the name of a bucket begins with that a runner has made for one JVM, which may empty it. */
  private static final String OWN_BUCKET = "forebay-contract-own-";

  private static final AtomicInteger COUNT = new AtomicInteger();

  private final int number = COUNT.incrementAndGet();

  S3AContract(Configuration conf) {
    super(conf);
    addConfResource("contract/s3a.xml");
    addConfResource("contract/arm.xml");
  }

  @Override
  public void init() throws IOException {
    super.init();
    FileSystem files = getTestFileSystem();
    check("s3a".equals(files.getUri().getScheme()), files.getUri() + " is not a bucket");
    String endpoint = files.getConf().get("fs.s3a.endpoint", "");
    String host = endpoint.isEmpty() ? null : URI.create(endpoint).getHost();
    check(host != null && InetAddress.getByName(host).isLoopbackAddress(), endpoint + " is not on loopback");
    check(getTestPath().depth() == 3, getTestPath() + " is not a folder of this JVM's own");
    check(!isSupported("test.root-tests-enabled", false) || files.getUri().getHost().startsWith(OWN_BUCKET),
        files.getUri() + " was not made for this JVM alone, and its root's tests empty it");
    boolean overlaid = getConf().getBoolean(OVERLAID, false);
    check(files.hasPathCapability(getTestPath(), FOREBAY) == overlaid,
        "reads " + (overlaid ? "do not go" : "go") + " through Forebay: " + files);
  }

  private static void check(boolean holds, String otherwise) throws IOException {
    if (!holds) {
      throw new IOException("these suites delete trees, and will not run here: " + otherwise);
    }
  }

  @Override
  public String getScheme() {
    return "s3a";
  }

  /**
   * A folder for each test. Many write the same bytes to the same name, which at one place would be one version of
   * one object: all but the first test would only ever read what the cache already holds.
   */
  @Override
  public Path getTestPath() {
    return new Path("/" + getConf().get(SCRATCH, "") + "/" + number + "/test");
  }
}
