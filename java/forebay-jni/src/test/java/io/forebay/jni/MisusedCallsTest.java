package io.forebay.jni;

import static io.forebay.jni.Refused.OUTSIDE;
import static io.forebay.jni.Refused.assertInvalid;
import static io.forebay.jni.Refused.assertKind;

import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** What a call, an upload or an inquiry is asked to do is refused where it makes no sense, and nothing is sent. */
public class MisusedCallsTest {

  private final byte[] array = new byte[100];
  private long direct;

  @Before
  public void open() throws Exception {
    Lake.start();
    // Nobody listens there.
    direct = Lake.openStore("http://127.0.0.1:1");
  }

  @After
  public void close() throws Exception {
    NativeStore.close(direct);
  }

  @Test
  public void aStoreThatTheHostReadsTakesNoCalls() throws Exception {
    long store = Lake.openStore();
    assertKind("", Kind.UNSUPPORTED, () -> NativeCall.status(store, "k"));
    assertKind("", Kind.UNSUPPORTED, () -> NativeUpload.open(store, "k", 1, 1, true));
    assertKind("", Kind.UNSUPPORTED, () -> NativeInquiry.begin(store, "k", null, 0, null, -1, false));
    NativeStore.close(store);
  }

  @Test
  public void keysThatCannotBeReadAreInvalid() {
    for (String key : new String[] {null, "half a pair \ud800"}) {
      assertInvalid(() -> NativeCall.status(direct, key));
      assertInvalid(() -> NativeCall.list(direct, key, false, null, 0));
      assertInvalid(() -> NativeCall.put(direct, key, array, false));
      assertInvalid(() -> NativeCall.copy(direct, new String[] {"from", key}, new long[] {1}));
      assertInvalid(() -> NativeCall.delete(direct, key));
      assertInvalid(() -> NativeCall.deletePage(direct, new String[] {key}));
      assertInvalid(() -> NativeCall.beginUpload(direct, key));
      assertInvalid(() -> NativeCall.putPart(direct, key, "id", 1, array));
      assertInvalid(() -> NativeCall.putPart(direct, "k", key, 1, array));
      assertInvalid(() -> NativeCall.completeUpload(direct, key, "id", new String[0], true));
      assertInvalid(() -> NativeCall.abortUpload(direct, "k", key));
      assertInvalid(() -> NativeUpload.open(direct, key, 1, 1, true));
      assertInvalid(() -> NativeInquiry.begin(direct, key, null, 0, null, -1, false));
    }
  }

  @Test
  public void numbersThatMakeNoSenseAreInvalid() {
    assertInvalid(() -> NativeCall.list(direct, "", false, null, -1));
    assertInvalid(() -> NativeCall.putPart(direct, "k", "id", -1, array));
    assertInvalid(() -> NativeCall.copy(direct, new String[] {"from", "to"}, new long[0]));
    assertInvalid(() -> NativeCall.copy(direct, new String[] {"from"}, new long[] {1}));
    assertInvalid(() -> NativeCall.copy(direct, new String[] {"from", "to"}, new long[] {-1}));
    assertInvalid(() -> told(NativeCall.copy(direct, new String[] {"from", "to"}, new long[] {Long.MAX_VALUE})));
    assertInvalid(() -> NativeCall.completeUpload(direct, "k", "id", new String[] {"one", "e"}, true));
    assertInvalid(() -> NativeUpload.open(direct, "k", -1, 1, true));
    assertInvalid(() -> NativeUpload.open(direct, "k", 1, -1, true));
    assertInvalid(() -> NativeInquiry.begin(direct, "k", "W/\"weak\"", 0, null, -1, false));
    assertInvalid(() -> NativeInquiry.begin(direct, "k", "e", -1, null, -1, false));
    assertInvalid(() -> NativeInquiry.begin(direct, "k", null, 0, null, -2, false));
  }

  @Test
  public void bytesThatAreNotThereAreInvalid() throws Exception {
    assertInvalid(() -> NativeCall.put(direct, "k", null, false));
    assertInvalid(() -> NativeCall.putPart(direct, "k", "id", 1, null));
    long upload = NativeUpload.open(direct, "k", 1, 1, true);
    assertInvalid(() -> NativeUpload.write(upload, null, 0, 0));
    for (int[] pair : OUTSIDE) {
      assertInvalid(() -> NativeUpload.write(upload, array, pair[0], pair[1]));
    }
    NativeUpload.close(upload);
  }

  /** A request of no key would be one of the bucket. */
  @Test
  public void theObjectOfNoNameIsNotTouched() {
    assertInvalid(() -> told(NativeCall.status(direct, "")));
    assertInvalid(() -> told(NativeCall.put(direct, "", array, false)));
    assertInvalid(() -> told(NativeCall.copy(direct, new String[] {"from", ""}, new long[] {1})));
    assertInvalid(() -> told(NativeCall.delete(direct, "")));
  }

  /** Waits for a call's end. */
  private static void told(long call) throws Exception {
    try {
      while (!NativeCall.isDone(call)) {
        continue;
      }
    } finally {
      NativeCall.close(call);
    }
  }
}
