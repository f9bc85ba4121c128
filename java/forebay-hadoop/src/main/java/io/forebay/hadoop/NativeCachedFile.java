package io.forebay.hadoop;

import io.forebay.jni.NativeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link CachedFile} of the native library: its handle, closed once, and at the latest when this object is garbage
 * (see {@link LostFiles}).
 */
final class NativeCachedFile implements CachedFile {

  private static final Logger LOG = LoggerFactory.getLogger(NativeCachedFile.class);

  private final long handle;
  private final LostFiles.Trace trace;

  // Stored to when a native call returns: what is yet to be stored to is no garbage while the call is under way. A
  // load would not do, since the compiler drops one that nobody uses.
  private boolean used;

  NativeCachedFile(long handle) {
    this.handle = handle;
    this.trace = LostFiles.follow(this, handle);
  }

  @Override
  public int read(long position, byte[] into, int offset, int length, long demand) throws IOException {
    int count = NativeFile.read(handle, position, into, offset, length, demand);
    used = true;
    return count;
  }

  @Override
  public int readDirect(long position, ByteBuffer into, int offset, int length, long demand) throws IOException {
    int count = NativeFile.readDirect(handle, position, into, offset, length, demand);
    used = true;
    return count;
  }

  @Override
  public long[] claims(long position, long length) throws IOException {
    long[] claims = NativeFile.claims(handle, position, length);
    used = true;
    return claims;
  }

  @Override
  public void land(long flight, byte[] bytes, int offset, int length) throws IOException {
    NativeFile.land(handle, flight, bytes, offset, length);
    used = true;
  }

  @Override
  public void abandon(long flight) {
    try {
      NativeFile.abandon(handle, flight);
    } catch (IOException e) {
      LOG.debug("could not abandon flight {}; closing the stream ends it", flight, e);
    }
  }

  @Override
  public long[] nextAhead() throws IOException {
    long[] claim = NativeFile.nextAhead(handle);
    used = true;
    return claim;
  }

  @Override
  public void want(long[] positionsAndLengths) throws IOException {
    NativeFile.want(handle, positionsAndLengths);
    used = true;
  }

  @Override
  public String describe() {
    try {
      return NativeFile.describe(handle);
    } catch (IOException e) {
      return "closed";
    }
  }

  @Override
  public void close() {
    trace.end();
  }
}
