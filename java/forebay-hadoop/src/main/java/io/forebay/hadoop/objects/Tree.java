package io.forebay.hadoop.objects;

import java.io.FileNotFoundException;
import java.io.IOException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Files and directories as S3A sees them in a bucket: a key is a file; a prefix below which anything lies, if only a
 * marker, is a directory; the root always is one. What is here asks the store each time.
 */
public final class Tree {

  private final Bucket bucket;
  private final Names names;
  private final String owner;
  private final long blockSize;

  public Tree(Bucket bucket, Names names, String owner, long blockSize) {
    this.bucket = bucket;
    this.names = names;
    this.owner = owner;
    this.blockSize = blockSize;
  }

  Bucket bucket() {
    return bucket;
  }

  public Names names() {
    return names;
  }

  /** The status of a file or directory: one HEAD, and for what is no file one LIST. */
  ObjectStatus status(Path path) throws IOException {
    ObjectStatus file = file(path);
    if (file != null) {
      return file;
    }
    if (isDirectory(path)) {
      return directory(path);
    }
    throw new FileNotFoundException("No such file or directory: " + path);
  }

  /** The status of a file, or null. */
  ObjectStatus file(Path path) throws IOException {
    String key = names.key(path);
    Found found = key.isEmpty() ? null : bucket.status(key);
    return found == null ? null : file(found);
  }

  /** Whether a directory is there, if not whether it is empty. */
  boolean isDirectory(Path path) throws IOException {
    String prefix = names.prefix(path);
    return prefix.isEmpty() || bucket.isAnyBelow(prefix);
  }

  /** Whether a directory holds nothing but its own marker. */
  boolean isEmpty(Path directory) throws IOException {
    String prefix = names.prefix(directory);
    Page page = bucket.list(prefix, true, null, 2);
    return page.prefixes().isEmpty() && page.objects().stream().allMatch(object -> object.key().equals(prefix));
  }

  ObjectStatus file(Found found) {
    return ObjectStatus.file(names.path(found.key()), found, blockSize, owner);
  }

  ObjectStatus directory(Path path) {
    return ObjectStatus.directory(names.qualified(path), owner);
  }

  /** What lies in a directory, a page at a time; of a file, the file. */
  public Listing list(Path path) throws IOException {
    return listing(path, true);
  }

  /** All files below a directory, a page at a time, whatever its depth; of a file, the file. */
  public Listing listFiles(Path path) throws IOException {
    return listing(path, false);
  }

  private Listing listing(Path path, boolean byDirectory) throws IOException {
    Listing below = new Listing(this, names.qualified(path), byDirectory);
    if (below.hasNext() || below.wasAnyThere() || names.key(path).isEmpty()) {
      return below;
    }
    FileStatus found = status(path);
    return found.isFile() ? new Listing(this, (ObjectStatus) found) : below;
  }
}
