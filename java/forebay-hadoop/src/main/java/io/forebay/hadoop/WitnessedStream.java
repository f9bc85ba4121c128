package io.forebay.hadoop;

import java.io.EOFException;
import java.io.IOException;
import org.apache.hadoop.fs.CanSetReadahead;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.StreamCapabilities;

/**
 * A stream of a wrapped file system of which it isn't known whether it keeps to one version.
 *
 * <p>A whole range is read first. Then the {@link WitnessedDelegate} is asked whether the file still is the pinned
 * version: if so, it was while the range was read, since no version comes back, and the range's bytes are handed out.
 * Otherwise none of them is. For one thread at a time.
 */
final class WitnessedStream extends FSInputStream implements CanSetReadahead {

  /** The largest range that the library has anyone read at once; a longer one is read in parts. */
  private static final int MOST = 8 << 20;

  private static final byte[] NOTHING = {};

  private final WitnessedDelegate witness;
  private final long length;
  private FSDataInputStream wrapped;
  private long readahead;
  private long position;
  private byte[] held = NOTHING;
  private long heldFrom;
  private boolean closed;

  /**
   * @param length of the pinned version, in bytes
   */
  WitnessedStream(WitnessedDelegate witness, long length) {
    this.witness = witness;
    this.length = length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int count) throws IOException {
    if (count == 0) {
      return 0;
    }
    if (position >= length) {
      return -1;
    }
    if (position < heldFrom || position >= heldFrom + held.length) {
      hold(count);
    }
    int at = (int) (position - heldFrom);
    int taken = Math.min(count, held.length - at);
    System.arraycopy(held, at, into, offset, taken);
    position += taken;
    if (at + taken == held.length) {
      // Streams are kept between reads; megabytes that nobody asks for again are not.
      held = NOTHING;
    }
    return taken;
  }

  private void hold(int count) throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    if (wrapped == null) {
      wrapped = witness.openWrapped();
    }
    byte[] range = new byte[(int) Math.min(Math.max(count, readahead), Math.min(MOST, length - position))];
    if (wrapped.hasCapability(StreamCapabilities.READAHEAD)) {
      // No more than the range: what comes beyond it is thrown away.
      wrapped.setReadahead((long) range.length);
    }
    try {
      wrapped.readFully(position, range, 0, range.length);
    } catch (EOFException e) {
      // Shorter than the pinned version was: the witness knows why.
      witness.confirm();
      throw e;
    }
    witness.confirm();
    held = range;
    heldFrom = position;
  }

  @Override
  public void setReadahead(Long bytes) {
    readahead = bytes == null ? 0 : bytes;
  }

  @Override
  public void seek(long to) {
    position = to;
  }

  @Override
  public long getPos() {
    return position;
  }

  @Override
  public boolean seekToNewSource(long target) {
    return false;
  }

  @Override
  public void close() throws IOException {
    closed = true;
    held = NOTHING;
    if (wrapped != null) {
      wrapped.close();
      wrapped = null;
    }
  }
}
