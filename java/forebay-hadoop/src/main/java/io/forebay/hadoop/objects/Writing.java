package io.forebay.hadoop.objects;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.Signing;
import io.forebay.hadoop.s3a.Changes;
import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * How files are created. What a file that exists is refused for is asked when it is created, as S3A does, and, where it
 * must not be replaced, decided by the store when it is closed: of any number of writers one wins.
 */
public final class Writing {

  private final Tree tree;
  private final Directories directories;
  private final CachedStore store;
  private final Signing signing;
  private final UploadSettings settings;
  private final FileSystem.Statistics statistics;
  private final boolean asksFirst;

  Writing(Tree tree, Directories directories, CachedStore store, Signing signing, UploadSettings settings,
      FileSystem.Statistics statistics, boolean asksFirst) {
    this.tree = tree;
    this.directories = directories;
    this.store = store;
    this.signing = signing;
    this.settings = settings;
    this.statistics = statistics;
    this.asksFirst = asksFirst;
  }

  /** Begins a file. Directories above it need not be there. */
  public FSDataOutputStream create(Path given, boolean overwrite) throws IOException {
    Path path = tree.names().qualified(given);
    String key = tree.names().key(path);
    if (key.isEmpty()) {
      throw new FileAlreadyExistsException(path + " is a directory");
    }
    if (!overwrite && tree.file(path) != null) {
      throw new FileAlreadyExistsException(path + " already exists");
    }
    if (asksFirst && tree.isDirectory(path)) {
      throw new FileAlreadyExistsException(path + " is a directory");
    }
    signing.renewIfDue();
    long upload = UploadStream.open(store, key, path, settings, !overwrite);
    UploadStream stream = new UploadStream(path, upload, signing, statistics, new Ending(path));
    return new FSDataOutputStream(stream, null);
  }

  /** Begins a file in a directory that is there. */
  public FSDataOutputStream createInDirectory(Path given, boolean overwrite) throws IOException {
    Path path = tree.names().qualified(given);
    Path directory = path.getParent();
    if (directory != null && tree.status(directory).isFile()) {
      throw new FileAlreadyExistsException("Not a directory: " + directory);
    }
    return create(path, overwrite);
  }

  /** What a file's appearance changes. */
  private final class Ending implements UploadStream.Ending {
    private final Path path;

    Ending(Path path) {
      this.path = path;
    }

    @Override
    public void changing() {
      Changes.of(path);
      store.invalidate(tree.names().key(path));
    }

    @Override
    public void appeared() throws IOException {
      directories.filled(path.getParent());
    }
  }
}
