package io.forebay.hadoop;

import io.forebay.jni.Kind;
import io.forebay.jni.NativeInquiry;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A question of the library's own client about what a file is now, under way or answered. */
public final class Inquiry implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(Inquiry.class);

  private final long handle;
  private final String key;

  Inquiry(long handle, String key) {
    this.handle = handle;
    this.key = key;
  }

  /** Waits for the answer. */
  public Answer await() throws IOException {
    long[] numbers = NativeInquiry.answer(handle);
    while (numbers[0] == NativeInquiry.UNDER_WAY) {
      if (Thread.interrupted()) {
        throw new InterruptedIOException("interrupted while asking for " + key);
      }
      numbers = NativeInquiry.answer(handle);
    }
    if (numbers[0] == NativeInquiry.UNCHANGED) {
      return Answer.UNCHANGED;
    }
    if (numbers[0] == NativeInquiry.UNSETTLED) {
      return new Answer(Kind.of((int) numbers[1]));
    }
    String[] version = NativeInquiry.version(handle);
    return new Answer(numbers[1], numbers[2], version[0], version.length > 1 ? version[1] : null);
  }

  @Override
  public void close() {
    try {
      NativeInquiry.close(handle);
    } catch (IOException e) {
      LOG.debug("could not close a question about {}", key, e);
    }
  }

  /** What the store said. */
  public static final class Answer {

    private static final Answer UNCHANGED = new Answer((Kind) null);

    private final Kind failure;
    private final long length;
    private final long modified;
    private final String etag;
    private final String versionId;

    private Answer(Kind failure) {
      this.failure = failure;
      this.length = 0;
      this.modified = 0;
      this.etag = null;
      this.versionId = null;
    }

    private Answer(long length, long modified, String etag, String versionId) {
      this.failure = null;
      this.length = length;
      this.modified = modified;
      this.etag = etag;
      this.versionId = versionId;
    }

    /** Whether the file has the version that the asker knew. */
    public boolean isUnchanged() {
      return this == UNCHANGED;
    }

    /** Why nothing is known; null where something is. */
    public Kind failure() {
      return failure;
    }

    /** In bytes. */
    public long length() {
      return length;
    }

    /** In milliseconds since the epoch. */
    public long modified() {
      return modified;
    }

    /** Without quotes. */
    public String etag() {
      return etag;
    }

    /** As the store spells it, or null. */
    public String versionId() {
      return versionId;
    }
  }
}
