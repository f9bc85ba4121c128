package io.forebay.hadoop;

import io.forebay.jni.NativeFile;
import java.io.IOException;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Files of the native library that nobody closed. A reader that loses a stream on some path of its own leaks a handle,
 * which holds memory and descriptors, and servers run for months: once the garbage collector has taken such a file, the
 * next open closes its handle.
 */
final class LostFiles {

  private static final ReferenceQueue<NativeCachedFile> LOST = new ReferenceQueue<>();
  private static final Set<Trace> OPEN = ConcurrentHashMap.newKeySet();

  private LostFiles() {}

  /** Follows {@code file} until its trace is ended or it is lost. */
  static Trace follow(NativeCachedFile file, long handle) {
    Trace trace = new Trace(file, handle);
    OPEN.add(trace);
    return trace;
  }

  /** Closes what was lost since the last call; costs next to nothing where nothing was. */
  static void close() {
    for (Reference<?> lost = LOST.poll(); lost != null; lost = LOST.poll()) {
      ((Trace) lost).end();
    }
  }

  /** What is left of a file when it is gone. */
  static final class Trace extends PhantomReference<NativeCachedFile> {

    private final long handle;

    private Trace(NativeCachedFile file, long handle) {
      super(file, LOST);
      this.handle = handle;
    }

    /** Closes the handle, once. */
    void end() {
      if (OPEN.remove(this)) {
        try {
          NativeFile.close(handle);
        } catch (IOException e) {
          LogDrain.LOG.debug("could not close a file in the native library", e);
        }
      }
    }
  }
}
