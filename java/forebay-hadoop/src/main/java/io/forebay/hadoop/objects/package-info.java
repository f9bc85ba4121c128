/**
 * A bucket as a file system, without any of Hadoop's connectors: what {@link io.forebay.hadoop.ForebayFileSystem} is
 * made of.
 *
 * <p>{@code Bucket} makes the native library's calls, {@code Tree} sees files and directories in what they bring, and
 * {@code Listing} pages through them; {@code Directories}, {@code Removal} and {@code Renaming} change them as S3A does,
 * {@code UploadStream} and {@code Uploader} write, {@code Reading} opens files through the cache. {@code
 * StoreSettings} follows each connector's configuration key by key and refuses what it can't follow.
 */
package io.forebay.hadoop.objects;
