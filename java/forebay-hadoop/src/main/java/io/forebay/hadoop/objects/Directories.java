package io.forebay.hadoop.objects;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.Path;

/**
 * Directories, which object stores don't have: an empty one is kept by a marker, an object of no bytes whose key ends
 * with a slash, as the store's own connector writes and understands it. Whether the markers of directories that are
 * no longer empty stay is {@code fs.s3a.directory.marker.retention} of S3A.
 */
public final class Directories {

  private final Tree tree;
  private final boolean keepsMarkers;

  public Directories(Tree tree, boolean keepsMarkers) {
    this.tree = tree;
    this.keepsMarkers = keepsMarkers;
  }

  /** Makes a directory, unless one is there. */
  public void make(Path path) throws IOException {
    if (tree.isDirectory(path)) {
      return;
    }
    if (tree.file(path) != null) {
      throw new FileAlreadyExistsException("Path is a file: " + path);
    }
    for (Path above = path.getParent(); above != null && !above.isRoot(); above = above.getParent()) {
      if (tree.isDirectory(above)) {
        break;
      }
      if (tree.file(above) != null) {
        throw new FileAlreadyExistsException(
            "Can't make directory for path '" + path + "' since it is a file: " + above);
      }
    }
    tree.bucket().putMarker(tree.names().prefix(path));
    filled(path.getParent());
  }

  /** Something was written in {@code directory}: it and those above it no longer need markers. */
  void filled(Path directory) throws IOException {
    if (keepsMarkers) {
      return;
    }
    List<String> markers = new ArrayList<>();
    for (Path above = directory; above != null && !above.isRoot(); above = above.getParent()) {
      markers.add(tree.names().prefix(above));
    }
    tree.bucket().delete(markers);
  }

  /** The last file of {@code directory} may have gone: it stays, empty. */
  void mayBeEmpty(Path directory) throws IOException {
    if (directory != null && !directory.isRoot() && !tree.isDirectory(directory)) {
      tree.bucket().putMarker(tree.names().prefix(directory));
    }
  }
}
