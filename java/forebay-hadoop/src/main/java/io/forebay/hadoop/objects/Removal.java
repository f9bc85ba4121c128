package io.forebay.hadoop.objects;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIOException;
import org.apache.hadoop.fs.PathIsNotEmptyDirectoryException;

/**
 * Deleting as S3A does it: an object at once, a directory page by page, which others can see half done. The root stays.
 */
public final class Removal {

  private final Tree tree;
  private final Directories directories;

  public Removal(Tree tree, Directories directories) {
    this.tree = tree;
    this.directories = directories;
  }

  /** Deletes a file or directory; false where there is none, or where it is the root and not empty. */
  public boolean delete(Path given, boolean recursive) throws IOException {
    Path path = tree.names().qualified(given);
    if (path.isRoot()) {
      return refuseRoot(path, recursive);
    }
    ObjectStatus status;
    try {
      status = tree.status(path);
    } catch (FileNotFoundException e) {
      return false;
    }
    if (status.isFile()) {
      tree.bucket().delete(tree.names().key(path));
    } else {
      if (!recursive && !tree.isEmpty(path)) {
        throw new PathIsNotEmptyDirectoryException(path.toString());
      }
      deleteBelow(tree.names().prefix(path));
    }
    directories.mayBeEmpty(path.getParent());
    return true;
  }

  /** What S3A answers: true where there is nothing to delete, false where all would go. */
  private boolean refuseRoot(Path root, boolean recursive) throws IOException {
    if (tree.isEmpty(root)) {
      return true;
    }
    if (recursive) {
      return false;
    }
    throw new PathIOException(root.toString(), "Cannot delete root path");
  }

  /**
   * The directory's own marker goes last, listed or not: stores that keep folders of their own (SeaweedFS) would go on
   * showing an empty one for a while.
   */
  private void deleteBelow(String prefix) throws IOException {
    String after = null;
    do {
      Page page = tree.bucket().list(prefix, false, after, 0);
      List<String> keys = new ArrayList<>();
      page.objects().forEach(object -> keys.add(object.key()));
      keys.remove(prefix);
      after = page.next();
      if (after == null) {
        keys.add(prefix);
      }
      tree.bucket().delete(keys);
    } while (after != null);
  }
}
