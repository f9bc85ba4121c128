package io.forebay.jni;

import java.nio.ByteBuffer;

/**
 * One open stream of one pinned version of an object.
 *
 * <p>A read answers with a number of bytes, or with one of three constants. Fewer bytes than asked are no sign of the
 * end: what is missing is met by the next call at its start.
 */
public final class NativeFile {

  /** The position is at or beyond the end. */
  public static final int END_OF_FILE = -1;

  /** Nothing within 100 ms: look for interrupts, then call again. */
  public static final int PENDING = -2;

  /** The calling thread has to fetch: see {@link #claims}. */
  public static final int DELEGATE = -3;

  private NativeFile() {
  }

  /**
   * Opens a version that the caller has just had from the store.
   *
   * @param etag a strong ETag, quoted or not
   * @param splitStart where this reader's split begins, or -1
   * @param splitEnd where it ends, or -1
   * @param policy Hadoop's list of read policies, or empty; names not known are passed over
   * @return its handle
   */
  public static native long open(long store, String key, String etag, long length, String versionIdOrNull,
      long splitStart, long splitEnd, String policy) throws NativeException;

  /** Reads into an array; {@code demand} is how many bytes from {@code position} on the caller wants in all. */
  public static native int read(long file, long position, byte[] into, int offset, int length, long demand)
      throws NativeException;

  /** Reads into a direct buffer that may be written, at {@code offset} from its beginning; moves no position. */
  public static int readDirect(long file, long position, ByteBuffer into, int offset, int length, long demand)
      throws NativeException {
    // The library writes to the address, and memory mapped for reading would end the process.
    if (into == null || !into.isDirect() || into.isReadOnly()) {
      throw new NativeException(Kind.INVALID_ARGUMENT.code(), "read", "", "the buffer is not direct and writable");
    }
    return readWritable(file, position, into, offset, length, demand);
  }

  private static native int readWritable(long file, long position, ByteBuffer into, int offset, int length,
      long demand) throws NativeException;

  /**
   * Takes what a read needs and nobody fetches yet.
   *
   * @return triples of flight, offset and length that the calling thread must read and {@link #land} or
   *     {@link #abandon}; none where others are at it: read again, it waits for them
   */
  public static native long[] claims(long file, long position, long length) throws NativeException;

  /** Hands over the next bytes of a claim, in order; the last ones end it. */
  public static native void land(long file, long flight, byte[] bytes, int offset, int length) throws NativeException;

  /** Gives a claim up. */
  public static native void abandon(long file, long flight) throws NativeException;

  /** Takes the next claim worth reading ahead, as one triple, or {@code null}. */
  public static native long[] nextAhead(long file) throws NativeException;

  /** Begins to fetch all of these pairs of position and length at once. */
  public static native void want(long file, long[] positionsAndLengths) throws NativeException;

  /** Bytes handed out, reads that did so, fetches on demand, fetches ahead, nanoseconds spent waiting. */
  public static native long[] statistics(long file) throws NativeException;

  /** One line for whoever debugs. */
  public static native String describe(long file) throws NativeException;

  /** Ends the stream: later calls give {@link Kind#CLOSED}. Closing twice does nothing. */
  public static native void close(long file) throws NativeException;
}
