package io.forebay.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** What the library does to the process it lives in, seen from a JVM of its own. */
public class ProcessTest {

  @Rule
  public final TemporaryFolder cache = new TemporaryFolder();

  @Test
  public void aJvmEndsWithStreamsOpenAndFetchesUnderWay() throws Exception {
    try (ChildJvm child = child(LeavesStreamsOpen.class)) {
      List<String> lines = child.linesUntil(LeavesStreamsOpen.LAST_LINE);
      assertTrue(lines.toString(), lines.contains(LeavesStreamsOpen.LAST_LINE));
      assertTrue("it did not end within 5 s of main's return", child.endsWithin(5));
      assertEquals(0, child.exitCode());
    }
  }

  @Test
  public void noDescriptorOfOursOutlivesAnExec() throws Exception {
    try (ChildJvm child = child(ListsDescriptors.class)) {
      List<String> lines = child.lines();
      assertEquals(lines.toString(), 0, child.exitCode());
      assertTrue("nothing was open: " + lines, lines.contains("ours is open"));
      assertFalse(lines.toString(), lines.stream().anyMatch(line -> line.startsWith("inherited")));
    }
  }

  @Test
  public void manyThreadsMisusingHandlesGetExceptionsOnlyAndJniIsUsedRightly() throws Exception {
    exceptionsOnly(MisusesHandles.class);
  }

  @Test
  public void manyThreadsMisusingCallsGetExceptionsOnlyAndWholeFilesAreWritten() throws Exception {
    exceptionsOnly(MisusesCalls.class);
  }

  @Test
  public void argumentsThatMakeNoSenseGetExceptionsOnlyAndJniIsUsedRightly() throws Exception {
    exceptionsOnly(HostileArguments.class, "-Xms256m", "-XX:+AlwaysPreTouch");
  }

  private void exceptionsOnly(Class<?> main, String... more) throws Exception {
    String seconds = System.getProperty("forebay.test.seconds", "5");
    List<String> options = new ArrayList<>(Arrays.asList(more));
    options.add("-Xcheck:jni");
    try (ChildJvm child = new ChildJvm(main, options, cache.getRoot().getPath(), seconds)) {
      List<String> lines = child.lines();
      assertEquals(lines.toString(), 0, child.exitCode());
      assertEquals("something was said besides the seed and the result: " + lines, 2, lines.size());
      assertTrue(lines.toString(), lines.get(0).startsWith("seed "));
      assertTrue(lines.toString(), lines.get(1).startsWith("ok "));
    }
  }

  private ChildJvm child(Class<?> main) throws Exception {
    return new ChildJvm(main, Collections.emptyList(), cache.getRoot().getPath());
  }
}
