package io.forebay.jni;

import java.io.IOException;
import java.nio.file.Paths;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Many threads share a few calls, uploads and inquiries of a store that answers anything: they begin them, wait for
 * them, close them, close them again and use them afterwards. A file is written as a whole or not at all, and who hears
 * that a call is done finds what it brought.
 */
public final class MisusesCalls {

  private static final int SLOTS = 8;

  private static final AtomicLong STORE = new AtomicLong();
  private static final AtomicLongArray CALLS = new AtomicLongArray(SLOTS);
  private static final AtomicLongArray UPLOADS = new AtomicLongArray(SLOTS);
  private static final AtomicLongArray INQUIRIES = new AtomicLongArray(SLOTS);
  private static final AtomicReference<String> WRONG = new AtomicReference<>();

  private MisusesCalls() {
  }

  public static void main(String[] args) throws Exception {
    Lake.start(Paths.get(args[0]));
    try (AnswersAnything store = new AnswersAnything(0, MisusesCalls::written)) {
      STORE.set(Lake.openStore(store.endpoint()));
      ManyThreads.run(Long.parseLong(args[1]), () -> random -> {
        step(store.endpoint(), random, random.nextInt(SLOTS));
        require(WRONG.get() == null, WRONG.get());
      });
    }
  }

  /** Each file's name is its length. */
  private static void written(String key, long length) {
    if (!key.equals(Long.toString(length))) {
      WRONG.set("of the " + key + " bytes of a file " + length + " were written");
    }
  }

  private static void step(String endpoint, Random random, int slot) throws IOException {
    switch (random.nextInt(20)) {
      case 0:
        NativeCall.close(CALLS.getAndSet(slot, NativeCall.status(STORE.get(), "k")));
        break;
      case 1:
        NativeUpload.close(UPLOADS.getAndSet(slot, begun(1 + random.nextInt(100_000))));
        break;
      case 2:
        NativeInquiry.close(INQUIRIES.getAndSet(slot, NativeInquiry.begin(STORE.get(), "k", null, 0, null, -1, false)));
        break;
      case 3:
        NativeStore.close(STORE.getAndSet(Lake.openStore(endpoint)));
        break;
      case 4:
        closeTwice(CALLS.get(slot), UPLOADS.get(slot), INQUIRIES.get(slot));
        break;
      case 5:
        closeTwice(UPLOADS.get(slot), INQUIRIES.get(slot), CALLS.get(slot));
        break;
      case 6:
      case 7:
        NativeInquiry.answer(INQUIRIES.get(slot));
        NativeInquiry.version(INQUIRIES.get(slot));
        break;
      case 8:
      case 9:
      case 10:
      case 11:
        NativeUpload.isFinished(UPLOADS.get(slot));
        break;
      default:
        long call = CALLS.get(slot);
        if (NativeCall.isDone(call)) {
          require(NativeCall.texts(call).length == 3, "a call was done and brought nothing");
          require(NativeCall.numbers(call).length == 2, "a call was done and brought nothing");
        }
    }
  }

  private static long begun(int length) throws IOException {
    long upload = NativeUpload.open(STORE.get(), Integer.toString(length), 1 << 20, 2, false);
    byte[] bytes = new byte[length];
    int done = 0;
    while (done < length) {
      done += Math.max(0, NativeUpload.write(upload, bytes, done, length - done));
    }
    return upload;
  }

  /** Whichever of them are of which class. */
  private static void closeTwice(long call, long upload, long inquiry) throws IOException {
    for (int i = 0; i < 2; i++) {
      NativeCall.close(call);
      NativeUpload.close(upload);
      NativeInquiry.close(inquiry);
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }
}
