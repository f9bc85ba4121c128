package io.forebay.jni;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class UnpackingTest {

  private static final byte[] CONTENT = "not really a library".getBytes();

  @Rule
  public final TemporaryFolder folder = new TemporaryFolder();

  private Path place;
  private Packed library;

  @Before
  public void pack() throws Exception {
    Path source = Files.write(folder.newFile().toPath(), CONTENT);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(CONTENT);
    library = new Packed(source.toUri().toURL(), String.format("%064x", new BigInteger(1, digest)));
    place = folder.newFolder().toPath();
  }

  @Test
  public void writesAPrivateRunnableFileAndUsesItAgain() throws Exception {
    Path file = new Unpacking(place).unpack(library, 0);
    assertArrayEquals(CONTENT, Files.readAllBytes(file));
    assertEquals("r-x------", mode(file));
    assertEquals("rwx------", mode(file.getParent()));
    Object first = Files.getAttribute(file, "unix:ino");
    assertEquals(file, new Unpacking(place).unpack(library, 0));
    assertEquals("it was written again", first, Files.getAttribute(file, "unix:ino"));
    assertEquals(1, entries(file.getParent()));
  }

  @Test
  public void eachCopyIsAFileOfItsOwn() throws Exception {
    Path first = new Unpacking(place).unpack(library, 0);
    Path second = new Unpacking(place).unpack(library, 1);
    assertNotEquals(Files.getAttribute(first, "unix:ino"), Files.getAttribute(second, "unix:ino"));
  }

  @Test
  public void replacesWhatIsDamagedOrOpenToOthers() throws Exception {
    Path file = new Unpacking(place).unpack(library, 0);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    Files.write(file, "something else".getBytes());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r-x------"));
    assertArrayEquals(CONTENT, Files.readAllBytes(new Unpacking(place).unpack(library, 0)));

    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertEquals("r-x------", mode(new Unpacking(place).unpack(library, 0)));

    Files.delete(file);
    Files.createSymbolicLink(file, Files.write(folder.newFile().toPath(), CONTENT));
    assertTrue(Files.isRegularFile(new Unpacking(place).unpack(library, 0), java.nio.file.LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  public void refusesADirectoryThatOthersCanReachOrThatIsALink() throws Exception {
    Path directory = new Unpacking(place).unpack(library, 0).getParent();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    refused();

    Path elsewhere = place.resolve("elsewhere");
    Files.move(directory, elsewhere);
    Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwx------"));
    Files.createSymbolicLink(directory, elsewhere);
    refused();
  }

  @Test
  public void refusesALibraryThatIsNotWhatTheJarSays() throws Exception {
    Packed wrong = new Packed(folder.newFile().toURI().toURL(), library.sha256());
    IOException e = assertThrows(IOException.class, () -> new Unpacking(place).unpack(wrong, 0));
    assertTrue(e.getMessage(), e.getMessage().contains("not what the jar carries"));
    assertEquals("a piece was left behind", 0, entries(Files.list(place).findFirst().get()));
  }

  @Test
  public void manyAtOnceAllFindAWholeFile() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      Callable<byte[]> unpack = () -> Files.readAllBytes(new Unpacking(place).unpack(library, 0));
      List<Future<byte[]>> all = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        all.add(pool.submit(unpack));
      }
      for (Future<byte[]> each : all) {
        assertArrayEquals(CONTENT, each.get());
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private void refused() {
    assertThrows(IOException.class, () -> new Unpacking(place).unpack(library, 0));
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static long entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.count();
    }
  }
}
