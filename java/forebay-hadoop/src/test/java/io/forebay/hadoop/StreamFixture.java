package io.forebay.hadoop;

import java.util.Random;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A stream over fakes, with everything below it in reach. */
final class StreamFixture {

  static final Path PATH = new Path("s3a://bucket/dir/key");

  final byte[] content;
  final FakeFile file;
  final FakeStreams wrapped;
  final FileSystem.Statistics statistics = new FileSystem.Statistics("s3a");
  final DelegateReader delegate;
  final RangeReader reader;
  final ForebayInputStream stream;

  StreamFixture(int length) {
    this(length, Signing.NOT_OURS, null);
  }

  StreamFixture(int length, Signing signing, DelegateLookAhead ahead) {
    content = bytes(length, 42);
    file = new FakeFile(content);
    wrapped = new FakeStreams(content, statistics);
    PinnedFile pinned = new PinnedFile(PATH, "dir/key", "\"etag\"", null, length);
    delegate = new DelegateReader(pinned, wrapped, statistics);
    reader = new RangeReader(pinned, file, delegate, signing, ahead);
    stream = new ForebayInputStream(pinned, reader, new Credit(statistics));
  }

  static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  byte[] part(int from, int length) {
    return java.util.Arrays.copyOfRange(content, from, from + length);
  }
}
