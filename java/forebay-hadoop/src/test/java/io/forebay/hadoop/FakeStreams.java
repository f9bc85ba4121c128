package io.forebay.hadoop;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.CanSetReadahead;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileSystem;

/** The wrapped file system's streams over known content; as S3A's, each credits the thread that reads it. */
final class FakeStreams implements Delegate {

  final byte[] content;
  final FileSystem.Statistics statistics;
  /** One line per range that a store would have been asked for. */
  final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  volatile IOException failure;
  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger open = new AtomicInteger();

  FakeStreams(byte[] content, FileSystem.Statistics statistics) {
    this.content = content;
    this.statistics = statistics;
  }

  @Override
  public FSDataInputStream open() {
    opened.incrementAndGet();
    open.incrementAndGet();
    return new FSDataInputStream(new Stream());
  }

  /** Asks for max(readahead, length) bytes whenever it reads outside the range it has open, as S3A's "random". */
  private final class Stream extends FSInputStream implements CanSetReadahead {
    private long position;
    private long start;
    private long end;
    private long readahead = 65536;

    @Override
    public void seek(long to) {
      position = to;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public boolean seekToNewSource(long to) {
      return false;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (failure != null) {
        throw failure;
      }
      if (position >= content.length) {
        return -1;
      }
      if (position != start || position >= end) {
        end = Math.min(content.length, position + Math.max(readahead, length));
        requests.add(position + "-" + end);
      }
      // Networks answer in pieces.
      int count = (int) Math.min(Math.min(length, 5000), end - position);
      System.arraycopy(content, (int) position, into, offset, count);
      position += count;
      start = position;
      if (statistics != null) {
        statistics.incrementBytesRead(count);
      }
      return count;
    }

    @Override
    public void readFully(long at, byte[] into, int offset, int length) throws IOException {
      seek(at);
      for (int done = 0; done < length; ) {
        int count = read(into, offset + done, length - done);
        if (count < 0) {
          throw new EOFException("short");
        }
        done += count;
      }
    }

    @Override
    public void setReadahead(Long bytes) {
      readahead = bytes;
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }
}
