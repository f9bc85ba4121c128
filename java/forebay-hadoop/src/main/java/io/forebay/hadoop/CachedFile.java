package io.forebay.hadoop;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One pinned version of one object, opened for one stream in the native library.
 *
 * <p>Reads answer with a number of bytes, fewer than asked where the rest is not at hand, or with one of the three
 * constants. A delegate file is fed by its readers: who is told {@link #DELEGATE} takes {@link #claims}, reads those
 * ranges of exactly the pinned version, and {@link #land}s their bytes in order, or {@link #abandon}s them.
 *
 * <p>Every method may be called from any thread; after {@link #close} all but {@code close} fail.
 */
interface CachedFile extends Closeable {

  /** The position is at or beyond the end. */
  int END_OF_FILE = -1;

  /** Nothing within 100 ms: look for interrupts, then ask again. */
  int PENDING = -2;

  /** The caller has to fetch: see {@link #claims}. */
  int DELEGATE = -3;

  /** Reads into an array; {@code demand} is how many bytes from {@code position} on the caller needs in all. */
  int read(long position, byte[] into, int offset, int length, long demand) throws IOException;

  /** Reads into a direct buffer, at an absolute {@code offset} of it. */
  int readDirect(long position, ByteBuffer into, int offset, int length, long demand) throws IOException;

  /** Triples of flight, offset and length for the calling thread to read; empty where others are at it. */
  long[] claims(long position, long length) throws IOException;

  /** Hands over the next bytes of a claim; fails where the claim is no longer the caller's. */
  void land(long flight, byte[] bytes, int offset, int length) throws IOException;

  /** Gives a claim up. */
  void abandon(long flight);

  /** The next claim worth reading ahead, as one triple, or {@code null}. */
  long[] nextAhead() throws IOException;

  /** Begins to fetch all of these pairs of position and length at once. */
  void want(long[] positionsAndLengths) throws IOException;

  /** One line for whoever debugs. */
  String describe();

  @Override
  void close();
}
