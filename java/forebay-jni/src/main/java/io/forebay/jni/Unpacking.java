package io.forebay.jni;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/**
 * Puts the library into a private directory of one place, under a name made of its content's hash.
 *
 * <p>Whoever can write the file decides what this process runs: the directory must be ours and closed to others, is
 * never reached through a link, and what lies in it is used only if its hash is right. A new copy is written beside
 * and renamed, so that processes starting together see a whole file or none. Nothing is ever unlinked: another process
 * may have it mapped.
 */
final class Unpacking {

  private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> RUNNABLE = PosixFilePermissions.fromString("r-x------");

  private final Path place;

  Unpacking(Path place) {
    this.place = place;
  }

  /** The path of the {@code copy}-th copy, which may be executed; it is written where it is not there yet. */
  Path unpack(Packed library, int copy) throws IOException {
    Path directory = directory();
    Path file = directory.resolve("libforebay-" + library.sha256() + "-" + copy + ".so");
    Path fresh = Files.createTempFile(directory, "libforebay-", ".new");
    try {
      // What this process creates is ours; a directory with another owner is somebody's trap.
      UserPrincipal us = attributes(fresh).owner();
      if (!attributes(directory).owner().equals(us)) {
        throw new IOException(directory + " belongs to somebody else; remove it");
      }
      if (!isPlainFileOf(us, file) || !library.isIn(file)) {
        write(library, fresh);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      }
    } finally {
      Files.deleteIfExists(fresh);
    }
    // False also where the file system is mounted noexec.
    if (!file.toFile().canExecute()) {
      throw new IOException("files cannot be executed there (mounted noexec?)");
    }
    return file;
  }

  private Path directory() throws IOException {
    Files.createDirectories(place);
    String user = System.getProperty("user.name", "user").replaceAll("[^A-Za-z0-9._-]", "_");
    Path directory = place.toRealPath().resolve("forebay-native-" + user);
    FileAttribute<Set<PosixFilePermission>> mode = PosixFilePermissions.asFileAttribute(PRIVATE);
    try {
      Files.createDirectory(directory, mode);
    } catch (FileAlreadyExistsException e) {
      // Made by an earlier process, or by somebody else; it is looked at either way.
    }
    PosixFileAttributes found = attributes(directory);
    if (!found.isDirectory() || !found.permissions().equals(PRIVATE)) {
      throw new IOException(directory + " is not a directory of mode 0700; remove it");
    }
    return directory;
  }

  private static void write(Packed library, Path fresh) throws IOException {
    try (InputStream in = library.open(); OutputStream out = Files.newOutputStream(fresh)) {
      Packed.copy(in, out);
    }
    if (!library.isIn(fresh)) {
      throw new IOException("what was written to " + fresh + " is not what the jar carries; is the disk full?");
    }
    Files.setPosixFilePermissions(fresh, RUNNABLE);
  }

  /** Whether there is a file that nobody but us could have written. */
  private static boolean isPlainFileOf(UserPrincipal us, Path file) throws IOException {
    try {
      PosixFileAttributes found = attributes(file);
      return found.isRegularFile() && found.owner().equals(us) && found.permissions().equals(RUNNABLE);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static PosixFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }
}
