package io.forebay.hadoop;

import java.nio.ByteBuffer;

/**
 * The few kilobytes around a stream's position that are on the heap, so that readers which take one to eight bytes
 * at a time (Thrift page headers, page indexes: thousands per row group) cost neither a native call nor a lock.
 *
 * <p>A window is filled from its stream's position on. Its size starts at {@link #SMALLEST} after a seek and doubles
 * while reading goes on where it ended, up to {@link #LARGEST}: a large window after every seek would fetch many
 * times what a far small read needs, a small one would call the library for every few bytes of a scan.
 *
 * <p>Used by one thread at a time, as streams are. {@link #shut} and {@link #release} alone may come from another
 * thread (a stream is closed, or told to unbuffer, while it reads): a reader in the middle of taking bytes takes the
 * right ones or none.
 */
final class Window {

  /** A far seek's worth: a footer's end, a page header; 4 KiB is also what the kernel reads at least. */
  static final int SMALLEST = 4 << 10;

  /** Beyond 128 KiB the native call no longer shows in a scan, and hundreds of open streams would cost heap. */
  static final int LARGEST = 128 << 10;

  private static final byte[] NONE = new byte[0];

  private byte[] bytes = NONE;
  private long start;
  private int next;
  private int limit;
  private int size = SMALLEST;

  /** The position of the next byte. */
  long position() {
    return start + next;
  }

  /** How many bytes from the position on are here. */
  int remaining() {
    return Math.max(0, limit - next);
  }

  /** The next byte, or -1 where it isn't here. */
  int take() {
    byte[] held = bytes;
    int at = next;
    if (at >= limit || at >= held.length) {
      return -1;
    }
    next = at + 1;
    return held[at] & 0xff;
  }

  /** Takes up to {@code length} bytes; says how many. */
  int take(byte[] into, int offset, int length) {
    byte[] held = bytes;
    int at = next;
    int count = Math.min(length, within(held, at));
    if (count > 0) {
      System.arraycopy(held, at, into, offset, count);
      next = at + count;
    }
    return count;
  }

  /** Takes as many bytes as there are and {@code into} has room for; says how many. */
  int take(ByteBuffer into) {
    byte[] held = bytes;
    int at = next;
    int count = Math.min(into.remaining(), within(held, at));
    if (count > 0) {
      into.put(held, at, count);
      next = at + count;
    }
    return count;
  }

  /** Goes to {@code position}; says whether that was within the window. */
  boolean seek(long position) {
    long within = position - start;
    if (within >= 0 && within <= limit) {
      next = (int) within;
      return true;
    }
    empty(position);
    size = SMALLEST;
    return false;
  }

  /** Says that {@code count} bytes after the window were read past it: reading goes on behind them. */
  void passed(int count) {
    empty(position() + count);
    grow();
  }

  /** How many bytes the next fill should bring. */
  int size() {
    return size;
  }

  /** An array for the next fill, at least {@link #size} long, to be filled from index 0. */
  byte[] room() {
    byte[] held = bytes;
    return held.length < size ? new byte[size] : held;
  }

  /** Says that {@code count} bytes from the position on are in {@code room}, which {@link #room} gave. */
  void filled(byte[] room, int count) {
    bytes = room;
    start = position();
    next = 0;
    limit = count;
    grow();
  }

  /** Gives the memory back, keeps the position; from any thread, so it must not touch what the position is made of. */
  void release() {
    limit = 0;
    bytes = NONE;
    size = SMALLEST;
  }

  /** Leaves nothing to take; from any thread. */
  void shut() {
    limit = 0;
  }

  private int within(byte[] held, int at) {
    return Math.max(0, Math.min(limit, held.length) - at);
  }

  private void empty(long position) {
    limit = 0;
    next = 0;
    start = position;
  }

  private void grow() {
    size = Math.min(size * 2, LARGEST);
  }
}
