package io.forebay.hadoop;

import java.util.List;
import java.util.Optional;

/** What the Hadoop at hand has of vectored reads (3.3.5 and later), and how its own streams refuse ranges. */
final class VectoredSupport {

  static final boolean IS_PRESENT = named("org.apache.hadoop.fs.FileRange") != null;

  // Came with the check itself in 3.4.1 (HADOOP-19098); before it, overlaps were an unsupported operation.
  private static final boolean OVERLAPS_ARE_ARGUMENTS = checksAllAtOnce();

  private VectoredSupport() {}

  /** The refusal of ranges that overlap, of the class that S3A's stream throws on this Hadoop. */
  static RuntimeException overlapping(String message) {
    return OVERLAPS_ARE_ARGUMENTS ? new IllegalArgumentException(message) : new UnsupportedOperationException(message);
  }

  private static boolean checksAllAtOnce() {
    Class<?> checks = named("org.apache.hadoop.fs.VectoredReadUtils");
    try {
      return checks != null && checks.getMethod("validateAndSortRanges", List.class, Optional.class) != null;
    } catch (NoSuchMethodException e) {
      return false;
    }
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name, false, VectoredSupport.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      return null;
    }
  }
}
