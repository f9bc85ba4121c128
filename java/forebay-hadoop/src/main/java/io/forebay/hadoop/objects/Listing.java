package io.forebay.hadoop.objects;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The statuses in or below a directory, in the order of the store's pages. The next page is asked for when the last one
 * is used up. The directory's own marker, and those of old Hadoop (key_$folder$), are left out.
 */
public final class Listing implements RemoteIterator<ObjectStatus> {

  private static final String OLD_MARKER = "_$folder$";

  private final Tree tree;
  private final Path directory;
  private final String prefix;
  private final boolean byDirectory;
  private final Queue<ObjectStatus> ready = new ArrayDeque<>();
  private String after;
  private boolean ended;
  private boolean any;

  /** Sends nothing yet. */
  Listing(Tree tree, Path directory, boolean byDirectory) {
    this.tree = tree;
    this.directory = directory;
    this.prefix = tree.names().prefix(directory);
    this.byDirectory = byDirectory;
  }

  /** The listing of a file, which is the file. */
  Listing(Tree tree, ObjectStatus file) {
    this(tree, file.getPath(), true);
    ready.add(file);
    ended = true;
  }

  /** Whether a page showed anything, if only a marker: then there is a directory. */
  boolean wasAnyThere() {
    return any;
  }

  @Override
  public boolean hasNext() throws IOException {
    while (ready.isEmpty() && !ended) {
      turn();
    }
    return !ready.isEmpty();
  }

  @Override
  public ObjectStatus next() throws IOException {
    if (!hasNext()) {
      throw new NoSuchElementException("no more in " + directory);
    }
    return ready.remove();
  }

  private void turn() throws IOException {
    Page page = tree.bucket().list(prefix, byDirectory, after, 0);
    any |= !page.isEmpty();
    for (Found object : page.objects()) {
      boolean isHidden = object.key().equals(prefix) || object.key().endsWith(OLD_MARKER);
      if (!isHidden && !object.isMarker()) {
        ready.add(tree.file(object));
      }
    }
    for (String below : page.prefixes()) {
      Path path = tree.names().path(below);
      // A key with two slashes in a row lies below the directory's own path.
      if (!path.equals(directory)) {
        ready.add(tree.directory(path));
      }
    }
    after = page.next();
    ended = after == null;
  }
}
