package io.forebay.hadoop.s3a;

import io.forebay.hadoop.CacheBench;
import io.forebay.jni.NativeLibrary;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileSystem;

/**
 * What the tests over a real server share: file systems of either class, behind a counting proxy or not, and objects
 * that no other test uses.
 */
final class Bench implements Closeable {

  private static final AtomicInteger OBJECTS = new AtomicInteger();

  final S3Server server;
  final CountingProxy proxy;

  private final String origin;
  private final List<FileSystem> opened = new ArrayList<>();
  private final FileSystem writer;

  Bench(String origin) throws Exception {
    this.origin = origin;
    NativeLibrary.load();
    server = S3Server.shared();
    proxy = new CountingProxy(server.port);
    writer = newInstance(S3AFileSystem.class, server.endpoint(), S3Server.SECRET_KEY);
  }

  /** A new instance whose reads go through Forebay and the proxy. */
  ForebayS3AFileSystem forebay() throws IOException {
    return (ForebayS3AFileSystem) newInstance(ForebayS3AFileSystem.class, proxy.endpoint(), S3Server.SECRET_KEY);
  }

  /** A new instance of S3A as it is, through the proxy. */
  FileSystem stock() throws IOException {
    return newInstance(S3AFileSystem.class, proxy.endpoint(), S3Server.SECRET_KEY);
  }

  FileSystem newInstance(Class<? extends FileSystem> type, String endpoint, String secret) throws IOException {
    return newInstance(conf(type, endpoint, secret));
  }

  FileSystem newInstance(Configuration conf) throws IOException {
    FileSystem files = FileSystem.newInstance(URI.create("s3a://" + S3Server.BUCKET), conf);
    opened.add(files);
    return files;
  }

  Configuration conf(Class<? extends FileSystem> type, String endpoint, String secret) throws IOException {
    return conf(origin, type, endpoint, secret);
  }

  static Configuration conf(String origin, Class<? extends FileSystem> type, String endpoint, String secret)
      throws IOException {
    Configuration conf = new Configuration(false);
    conf.addResource("core-default.xml");
    conf.set("fs.s3a.impl", type.getName());
    conf.set("fs.s3a.endpoint", endpoint);
    conf.set("fs.s3a.endpoint.region", "us-east-1");
    conf.set("fs.s3a.path.style.access", "true");
    conf.set("fs.s3a.connection.ssl.enabled", "false");
    conf.set("fs.s3a.access.key", S3Server.ACCESS_KEY);
    conf.set("fs.s3a.secret.key", secret);
    conf.set("fs.s3a.aws.credentials.provider", "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider");
    conf.set("fs.s3a.bucket.probe", "0");
    conf.set("fs.s3a.attempts.maximum", "1");
    conf.set("fs.s3a.retry.limit", "1");
    conf.set("fs.s3a.retry.interval", "10ms");
    conf.set("fs.s3a.input.stream.type", "classic");
    conf.set("fs.s3a.buffer.dir", System.getProperty("java.io.tmpdir"));
    conf.set("hadoop.tmp.dir", System.getProperty("java.io.tmpdir"));
    conf.set("fs.forebay.origin", origin);
    conf.set("fs.forebay.cache.dirs", cacheFolder());
    conf.set("fs.forebay.cache.size", "512MB");
    return conf;
  }

  static String cacheFolder() throws IOException {
    return CacheBench.folder();
  }

  static Path newPath() {
    return new Path("s3a://" + S3Server.BUCKET + "/tests/run-" + ProcessNumber.OWN + "/part=a b/object-"
        + OBJECTS.incrementAndGet() + ".bin");
  }

  /** Writes an object past Forebay and the proxy; every call with another seed gives another version. */
  byte[] write(Path path, int length, long seed) throws IOException {
    byte[] content = new byte[length];
    new Random(seed).nextBytes(content);
    write(path, content);
    return content;
  }

  void write(Path path, byte[] content) throws IOException {
    try (OutputStream out = writer.create(path, true)) {
      out.write(content);
    }
  }

  void delete(Path path) throws IOException {
    writer.delete(path, false);
  }

  static byte[] readWhole(FSDataInputStream in, int length) throws IOException {
    return CacheBench.readWhole(in, length);
  }

  static boolean isCached(FSDataInputStream in) {
    return CacheBench.isCached(in);
  }

  static void awaitFills() {
    CacheBench.awaitFills();
  }

  static long threadBytes() {
    return CacheBench.threadBytes();
  }

  static long processBytes() {
    return CacheBench.processBytes();
  }

  @Override
  public void close() throws IOException {
    for (FileSystem files : opened) {
      files.close();
    }
    proxy.close();
  }

  /** Tells runs apart that share a server. */
  private static final class ProcessNumber {
    static final long OWN = new Random().nextInt(Integer.MAX_VALUE);
  }
}
