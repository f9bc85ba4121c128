package io.forebay.hadoop;

import io.forebay.jni.NativeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link CachedFile} of the native library: its handle, closed once. */
final class NativeCachedFile implements CachedFile {

  private static final Logger LOG = LoggerFactory.getLogger(NativeCachedFile.class);

  private final long handle;
  private final AtomicBoolean closed = new AtomicBoolean();

  NativeCachedFile(long handle) {
    this.handle = handle;
  }

  @Override
  public int read(long position, byte[] into, int offset, int length, long demand) throws IOException {
    return NativeFile.read(handle, position, into, offset, length, demand);
  }

  @Override
  public int readDirect(long position, ByteBuffer into, int offset, int length, long demand) throws IOException {
    return NativeFile.readDirect(handle, position, into, offset, length, demand);
  }

  @Override
  public long[] claims(long position, long length) throws IOException {
    return NativeFile.claims(handle, position, length);
  }

  @Override
  public void land(long flight, byte[] bytes, int offset, int length) throws IOException {
    NativeFile.land(handle, flight, bytes, offset, length);
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
    return NativeFile.nextAhead(handle);
  }

  @Override
  public void want(long[] positionsAndLengths) throws IOException {
    NativeFile.want(handle, positionsAndLengths);
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
    if (closed.compareAndSet(false, true)) {
      try {
        NativeFile.close(handle);
      } catch (IOException e) {
        LOG.debug("could not close a file in the native library", e);
      }
    }
  }
}
