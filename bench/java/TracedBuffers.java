import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.fs.ByteBufferPositionedReadable;
import org.apache.hadoop.fs.ByteBufferReadable;
import org.apache.hadoop.fs.FSDataInputStream;

/** A traced stream over one that reads into buffers: Parquet asks what a stream can do before it chooses a way. */
final class TracedBuffers extends TracedStream implements ByteBufferReadable, ByteBufferPositionedReadable {

  TracedBuffers(String file, FSDataInputStream inner) {
    super(file, inner);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    long from = inner.getPos();
    long began = System.nanoTime();
    int count = inner.read(into);
    passed(from, began, count);
    return count;
  }

  @Override
  public int read(long position, ByteBuffer into) throws IOException {
    long began = System.nanoTime();
    int count = inner.read(position, into);
    positioned(position, began, count);
    return count;
  }

  @Override
  public void readFully(long position, ByteBuffer into) throws IOException {
    int length = into.remaining();
    long began = System.nanoTime();
    inner.readFully(position, into);
    positioned(position, began, length);
  }
}
