import java.io.IOException;
import org.apache.hadoop.fs.CanSetReadahead;
import org.apache.hadoop.fs.CanUnbuffer;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.statistics.IOStatistics;
import org.apache.hadoop.fs.statistics.IOStatisticsSource;
import org.apache.hadoop.fs.statistics.IOStatisticsSupport;

/** A stream that tells {@link Trace} how long each of its reads took and what was asked for. */
class TracedStream extends TracedBase implements CanUnbuffer, CanSetReadahead, StreamCapabilities, IOStatisticsSource {

  // What was read in order since the last jump: readers take a byte at a time, and one range is enough for all.
  private long runStart;
  private long runEnd;

  TracedStream(String file, FSDataInputStream inner) {
    super(file, inner);
  }

  /** The stream, traced, with the same abilities; one that is traced already, as it is. */
  static FSDataInputStream of(Path path, FSDataInputStream inner) {
    if (inner.getWrappedStream() instanceof TracedStream) {
      return inner;
    }
    String file = path.toUri().getPath();
    boolean buffers = inner.getWrappedStream() instanceof org.apache.hadoop.fs.ByteBufferReadable;
    return new FSDataInputStream(buffers ? new TracedBuffers(file, inner) : new TracedStream(file, inner));
  }

  /** Bytes at the position were read, or were not: {@code count} is what the read returned. */
  final void passed(long from, long began, long count) {
    Trace.read(System.nanoTime() - began);
    if (count <= 0) {
      return;
    }
    if (from != runEnd) {
      endRun();
      runStart = from;
    }
    runEnd = from + count;
  }

  private void endRun() {
    if (runEnd > runStart) {
      Trace.needed(file, runStart, runEnd);
    }
    runStart = runEnd;
  }

  @Override
  public int read() throws IOException {
    long from = inner.getPos();
    long began = System.nanoTime();
    int found = inner.read();
    passed(from, began, found < 0 ? 0 : 1);
    return found;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    long from = inner.getPos();
    long began = System.nanoTime();
    int count = inner.read(into, offset, length);
    passed(from, began, count);
    return count;
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) throws IOException {
    long began = System.nanoTime();
    int count = inner.read(position, into, offset, length);
    positioned(position, began, count);
    return count;
  }

  @Override
  public void readFully(long position, byte[] into, int offset, int length) throws IOException {
    long began = System.nanoTime();
    inner.readFully(position, into, offset, length);
    positioned(position, began, length);
  }

  final void positioned(long position, long began, long count) {
    Trace.read(System.nanoTime() - began);
    if (count > 0) {
      Trace.needed(file, position, position + count);
    }
  }

  @Override
  public void seek(long position) throws IOException {
    inner.seek(position);
  }

  @Override
  public long getPos() throws IOException {
    return inner.getPos();
  }

  @Override
  public boolean seekToNewSource(long position) throws IOException {
    return inner.seekToNewSource(position);
  }

  @Override
  public int available() throws IOException {
    return inner.available();
  }

  @Override
  public void close() throws IOException {
    endRun();
    inner.close();
  }

  @Override
  public void unbuffer() {
    inner.unbuffer();
  }

  @Override
  public void setReadahead(Long readahead) throws IOException {
    inner.setReadahead(readahead);
  }

  @Override
  public boolean hasCapability(String capability) {
    return inner.hasCapability(capability);
  }

  @Override
  public IOStatistics getIOStatistics() {
    return IOStatisticsSupport.retrieveIOStatistics(inner);
  }

  @Override
  public String toString() {
    return "traced " + inner;
  }
}
