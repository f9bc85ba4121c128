/**
 * Forebay under Hadoop's FileSystem interface.
 *
 * <p>A file system class (in a package of its own per connector, such as {@code s3a}) asks the store for an
 * object's status and hands the pinned version to a {@link io.forebay.hadoop.CachedStore}. What comes back is a
 * {@link io.forebay.hadoop.ForebayInputStream}: a position, a small window on the heap, and below it a
 * {@link io.forebay.hadoop.RangeReader}, which asks the native library for ranges. What the library can't fetch by
 * itself, the calling thread reads through the wrapped file system's own stream
 * ({@link io.forebay.hadoop.DelegateReader}) and hands to the library.
 *
 * <p>Invariants. A fault of the cache is a miss: whenever the library fails, the same range is read through the
 * wrapped stream, so every error a job sees is the wrapped file system's own. Native threads never call Java. No
 * class here but {@code VectoredReads} names a Hadoop class newer than 3.3.4, and none an AWS class.
 */
package io.forebay.hadoop;
