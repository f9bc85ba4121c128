package io.forebay.hadoop;

import io.forebay.jni.NativeEngine;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What this process has counted so far, under the names and in the order of METRICS.md. The few that only Java can see
 * are counted here and take the place of the library's.
 */
public final class ForebayMetrics {

  /** Ranges that the library's own client could not get and the wrapped file system then read. */
  public static final String REPLAYS = "origin.replays";

  /** Statuses given, and versions pinned, by an answer the store had given before, for no request. */
  public static final String CONFIRMED_BEFORE = "status.confirmed-before";

  /** Listings sent to confirm the files of a directory. */
  public static final String CONFIRMING_LISTINGS = "status.confirming-listings";

  /** Statuses asked for before a task came to the file. */
  public static final String ASKED_AHEAD = "status.ahead";

  /** Statuses that S3A was asked for. */
  public static final String ASKED_S3A = "status.by-s3a";

  /** Ranges that readers asked for by vectored reads. */
  public static final String VECTORED = "read.vectored";

  private static final LongAdder REPLAYED = new LongAdder();
  private static final LongAdder CONFIRMED = new LongAdder();
  private static final LongAdder LISTED = new LongAdder();
  private static final LongAdder AHEAD = new LongAdder();
  private static final LongAdder BY_S3A = new LongAdder();
  private static final LongAdder RANGES = new LongAdder();

  private ForebayMetrics() {}

  /** Every metric by name; empty while no file system of this process uses Forebay. */
  public static Map<String, Long> snapshot() {
    if (!EngineStart.isRunning()) {
      return Collections.emptyMap();
    }
    Map<String, Long> snapshot = new LinkedHashMap<>();
    try {
      String[] names = NativeEngine.metricNames();
      long[] values = NativeEngine.metricValues();
      for (int i = 0; i < Math.min(names.length, values.length); i++) {
        snapshot.put(names[i], values[i]);
      }
    } catch (IOException e) {
      LogDrain.LOG.debug("could not read the native library's metrics", e);
    }
    snapshot.put(REPLAYS, REPLAYED.sum());
    snapshot.put(CONFIRMED_BEFORE, CONFIRMED.sum());
    snapshot.put(CONFIRMING_LISTINGS, LISTED.sum());
    snapshot.put(ASKED_AHEAD, AHEAD.sum());
    snapshot.put(ASKED_S3A, BY_S3A.sum());
    snapshot.put(VECTORED, RANGES.sum());
    return snapshot;
  }

  /** Counts a request that was not needed. */
  public static void confirmedBefore() {
    CONFIRMED.increment();
  }

  /** Counts a status asked for before its turn. */
  public static void askedAhead() {
    AHEAD.increment();
  }

  /** Counts a status that S3A was asked for. */
  public static void askedS3A() {
    BY_S3A.increment();
  }

  /** Counts a listing sent in place of several HEADs. */
  public static void listedToConfirm() {
    LISTED.increment();
  }

  static void vectored(long ranges) {
    RANGES.add(ranges);
  }

  static void replayed() {
    REPLAYED.increment();
  }

  static void countWindowBytes(long count) {
    if (EngineStart.isRunning()) {
      try {
        NativeEngine.countWindowBytes(count);
      } catch (IOException e) {
        LogDrain.LOG.debug("could not count {} bytes taken from a window", count, e);
      }
    }
  }
}
