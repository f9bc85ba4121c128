package io.forebay.hadoop.objects;

import io.forebay.hadoop.s3a.Changes;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.fs.BBPartHandle;
import org.apache.hadoop.fs.BBUploadHandle;
import org.apache.hadoop.fs.PartHandle;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathHandle;
import org.apache.hadoop.fs.UploadHandle;
import org.apache.hadoop.fs.impl.AbstractMultipartUploader;

/**
 * Hadoop's way to write one file from several processes: S3's own uploads in parts. Everything is done on the calling
 * thread; a part is held in memory while it is sent.
 */
public final class Uploader extends AbstractMultipartUploader {

  private final Tree tree;
  private final Directories directories;

  public Uploader(Path base, Tree tree, Directories directories) {
    super(tree.names().qualified(base));
    this.tree = tree;
    this.directories = directories;
  }

  @Override
  public CompletableFuture<UploadHandle> startUpload(Path path) throws IOException {
    checkPath(path);
    return done(() -> BBUploadHandle.from(bytes(tree.bucket().beginUpload(key(path)))));
  }

  @Override
  public CompletableFuture<PartHandle> putPart(
      UploadHandle upload, int number, Path path, InputStream part, long length) throws IOException {
    checkPutArguments(path, part, number, upload, length);
    checkUploadId(upload.toByteArray());
    return done(() -> {
      byte[] content = content(part, length);
      String etag = tree.bucket().putPart(key(path), id(upload), number, content);
      return BBPartHandle.from(bytes(number + " " + etag));
    });
  }

  /** Hadoop 3.4.1 and later call this one; S3 needs not be told which part is the last. */
  public CompletableFuture<PartHandle> putPart(
      UploadHandle upload, int number, boolean last, Path path, InputStream part, long length) throws IOException {
    return putPart(upload, number, path, part, length);
  }

  private static byte[] content(InputStream part, long length) throws IOException {
    if (length > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("a part of " + length + " bytes does not fit into memory; send smaller ones");
    }
    byte[] content = new byte[(int) length];
    int done = 0;
    while (done < content.length) {
      int count = part.read(content, done, content.length - done);
      if (count < 0) {
        throw new EOFException("the part ended after " + done + " of " + length + " bytes");
      }
      done += count;
    }
    return content;
  }

  @Override
  public CompletableFuture<PathHandle> complete(UploadHandle upload, Path path, Map<Integer, PartHandle> handles)
      throws IOException {
    checkPath(path);
    checkUploadId(upload.toByteArray());
    checkPartHandles(handles);
    return done(() -> {
      Map<Integer, String> etags = new TreeMap<>();
      for (Map.Entry<Integer, PartHandle> part : handles.entrySet()) {
        etags.put(part.getKey(), etag(part.getKey(), text(part.getValue().bytes())));
      }
      Path whole = tree.names().qualified(path);
      Changes.of(whole);
      String etag;
      try {
        etag = tree.bucket().completeUpload(key(path), id(upload), etags);
      } finally {
        Changes.of(whole);
      }
      directories.filled(whole.getParent());
      return (PathHandle) () -> bytes(etag);
    });
  }

  private static String etag(int number, String handle) {
    int space = handle.indexOf(' ');
    if (space < 0 || !handle.substring(0, space).equals(String.valueOf(number))) {
      throw new IllegalArgumentException("this is not the handle of part " + number);
    }
    return handle.substring(space + 1);
  }

  @Override
  public CompletableFuture<Void> abort(UploadHandle upload, Path path) throws IOException {
    checkPath(path);
    checkUploadId(upload.toByteArray());
    return done(() -> {
      tree.bucket().abortUpload(key(path), id(upload));
      return null;
    });
  }

  private String key(Path path) {
    return tree.names().key(path);
  }

  private static String id(UploadHandle upload) {
    return text(upload.bytes());
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return new String(copy, StandardCharsets.UTF_8);
  }

  /** What is to be done. */
  private interface Work<T> {
    T run() throws IOException;
  }

  private static <T> CompletableFuture<T> done(Work<T> work) {
    CompletableFuture<T> future = new CompletableFuture<>();
    try {
      future.complete(work.run());
    } catch (IOException | RuntimeException e) {
      future.completeExceptionally(e);
    }
    return future;
  }
}
