package io.forebay.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.hive.ql.exec.UDFClassLoader;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class PlatformTest {

  @Rule
  public final TemporaryFolder folder = new TemporaryFolder();

  private Path glibc;

  @Before
  public void writeMaps() throws Exception {
    glibc = maps("7f00-7f01 r-xp 0 08:01 1 /lib/x86_64-linux-gnu/libc.so.6");
  }

  @Test
  public void thisPlatformIsOne() throws Exception {
    Platform.check(getClass().getClassLoader());
    Platform.check("Linux", "x86_64", glibc, null);
    Platform.check("Linux", "amd64", new File("/nowhere/maps").toPath(), null);
    Platform.check("Linux", "aarch64", glibc, null);
  }

  @Test
  public void anotherSystemMachineOrLibcIsRefusedWithAReason() throws Exception {
    assertReason("Mac OS X", refused("Mac OS X", "x86_64", glibc, null));
    assertReason("riscv64", refused("Linux", "riscv64", glibc, null));
    assertReason("musl", refused("Linux", "amd64", maps("7f00-7f01 r-xp 0 08:01 1 /lib/ld-musl-x86_64.so.1"), null));
  }

  @Test
  public void aMachineHasOneNameInTheJar() {
    assertEquals("x86_64", Platform.machine("amd64"));
    assertEquals("aarch64", Platform.machine("arm64"));
    assertEquals("linux-" + Platform.machine(System.getProperty("os.arch")), Platform.NAME);
  }

  @Test
  public void aHiveSessionsLoaderIsRefused() throws Exception {
    try (UDFClassLoader session = new UDFClassLoader()) {
      assertReason("Hive", refused("Linux", "amd64", glibc, session));
    }
  }

  private Path maps(String line) throws Exception {
    return Files.write(folder.newFile().toPath(), (line + "\n").getBytes("US-ASCII"));
  }

  private static NativeUnavailableException refused(String system, String machine, Path maps, ClassLoader loader) {
    return assertThrows(NativeUnavailableException.class, () -> Platform.check(system, machine, maps, loader));
  }

  private static void assertReason(String word, NativeUnavailableException refused) {
    assertTrue(refused.reason(), refused.reason().contains(word));
    assertFalse(refused.whatToDo().isEmpty());
  }
}
