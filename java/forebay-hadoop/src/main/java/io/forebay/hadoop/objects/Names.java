package io.forebay.hadoop.objects;

import java.net.URI;
import org.apache.hadoop.fs.Path;

/** How paths and keys spell each other, as in S3A: the key is the path without its first slash. */
public final class Names {

  private final URI root;
  private volatile Path workingDirectory;

  public Names(URI root, Path workingDirectory) {
    this.root = root;
    this.workingDirectory = workingDirectory.makeQualified(root, null);
  }

  public Path workingDirectory() {
    return workingDirectory;
  }

  public void workingDirectory(Path directory) {
    workingDirectory = qualified(directory);
  }

  public Path qualified(Path path) {
    return path.makeQualified(root, workingDirectory);
  }

  /** The key of a file; empty for the root. */
  String key(Path path) {
    String spelt = qualified(path).toUri().getPath();
    return spelt.isEmpty() ? "" : spelt.substring(1);
  }

  /** What the keys of everything in a directory begin with. */
  String prefix(Path directory) {
    String key = key(directory);
    return key.isEmpty() ? "" : key + '/';
  }

  /** The path of a key; that of a directory's marker is the directory. */
  Path path(String key) {
    return new Path("/" + key).makeQualified(root, workingDirectory);
  }
}
