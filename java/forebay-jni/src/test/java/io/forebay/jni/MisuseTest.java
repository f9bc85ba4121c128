package io.forebay.jni;

import static io.forebay.jni.Refused.OUTSIDE;
import static io.forebay.jni.Refused.assertInvalid;
import static io.forebay.jni.Refused.assertKind;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.function.ThrowingRunnable;

/** Nothing that Java passes in does more than throw a NativeException. */
public class MisuseTest {

  private final byte[] array = new byte[100];
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(100);
  private long store;
  private long file;

  @Before
  public void open() throws Exception {
    Lake.start();
    store = Lake.openStore();
    file = Lake.open(store, "misuse", 1000);
  }

  @After
  public void close() throws Exception {
    NativeFile.close(file);
    NativeStore.close(store);
  }

  @Test
  public void aClosedOrInventedHandleIsClosedForEveryCall() throws Exception {
    long closed = Lake.open(store, "misuse", 1000);
    NativeFile.close(closed);
    NativeFile.close(closed);
    long closedStore = Lake.openStore();
    NativeStore.close(closedStore);
    NativeStore.close(closedStore);
    for (long handle : new long[] {closed, closedStore, 0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, file ^ 1L << 40}) {
      assertAllClosed(handle);
    }
    assertAllClosed(store, fileCalls(store));
    assertAllClosed(store, callCalls(store));
    assertAllClosed(file, storeCalls(file));
    assertAllClosed(file, callCalls(file));

    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 10_000; i++) {
      long handle = random.nextLong();
      NativeFile.close(handle);
      NativeStore.close(handle);
      assertKind("seed " + seed, Kind.CLOSED, () -> NativeFile.describe(handle));
      assertKind("seed " + seed, Kind.CLOSED, () -> NativeStore.invalidate(handle, "k", true));
    }
    assertTrue(NativeFile.describe(file).length() > 0);
  }

  private void assertAllClosed(long handle) throws Exception {
    assertAllClosed(handle, fileCalls(handle));
    assertAllClosed(handle, storeCalls(handle));
    assertAllClosed(handle, callCalls(handle));
    NativeFile.close(handle);
    NativeStore.close(handle);
    NativeInquiry.close(handle);
    NativeCall.close(handle);
    NativeUpload.close(handle);
  }

  private static void assertAllClosed(long handle, List<ThrowingRunnable> calls) {
    for (int i = 0; i < calls.size(); i++) {
      assertKind("call " + i + " with " + handle, Kind.CLOSED, calls.get(i));
    }
  }

  private List<ThrowingRunnable> fileCalls(long file) {
    return Arrays.asList(
        () -> NativeFile.read(file, 0, array, 0, 10, 10),
        () -> NativeFile.readDirect(file, 0, buffer, 0, 10, 10),
        () -> NativeFile.claims(file, 0, 10),
        () -> NativeFile.land(file, 1, array, 0, 10),
        () -> NativeFile.abandon(file, 1),
        () -> NativeFile.nextAhead(file),
        () -> NativeFile.want(file, new long[] {0, 10}),
        () -> NativeFile.statistics(file),
        () -> NativeFile.describe(file));
  }

  private List<ThrowingRunnable> storeCalls(long store) {
    return Arrays.asList(
        () -> Lake.open(store, "misuse", 1000),
        () -> NativeStore.credentials(store, null, null, null),
        () -> NativeStore.invalidate(store, "misuse", false),
        () -> NativeInquiry.begin(store, "k", null, 0, null, -1, false),
        () -> NativeUpload.open(store, "k", 1, 1, true),
        () -> NativeCall.status(store, "k"),
        () -> NativeCall.list(store, "", false, null, 0),
        () -> NativeCall.put(store, "k", array, false),
        () -> NativeCall.copy(store, new String[] {"from", "to"}, new long[] {1}),
        () -> NativeCall.delete(store, "k"),
        () -> NativeCall.deletePage(store, new String[] {"k"}),
        () -> NativeCall.beginUpload(store, "k"),
        () -> NativeCall.putPart(store, "k", "id", 1, array),
        () -> NativeCall.completeUpload(store, "k", "id", new String[] {"1", "e"}, true),
        () -> NativeCall.abortUpload(store, "k", "id"));
  }

  /** What a call, an upload or an inquiry is asked. */
  private List<ThrowingRunnable> callCalls(long call) {
    return Arrays.asList(
        () -> NativeCall.isDone(call),
        () -> NativeCall.texts(call),
        () -> NativeCall.numbers(call),
        () -> NativeUpload.write(call, array, 0, 10),
        () -> NativeUpload.isFinished(call),
        () -> NativeInquiry.answer(call),
        () -> NativeInquiry.version(call));
  }

  @Test
  public void numbersThatMakeNoSenseAreInvalid() {
    for (int[] pair : OUTSIDE) {
      assertInvalid(() -> NativeFile.read(file, 0, array, pair[0], pair[1], 10));
      assertInvalid(() -> NativeFile.readDirect(file, 0, buffer, pair[0], pair[1], 10));
      assertInvalid(() -> NativeFile.land(file, 1, array, pair[0], pair[1]));
    }
    for (long negative : new long[] {-1, Long.MIN_VALUE}) {
      assertInvalid(() -> NativeFile.read(file, negative, array, 0, 10, 10));
      assertInvalid(() -> NativeFile.read(file, 0, array, 0, 10, negative));
      assertInvalid(() -> NativeFile.readDirect(file, negative, buffer, 0, 10, 10));
      assertInvalid(() -> NativeFile.readDirect(file, 0, buffer, 0, 10, negative));
      assertInvalid(() -> NativeFile.claims(file, negative, 10));
      assertInvalid(() -> NativeFile.claims(file, 0, negative));
      assertInvalid(() -> NativeFile.want(file, new long[] {0, negative}));
      assertInvalid(() -> NativeEngine.countWindowBytes(negative));
      assertInvalid(() -> Lake.open(store, "misuse", negative));
    }
    assertInvalid(() -> NativeFile.want(file, new long[] {1}));
    assertInvalid(() -> NativeFile.land(file, -5, array, 0, 10));
  }

  @Test
  public void aReadBeyondTheEndIsTheEndAndAnEmptyOneNothing() throws Exception {
    assertEquals(NativeFile.END_OF_FILE, NativeFile.read(file, 1000, array, 0, 10, 10));
    assertEquals(NativeFile.END_OF_FILE, NativeFile.read(file, Long.MAX_VALUE, array, 0, 100, Long.MAX_VALUE));
    assertEquals(NativeFile.END_OF_FILE, NativeFile.readDirect(file, Long.MAX_VALUE, buffer, 0, 100, Long.MAX_VALUE));
    assertEquals(0, NativeFile.read(file, 0, array, 100, 0, 0));
    assertEquals(0, NativeFile.readDirect(file, 0, ByteBuffer.allocateDirect(0), 0, 0, 0));
  }

  @Test
  public void nullsAndBuffersThatCannotBeWrittenAreInvalid() {
    assertInvalid(() -> NativeFile.read(file, 0, null, 0, 10, 10));
    assertInvalid(() -> NativeFile.readDirect(file, 0, null, 0, 10, 10));
    assertInvalid(() -> NativeFile.readDirect(file, 0, ByteBuffer.allocate(10), 0, 10, 10));
    assertInvalid(() -> NativeFile.readDirect(file, 0, buffer.asReadOnlyBuffer(), 0, 10, 10));
    assertInvalid(() -> NativeFile.land(file, 1, null, 0, 10));
    assertInvalid(() -> NativeFile.want(file, null));
    assertInvalid(() -> NativeFile.open(store, null, "e", 1, null, -1, -1, ""));
    assertInvalid(() -> NativeFile.open(store, "k", null, 1, null, -1, -1, ""));
    assertInvalid(() -> NativeFile.open(store, "k", "e", 1, null, -1, -1, null));
    assertInvalid(() -> NativeFile.open(store, "k", "W/\"weak\"", 1, null, -1, -1, ""));
    assertInvalid(() -> NativeFile.open(store, "half a pair \ud800", "e", 1, null, -1, -1, ""));
    assertInvalid(() -> NativeFile.open(store, "k", "e", 1, null, -2, -1, ""));
    assertInvalid(() -> NativeEngine.start(null, 1));
    assertInvalid(() -> NativeEngine.start(new String[] {"odd"}, 1));
    assertInvalid(() -> NativeEngine.start(new String[] {"key", null}, 1));
    assertInvalid(() -> NativeStore.open(null, null));
    assertInvalid(() -> NativeStore.open(new String[0], new String[] {"kind", "s3"}));
    assertInvalid(() -> NativeStore.open(new String[0], Lake.access("both", "")));
    assertInvalid(() -> NativeStore.credentials(store, "access key alone", null, null));
    assertInvalid(() -> NativeStore.invalidate(store, null, false));
  }

  @Test
  public void aSecretThatCannotBeReadIsNotShown() {
    NativeException e = assertThrows(NativeException.class,
        () -> NativeStore.credentials(store, "key", "hush\ud800", null));
    assertFalse(e.getMessage(), e.getMessage().contains("hush"));
  }

  @Test
  public void manyStringsPassWithoutPilingUp() throws Exception {
    String[] many = new String[20_000];
    for (int i = 0; i < many.length; i++) {
      many[i] = i % 2 == 0 ? "fs.forebay.bucket.b" + i + ".enabled" : "value \u00e4 \ud83d\ude00 \0 " + i;
    }
    NativeStore.close(NativeStore.open(many, Lake.access("delegate", "")));
  }

  @Test
  public void aPanicIsOneExceptionOnAnyThreadAndIsLogged() throws Exception {
    for (int i = 0; i < 3; i++) {
      NativeException e = assertThrows(NativeException.class, NativeEngine::panicForTest);
      assertEquals(Kind.INTERNAL.code(), e.kind());
      assertTrue(e.getMessage(), e.getMessage().contains("asked for by a test"));
    }
    assertTrue(NativeFile.describe(file).length() > 0);
    List<String> log = Arrays.asList(NativeEngine.drainLog(10_000));
    assertEquals(0, log.size() % 3);
    assertTrue(log.toString(), log.stream().anyMatch(text -> text.contains("panic: asked for by a test")));
  }
}
