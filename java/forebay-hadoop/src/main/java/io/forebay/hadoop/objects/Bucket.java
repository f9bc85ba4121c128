package io.forebay.hadoop.objects;

import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.NativeFailures;
import io.forebay.hadoop.Signing;
import io.forebay.jni.Kind;
import io.forebay.jni.NativeCall;
import io.forebay.jni.NativeException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIOException;

/**
 * The native library's calls on one bucket. Each waits for its answer and ends within about 100 ms when the calling
 * thread is interrupted; what the store had begun by then it may still finish.
 */
public final class Bucket {

  /** What S3 takes in one request to delete. */
  private static final int MOST_DELETED = 1000;

  private final CachedStore store;
  private final Names names;
  private final Signing signing;
  private final int deletePage;

  /**
   * @param deletePage how many objects are deleted by one request; 1 deletes one by one, without the bulk request
   */
  public Bucket(CachedStore store, Names names, Signing signing, int deletePage) {
    this.store = store;
    this.names = names;
    this.signing = signing;
    this.deletePage = Math.max(1, Math.min(MOST_DELETED, deletePage));
  }

  /** Begins one call, on the calling thread. */
  private interface Begin {
    long run() throws NativeException;
  }

  /** What the store says of a key; null where there is no such object. */
  Found status(String key) throws IOException {
    try {
      Told told = call(key, () -> NativeCall.status(store.handle(), key));
      return new Found(key, told.numbers[0], told.numbers[1], told.texts[1], told.texts[2]);
    } catch (FileNotFoundException e) {
      return null;
    }
  }

  /** A page of what lies below a prefix; see {@link NativeCall#list}. */
  Page list(String prefix, boolean byDirectory, String after, int most) throws IOException {
    Told told = call(prefix, () -> NativeCall.list(store.handle(), prefix, byDirectory, after, most));
    return new Page(told.texts, told.numbers);
  }

  /** Whether anything lies below a prefix. */
  boolean isAnyBelow(String prefix) throws IOException {
    return !list(prefix, true, null, 1).isEmpty();
  }

  void putMarker(String key) throws IOException {
    call(key, () -> NativeCall.put(store.handle(), key, new byte[0], false));
  }

  /** Copies objects, those of a page at the same time; the names of copies are made of the old ones. */
  void copy(List<Found> objects, String from, String to) throws IOException {
    String[] keys = new String[2 * objects.size()];
    long[] lengths = new long[objects.size()];
    for (int at = 0; at < lengths.length; at++) {
      String key = objects.get(at).key();
      keys[2 * at] = key;
      keys[2 * at + 1] = to + key.substring(from.length());
      lengths[at] = objects.get(at).length();
    }
    call(from, () -> NativeCall.copy(store.handle(), keys, lengths));
  }

  void delete(String key) throws IOException {
    call(key, () -> NativeCall.delete(store.handle(), key));
  }

  /** Deletes objects, those that are there. */
  void delete(List<String> keys) throws IOException {
    for (int at = 0; at < keys.size(); at += deletePage) {
      List<String> page = keys.subList(at, Math.min(at + deletePage, keys.size()));
      if (page.size() == 1) {
        delete(page.get(0));
      } else {
        deletePage(page.toArray(new String[0]));
      }
    }
  }

  private void deletePage(String[] keys) throws IOException {
    String[] stayed = call(keys[0], () -> NativeCall.deletePage(store.handle(), keys)).texts;
    if (stayed.length >= 2) {
      String path = names.path(stayed[0]).toString();
      String text = stayed.length / 2 + " of " + keys.length + " objects were not deleted: code " + stayed[1];
      throw stayed[1].equals("AccessDenied")
          ? new AccessDeniedException(path, null, text)
          : new PathIOException(path, text);
    }
  }

  String beginUpload(String key) throws IOException {
    return call(key, () -> NativeCall.beginUpload(store.handle(), key)).texts[0];
  }

  String putPart(String key, String upload, int number, byte[] bytes) throws IOException {
    return call(key, () -> NativeCall.putPart(store.handle(), key, upload, number, bytes)).texts[0];
  }

  String completeUpload(String key, String upload, Map<Integer, String> parts) throws IOException {
    List<String> flat = new ArrayList<>();
    parts.forEach((number, etag) -> {
      flat.add(number.toString());
      flat.add(etag);
    });
    String[] all = flat.toArray(new String[0]);
    return call(key, () -> NativeCall.completeUpload(store.handle(), key, upload, all, false)).texts[0];
  }

  void abortUpload(String key, String upload) throws IOException {
    call(key, () -> NativeCall.abortUpload(store.handle(), key, upload));
  }

  private Told call(String key, Begin begin) throws IOException {
    Path path = names.path(key);
    boolean renewed = false;
    while (true) {
      signing.renewIfDue();
      try {
        return await(path, begin.run());
      } catch (NativeException e) {
        if (Kind.of(e.kind()) == Kind.ACCESS_DENIED && !renewed && signing.renewAfterDenial()) {
          renewed = true;
          continue;
        }
        throw NativeFailures.translate(e, path);
      }
    }
  }

  private static Told await(Path path, long call) throws IOException {
    try {
      while (!NativeCall.isDone(call)) {
        if (Thread.interrupted()) {
          throw new InterruptedIOException("interrupted while waiting for the store's answer about " + path);
        }
      }
      return new Told(NativeCall.texts(call), NativeCall.numbers(call));
    } finally {
      NativeCall.close(call);
    }
  }

  /** What a call brought. */
  private static final class Told {
    final String[] texts;
    final long[] numbers;

    Told(String[] texts, long[] numbers) {
      this.texts = texts;
      this.numbers = numbers;
    }
  }
}
