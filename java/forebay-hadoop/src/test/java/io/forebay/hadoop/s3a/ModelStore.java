package io.forebay.hadoop.s3a;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.impl.OpenFileParameters;
import org.apache.hadoop.fs.s3a.S3AFileStatus;

/**
 * A store of a few files whose every state has a number, so that an answer tells of when it is. Whatever may happen
 * while a request is on its way or its answer is, happens there: see {@link Meanwhile}.
 */
final class ModelStore implements StockS3A, Looks {

  /** Lets other things happen between a request and its arrival, and between its answer and that answer's. */
  interface Meanwhile {
    void happen();
  }

  private static final Path DIRECTORY = new Path("s3a://b/table");

  // The state of each file: how often it was written or deleted; negative while it is not there.
  private final int[] states;
  private final Meanwhile meanwhile;
  private final boolean leads;
  private final List<Asked> onTheirWay = new ArrayList<>();

  /**
   * @param leads whether it is asked also when a file's turn has come
   */
  ModelStore(int files, Meanwhile meanwhile, boolean leads) {
    this.states = new int[files];
    this.meanwhile = meanwhile;
    this.leads = leads;
  }

  static Path path(int file) {
    return new Path(DIRECTORY, "part-" + file);
  }

  private static int file(Path path) {
    return Integer.parseInt(path.getName().substring("part-".length()));
  }

  void write(int file) {
    states[file] = Math.abs(states[file]) + 1;
  }

  void delete(int file) {
    states[file] = -(Math.abs(states[file]) + 1);
  }

  int state(int file) {
    return states[file];
  }

  int[] all() {
    return states.clone();
  }

  /** The state that a status tells of. */
  static int told(FileStatus status) {
    return (int) status.getLen();
  }

  /** The status of a file in a state; null while it is not there. */
  static S3AFileStatus status(int file, int state) {
    return state <= 0 ? null : new S3AFileStatus(state, 1000L * state, path(file), 1, "me", "v" + state, null);
  }

  private S3AFileStatus now(int file) {
    return status(file, states[file]);
  }

  @Override
  public FileStatus status(Path path) throws IOException {
    meanwhile.happen();
    S3AFileStatus found = now(file(path));
    meanwhile.happen();
    if (found == null) {
      throw new FileNotFoundException(path + " in state " + states[file(path)]);
    }
    return found;
  }

  @Override
  public RemoteIterator<FileStatus> list(Path directory) {
    meanwhile.happen();
    List<FileStatus> page = new ArrayList<>();
    for (int file = 0; file < states.length; file++) {
      if (now(file) != null) {
        page.add(now(file));
      }
    }
    meanwhile.happen();
    Iterator<FileStatus> each = page.iterator();
    return new RemoteIterator<FileStatus>() {
      @Override
      public boolean hasNext() {
        return each.hasNext();
      }

      @Override
      public FileStatus next() {
        return each.next();
      }
    };
  }

  @Override
  public CompletableFuture<FSDataInputStream> open(Path path, OpenFileParameters parameters) {
    throw new AssertionError("nothing is read here");
  }

  @Override
  public boolean leads() {
    return leads;
  }

  @Override
  public boolean suits(Path path) {
    return true;
  }

  @Override
  public Look begin(Path path, S3AFileStatus known, long expected, boolean goesOn) {
    Asked asked = new Asked(file(path));
    onTheirWay.add(asked);
    meanwhile.happen();
    return asked;
  }

  /** Has one of the requests under way reach the store. */
  void arrive(int which) {
    if (!onTheirWay.isEmpty()) {
      onTheirWay.remove(which % onTheirWay.size()).arrive();
    }
  }

  @Override
  public void sawDirectory(Path path) {
    throw new AssertionError(path + " is no directory");
  }

  @Override
  public void changed(Path path) {
    // Names of files stay names of files.
  }

  /** A request that is answered while whoever sent it goes on. */
  private final class Asked implements Look {
    private final int file;
    private boolean hasArrived;
    private S3AFileStatus found;

    Asked(int file) {
      this.file = file;
    }

    void arrive() {
      if (!hasArrived) {
        hasArrived = true;
        found = now(file);
      }
    }

    @Override
    public S3AFileStatus await() {
      meanwhile.happen();
      onTheirWay.remove(this);
      arrive();
      meanwhile.happen();
      return found;
    }

    @Override
    public void forget() {
      onTheirWay.remove(this);
    }
  }
}
