package io.forebay.jni;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;
import java.util.TreeMap;

/**
 * Names every descriptor that was opened since the library was loaded and that an exec would pass on.
 *
 * <p>The flag in /proc is what is asked, since Java's own way of starting processes closes everything.
 */
public final class ListsDescriptors {

  private static final int CLOSE_ON_EXEC = 02000000;

  private ListsDescriptors() {
  }

  public static void main(String[] args) throws Exception {
    Path cache = Paths.get(args[0]).toRealPath();
    // What Java opens for itself would be inherited: a server's socket, what its random numbers come from.
    Files.createTempFile("warm", "up");
    ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Map<String, String> before = open();
    LeavesStreamsOpen.open(cache, silent);
    String key = "filled";
    long file = Lake.open(Lake.openStore(), key, 1 << 20);
    Lake.read(file, key, 0, new byte[1 << 20], 0, 1 << 20);
    for (Map.Entry<String, String> each : open().entrySet()) {
      boolean ours = each.getValue().startsWith(cache.toString()) || each.getValue().startsWith("anon_inode");
      if (ours) {
        System.out.println("ours is open");
      }
      if (!before.containsKey(each.getKey()) && !closesOnExec(each.getKey())) {
        System.out.println("inherited " + each.getValue());
      }
    }
  }

  private static Map<String, String> open() throws IOException {
    Map<String, String> open = new TreeMap<>();
    for (String number : new File("/proc/self/fd").list()) {
      Path link = Paths.get("/proc/self/fd", number);
      // The descriptor that lists the directory is gone by now.
      if (Files.isSymbolicLink(link)) {
        open.put(number, Files.readSymbolicLink(link).toString());
      }
    }
    return open;
  }

  private static boolean closesOnExec(String number) throws IOException {
    String text;
    try {
      text = new String(Files.readAllBytes(Paths.get("/proc/self/fdinfo", number)), StandardCharsets.US_ASCII);
    } catch (NoSuchFileException e) {
      // Closed by another thread meanwhile.
      return true;
    }
    for (String line : text.split("\n")) {
      if (line.startsWith("flags:")) {
        return (Integer.parseInt(line.substring(6).trim(), 8) & CLOSE_ON_EXEC) != 0;
      }
    }
    throw new IOException("no flags of descriptor " + number);
  }
}
