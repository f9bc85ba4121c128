package io.forebay.hadoop.objects;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renaming as S3A does it: the store copies each object, those of a page at the same time, then deletes it. That is not
 * atomic: others can see it half done, and what fails half way stays half done. What is refused is refused as S3A
 * refuses it.
 */
public final class Renaming {

  private static final Logger LOG = LoggerFactory.getLogger(Renaming.class);

  private final Tree tree;
  private final Directories directories;

  public Renaming(Tree tree, Directories directories) {
    this.tree = tree;
    this.directories = directories;
  }

  /** Renames a file or directory; says whether it did, and why not in the log. */
  public boolean rename(Path givenFrom, Path givenTo) throws IOException {
    Path from = tree.names().qualified(givenFrom);
    Path to = tree.names().qualified(givenTo);
    if (from.isRoot() || to.isRoot()) {
      return refused(from, to, "the root can't be renamed, nor replaced");
    }
    ObjectStatus source = tree.status(from);
    if (from.equals(to)) {
      return source.isFile();
    }
    Path target = target(source, to);
    if (target == null) {
      return false;
    }
    String fromKey = tree.names().key(from);
    String toKey = tree.names().key(target);
    if (source.isFile()) {
      Found file = new Found(fromKey, source.getLen(), source.getModificationTime(), "", "");
      tree.bucket().copy(Collections.singletonList(file), fromKey, toKey);
      tree.bucket().delete(fromKey);
    } else if (toKey.startsWith(fromKey + '/')) {
      return refused(from, to, "a directory can't be moved into itself");
    } else {
      move(fromKey + '/', toKey + '/');
    }
    directories.filled(target.getParent());
    if (!from.getParent().equals(target.getParent())) {
      directories.mayBeEmpty(from.getParent());
    }
    return true;
  }

  /** What the source is to be called; null where it can't be renamed. */
  private Path target(ObjectStatus source, Path to) throws IOException {
    ObjectStatus present;
    try {
      present = tree.status(to);
    } catch (FileNotFoundException e) {
      Path above = to.getParent();
      boolean isBelowFile = !above.isRoot() && !above.equals(source.getPath().getParent())
          && !tree.isDirectory(above) && tree.file(above) != null;
      return isBelowFile ? none(source.getPath(), to, "what is to hold it is a file") : to;
    }
    if (present.isFile()) {
      throw new FileAlreadyExistsException("Failed to rename " + source.getPath() + " to " + to + "; "
          + (source.isFile() ? "destination file exists" : "source is a directory and dest is a file"));
    }
    if (source.isFile()) {
      Path within = new Path(to, source.getPath().getName());
      if (tree.file(within) != null) {
        throw new FileAlreadyExistsException(
            "Failed to rename " + source.getPath() + " to " + within + "; destination file exists");
      }
      return within;
    }
    return tree.isEmpty(to) ? to : none(source.getPath(), to, "the destination is a directory that is not empty");
  }

  /** Moves a directory. Of the markers only those of empty directories are needed at the new place, as in S3A. */
  private void move(String from, String to) throws IOException {
    String after = null;
    do {
      Page page = tree.bucket().list(from, false, after, 0);
      List<Found> files = new ArrayList<>();
      List<String> all = new ArrayList<>();
      String open = null;
      for (Found object : page.objects()) {
        if (open != null && !object.key().startsWith(open)) {
          tree.bucket().putMarker(to + open.substring(from.length()));
        }
        open = object.isMarker() ? object.key() : null;
        if (!object.isMarker()) {
          files.add(object);
        }
        all.add(object.key());
      }
      if (open != null) {
        tree.bucket().putMarker(to + open.substring(from.length()));
      }
      tree.bucket().copy(files, from, to);
      tree.bucket().delete(all);
      after = page.next();
    } while (after != null);
  }

  private static Path none(Path from, Path to, String reason) {
    refused(from, to, reason);
    return null;
  }

  private static boolean refused(Path from, Path to, String reason) {
    LOG.info("{} is not renamed to {}: {}", from, to, reason);
    return false;
  }
}
