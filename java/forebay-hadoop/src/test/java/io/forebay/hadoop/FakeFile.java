package io.forebay.hadoop;

import io.forebay.jni.Kind;
import io.forebay.jni.NativeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A {@link CachedFile} on the heap: known content, every byte there or fed by claims, and a script of answers to
 * give first.
 */
final class FakeFile implements CachedFile {

  final byte[] content;
  /** Answers before any byte: a constant of {@link CachedFile} or an exception to throw. */
  final Deque<Object> script = new ArrayDeque<>();
  final Deque<long[]> ahead = new ArrayDeque<>();
  final List<String> calls = new ArrayList<>();
  final List<Long> abandoned = new ArrayList<>();
  /** What was landed, by offset. */
  final TreeMap<Long, byte[]> landed = new TreeMap<>();
  boolean delegated;
  /** Answers are at most this long. */
  int longest = Integer.MAX_VALUE;
  /** Claims are at most this long. */
  int piece = Integer.MAX_VALUE;
  boolean refusesLandings;
  volatile boolean closed;

  private final Map<Long, ByteArrayOutputStream> flying = new LinkedHashMap<>();
  private final Map<Long, long[]> claimed = new LinkedHashMap<>();
  private long nextFlight = 1;

  FakeFile(byte[] content) {
    this.content = content;
  }

  static NativeException failure(Kind kind) {
    return new NativeException(kind.code(), "read", "s3://bucket/key", "it failed");
  }

  @Override
  public synchronized int read(long position, byte[] into, int offset, int length, long demand) throws IOException {
    calls.add(position + "+" + length);
    if (closed) {
      throw failure(Kind.CLOSED);
    }
    Object scripted = script.poll();
    if (scripted instanceof IOException) {
      throw (IOException) scripted;
    }
    if (scripted != null) {
      return (Integer) scripted;
    }
    if (position >= content.length) {
      return END_OF_FILE;
    }
    int count = (int) Math.min(Math.min(length, longest), content.length - position);
    if (delegated) {
      Map.Entry<Long, byte[]> piece = landed.floorEntry(position);
      long end = piece == null ? 0 : piece.getKey() + piece.getValue().length;
      if (end <= position) {
        return DELEGATE;
      }
      count = (int) Math.min(count, end - position);
    }
    System.arraycopy(content, (int) position, into, offset, count);
    return count;
  }

  @Override
  public int readDirect(long position, ByteBuffer into, int offset, int length, long demand) throws IOException {
    byte[] bytes = new byte[length];
    int count = read(position, bytes, 0, length, demand);
    if (count > 0) {
      ByteBuffer at = into.duplicate();
      at.position(offset);
      at.put(bytes, 0, count);
    }
    return count;
  }

  @Override
  public synchronized long[] claims(long position, long length) {
    List<Long> triples = new ArrayList<>();
    for (long at = position; at < Math.min(position + length, content.length); at += piece) {
      long flight = nextFlight++;
      long size = Math.min(piece, Math.min(position + length, content.length) - at);
      triples.add(flight);
      triples.add(at);
      triples.add(size);
      claimed.put(flight, new long[] {at, size});
      flying.put(flight, new ByteArrayOutputStream());
    }
    return triples.stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public synchronized void land(long flight, byte[] bytes, int offset, int length) throws IOException {
    ByteArrayOutputStream body = flying.get(flight);
    if (body == null || refusesLandings) {
      throw failure(Kind.INVALID_ARGUMENT);
    }
    body.write(bytes, offset, length);
    long[] claim = claimed.get(flight);
    if (body.size() == claim[1]) {
      landed.put(claim[0], body.toByteArray());
      flying.remove(flight);
    }
  }

  @Override
  public synchronized void abandon(long flight) {
    if (flying.remove(flight) != null) {
      abandoned.add(flight);
    }
  }

  @Override
  public synchronized long[] nextAhead() throws IOException {
    if (closed) {
      throw failure(Kind.CLOSED);
    }
    long[] range = ahead.poll();
    return range == null ? null : claims(range[0], range[1]);
  }

  @Override
  public synchronized void want(long[] positionsAndLengths) {
    calls.add("want " + positionsAndLengths.length / 2);
  }

  @Override
  public String describe() {
    return "a fake file";
  }

  @Override
  public void close() {
    closed = true;
  }

  synchronized int flying() {
    return flying.size();
  }
}
