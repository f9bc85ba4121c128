/**
 * Forebay laid over Hadoop's S3A: everything is S3A's but the way bytes are read.
 *
 * <p>{@link io.forebay.hadoop.s3a.ForebayS3AFileSystem} passes all calls to S3A and opens files through an
 * {@code Overlay}, made at initialize. {@code OriginChoice} decides, once per file system, whether the native library
 * reads the bucket itself or S3A reads for it; {@code S3ACredentials} lends the library what S3A signs with.
 */
package io.forebay.hadoop.s3a;
