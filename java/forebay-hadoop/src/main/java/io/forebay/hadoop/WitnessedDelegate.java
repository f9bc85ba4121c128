package io.forebay.hadoop;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * The way to one version of a file in a file system that can't be told which version to read: what it says of the file
 * after a range was read decides whether the range counts.
 */
public abstract class WitnessedDelegate implements Delegate {

  private final long length;

  /**
   * @param length of the pinned version, in bytes
   */
  protected WitnessedDelegate(long length) {
    this.length = length;
  }

  /** A stream of the wrapped file system over whatever is there; asked for when the first range is read. */
  protected abstract FSDataInputStream openWrapped() throws IOException;

  /** Throws unless the wrapped file system says that the file is the pinned version at this moment. */
  protected abstract void confirm() throws IOException;

  @Override
  public final FSDataInputStream open() {
    return new FSDataInputStream(new WitnessedStream(this, length));
  }
}
