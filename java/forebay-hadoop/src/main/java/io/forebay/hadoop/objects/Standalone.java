package io.forebay.hadoop.objects;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.Signing;
import io.forebay.hadoop.s3a.Changes;
import java.io.Closeable;
import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One bucket opened with one principal's keys: what the parts of a file system share, and the parts. */
public final class Standalone implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger("io.forebay");

  private final CachedStore store;
  private final Tree tree;
  private final Directories directories;
  private final Reading reading;
  private final Writing writing;

  private Standalone(
      CachedStore store, Tree tree, Directories directories, Reading reading, Writing writing) {
    this.store = store;
    this.tree = tree;
    this.directories = directories;
    this.reading = reading;
    this.writing = writing;
  }

  /**
   * Opens a bucket; sends nothing yet. What its settings ask for and can't be had is an error that names the key.
   *
   * @param owner who files are said to belong to
   */
  public static Standalone open(
      StoreSettings settings, Names names, String owner, FileSystem.Statistics statistics)
      throws IOException {
    Freshness freshness = Freshness.of(settings.conf(), settings.bucket());
    UploadSettings uploads = settings.uploads();
    boolean keepsMarkers = settings.keepsMarkers();
    CachedStore store = CachedStore.direct(settings.conf(), settings.access(), statistics);
    Signing signing;
    try {
      signing = settings.signing(store);
      store.signWith(signing);
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
    LOG.info("forebay: {} is read and written without another connector", names.path(""));
    Tree tree = new Tree(new Bucket(store, names, signing, settings.deletePage()), names, owner, settings.blockSize());
    Directories directories = new Directories(tree, keepsMarkers);
    Reading reading = new Reading(tree, store, new Known(freshness), settings.conf());
    Writing writing =
        new Writing(tree, directories, store, signing, uploads, statistics, settings.asksBeforeCreating());
    return new Standalone(store, tree, directories, reading, writing);
  }

  public Tree tree() {
    return tree;
  }

  public Directories directories() {
    return directories;
  }

  public Reading reading() {
    return reading;
  }

  public Writing writing() {
    return writing;
  }

  public Renaming renaming() {
    return new Renaming(tree, directories);
  }

  public Removal removal() {
    return new Removal(tree, directories);
  }

  public Uploader uploader(Path base) {
    return new Uploader(base, tree, directories);
  }

  /** A change to what the bucket holds. */
  public interface Change<T> {
    T run() throws IOException;
  }

  /** Makes a change, and forgets before and after it what is known of these paths and below them. */
  public <T> T changing(Change<T> change, Path... paths) throws IOException {
    forget(paths);
    try {
      return change.run();
    } finally {
      forget(paths);
    }
  }

  private void forget(Path... paths) {
    for (Path path : paths) {
      Path whole = tree.names().qualified(path);
      Changes.of(whole);
      store.invalidateAll(tree.names().key(whole));
    }
  }

  @Override
  public void close() {
    store.close();
  }
}
