package io.forebay.hadoop.objects;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.Signing;
import io.forebay.hadoop.s3a.Changes;
import io.forebay.hadoop.s3a.S3ACredentials;
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
      String bucket, S3Settings settings, Names names, String owner, FileSystem.Statistics statistics)
      throws IOException {
    Freshness freshness = Freshness.of(settings.conf(), bucket);
    UploadSettings uploads = settings.uploads();
    boolean keepsMarkers = settings.keepsMarkers();
    KeyProviders keys = settings.keys();
    String surroundings = keys.surroundings();
    if (surroundings == null) {
      // That there are keys is told now; their renewals later tell nobody.
      keys.resolve();
    }
    CachedStore store = CachedStore.direct(settings.conf(), settings.access(), statistics);
    Signing signing = Signing.NOT_OURS;
    if (surroundings == null) {
      signing = new S3ACredentials(keys, store::credentials);
    } else {
      store.credentialsOf(surroundings);
    }
    store.signWith(signing);
    LOG.info("forebay: {} is read and written without hadoop-aws, keys from {}", names.path(""),
        surroundings == null ? "the configuration or environment" : surroundings);
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
