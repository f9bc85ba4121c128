package io.forebay.hadoop.objects;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.ChangedFileException;
import io.forebay.hadoop.Delegate;
import io.forebay.hadoop.ForebayInputStream;
import io.forebay.hadoop.ForebayMetrics;
import io.forebay.hadoop.PinnedFile;
import io.forebay.hadoop.ReadHints;
import io.forebay.hadoop.s3a.Changes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIOException;
import org.apache.hadoop.fs.impl.AbstractFSBuilderImpl;
import org.apache.hadoop.fs.impl.OpenFileParameters;

/**
 * How files are opened through the cache: every open pins the version that the store has, as asked now or, in the same
 * task, before. A status that the caller passes says which version is wanted; where the store has another one by now,
 * the open fails.
 */
public final class Reading {

  private static final String OPTIONS = "fs.option.openfile.";
  // What S3A understands besides; Hadoop's own list of options holds these names since 3.3.5 only.
  private static final String[] S3A_OPTIONS = {"fs.s3a.experimental.input.fadvise", "fs.s3a.readahead.range"};
  private static final String[] STANDARD = {
    "read.policy", "buffer.size", "length", "split.start", "split.end", "footer.cache", "file.length"
  };

  private final Tree tree;
  private final CachedStore store;
  private final Known known;
  private final Configuration conf;

  Reading(Tree tree, CachedStore store, Known known, Configuration conf) {
    this.tree = tree;
    this.store = store;
    this.known = known;
    this.conf = conf;
  }

  /** The status of a path; a file's may be an earlier one. */
  public ObjectStatus status(Path given) throws IOException {
    Path path = tree.names().qualified(given);
    ObjectStatus before = known.of(path);
    if (before != null) {
      ForebayMetrics.confirmedBefore();
      return before;
    }
    return asked(path);
  }

  private ObjectStatus asked(Path path) throws IOException {
    Changes.Question question = Changes.ask();
    ObjectStatus status = tree.status(path);
    if (status.isFile()) {
      known.add(question, status);
    }
    return status;
  }

  public FSDataInputStream open(Path given) throws IOException {
    Path path = tree.names().qualified(given);
    return open(path, file(path, status(path)), ReadHints.usual(conf));
  }

  /** Asks on the calling thread, so that the future is complete when it is returned. */
  public CompletableFuture<FSDataInputStream> openFile(Path given, OpenFileParameters parameters) {
    Path path = tree.names().qualified(given);
    check(path, parameters);
    CompletableFuture<FSDataInputStream> opened = new CompletableFuture<>();
    try {
      ReadHints hints = ReadHints.of(parameters.getOptions()).or(ReadHints.usual(conf));
      opened.complete(open(path, version(path, parameters.getStatus()), hints));
    } catch (IOException | RuntimeException e) {
      opened.completeExceptionally(e);
    }
    return opened;
  }

  private static void check(Path path, OpenFileParameters parameters) {
    Set<String> understood = new HashSet<>();
    for (String name : STANDARD) {
      understood.add(OPTIONS + name);
    }
    Collections.addAll(understood, S3A_OPTIONS);
    Set<String> mandatory = parameters.getMandatoryKeys();
    if (mandatory != null) {
      AbstractFSBuilderImpl.rejectUnknownMandatoryKeys(mandatory, understood, "for " + path);
    }
    FileStatus passed = parameters.getStatus();
    if (passed != null && !passed.getPath().getName().equals(path.getName())) {
      throw new IllegalArgumentException("the status is that of " + passed.getPath() + ", not of " + path);
    }
  }

  /** The version to read: the one passed, confirmed unless it is to be trusted; else what the store says. */
  private ObjectStatus version(Path path, FileStatus passed) throws IOException {
    String wanted = passed instanceof EtagSource ? ((EtagSource) passed).getEtag() : null;
    if (passed != null && passed.isDirectory()) {
      throw notFound(path);
    }
    if (!PinnedFile.isStrong(wanted)) {
      return file(path, status(path));
    }
    if (known.trustsPassed() && passed instanceof ObjectStatus && passed.getPath().equals(path)) {
      return (ObjectStatus) passed;
    }
    ObjectStatus present = file(path, status(path));
    if (!PinnedFile.isSame(wanted, present.getEtag())) {
      // What was remembered may be older than what the caller listed.
      present = file(path, asked(path));
    }
    if (!PinnedFile.isSame(wanted, present.getEtag())) {
      throw new ChangedFileException(path.toString(), "the file was written again since it was listed: its ETag was "
          + wanted + " and is " + present.getEtag(), null);
    }
    return present;
  }

  private static ObjectStatus file(Path path, ObjectStatus status) throws FileNotFoundException {
    if (status.isDirectory()) {
      throw path.isRoot() ? new FileNotFoundException(path + " is a directory") : notFound(path);
    }
    return status;
  }

  private static FileNotFoundException notFound(Path path) {
    return new FileNotFoundException("No such file or directory: " + path);
  }

  private FSDataInputStream open(Path path, ObjectStatus status, ReadHints hints) throws IOException {
    if (!PinnedFile.isStrong(status.getEtag())) {
      throw new PathIOException(path.toString(), "the store gives the object no strong ETag, so that its parts can't "
          + "be known to belong together");
    }
    PinnedFile pinned =
        new PinnedFile(path, tree.names().key(path), status.getEtag(), status.versionId(), status.getLen());
    ForebayInputStream stream = store.open(pinned, hints, Delegate.none(failure -> Changes.of(path)));
    return new FSDataInputStream(stream);
  }
}
