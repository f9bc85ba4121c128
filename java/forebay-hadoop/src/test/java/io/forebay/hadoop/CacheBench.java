package io.forebay.hadoop;

import io.forebay.jni.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;

/** What tests of every file system share: one cache for the process, and how to see whether it is used. */
public final class CacheBench {

  private static java.nio.file.Path cache;

  private CacheBench() {}

  /** Has the file systems made of {@code conf} use this process's cache. */
  public static void use(Configuration conf) throws Exception {
    NativeLibrary.load();
    conf.set("hadoop.tmp.dir", System.getProperty("java.io.tmpdir"));
    conf.set("fs.forebay.cache.dirs", folder());
    conf.set("fs.forebay.cache.size", "512MB");
  }

  /** One per process, as the engine is. */
  public static synchronized String folder() throws IOException {
    if (cache == null) {
      cache = Files.createTempDirectory("forebay-cache");
    }
    return cache.toString();
  }

  /** Bytes that no other seed gives. */
  public static byte[] content(int length, long seed) {
    byte[] content = new byte[length];
    new Random(seed).nextBytes(content);
    return content;
  }

  public static byte[] readWhole(FSDataInputStream in, int length) throws IOException {
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    if (in.read() != -1) {
      throw new AssertionError("there is more than " + length + " bytes");
    }
    return bytes;
  }

  public static boolean isCached(FSDataInputStream in) {
    return in.getWrappedStream() instanceof ForebayInputStream;
  }

  /** Waits until what was fetched is on the cache's disk: another instance finds it there, not before. */
  public static void awaitFills() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (heldBy("memory.flights.used") + heldBy("cache.fill.queue.bytes") > 0) {
      if (System.nanoTime() > end) {
        throw new AssertionError("the cache did not write what was fetched: " + ForebayMetrics.snapshot());
      }
      Thread.yield();
    }
  }

  private static long heldBy(String gauge) {
    return ForebayMetrics.snapshot().getOrDefault(gauge, 0L);
  }

  /** What Spark reads for a task: the calling thread's bytes over all file systems. */
  public static long threadBytes() {
    long sum = 0;
    for (FileSystem.Statistics statistics : FileSystem.getAllStatistics()) {
      sum += statistics.getThreadStatistics().getBytesRead();
    }
    return sum;
  }

  public static long processBytes() {
    long sum = 0;
    for (FileSystem.Statistics statistics : FileSystem.getAllStatistics()) {
      sum += statistics.getBytesRead();
    }
    return sum;
  }
}
