package io.forebay.jni;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Locale;

/**
 * Where the library can run: Linux with glibc, on a machine that the jar carries it for, in a class loader that lives
 * as long as the process.
 */
final class Platform {

  /** What the jar calls this platform. */
  static final String NAME = "linux-" + machine(System.getProperty("os.arch", ""));

  /** Hive gives each session one of these; a library can be loaded by one loader only, and dies with it. */
  private static final String HIVE_SESSION_LOADER = "org.apache.hadoop.hive.ql.exec.UDFClassLoader";

  private static final String KEEP = "remove Forebay from this host's configuration, or leave it: reads go on uncached";

  private Platform() {
  }

  /** Throws where the library can't work, before anything is unpacked. */
  static void check(ClassLoader loader) throws NativeUnavailableException {
    check(System.getProperty("os.name", ""), System.getProperty("os.arch", ""), Paths.get("/proc/self/maps"), loader);
  }

  static void check(String system, String machine, Path maps, ClassLoader loader) throws NativeUnavailableException {
    if (!system.toLowerCase(Locale.ROOT).equals("linux")) {
      throw new NativeUnavailableException("the native library is built for Linux, this is " + system, KEEP);
    }
    if (!machine(machine).equals("x86_64") && !machine(machine).equals("aarch64")) {
      throw new NativeUnavailableException(
          "the native library is built for x86_64 and aarch64, this is " + machine, KEEP);
    }
    if (isMusl(maps)) {
      throw new NativeUnavailableException("the native library needs glibc, this JVM runs on musl",
          "use an image with glibc, such as Debian's or Ubuntu's");
    }
    if (loader != null && loader.getClass().getName().equals(HIVE_SESSION_LOADER)) {
      throw new NativeUnavailableException("Forebay was loaded by a Hive session's own class loader",
          "put the jar on Hive's class path (HIVE_AUX_JARS_PATH) instead of ADD JAR or hive.aux.jars.path");
    }
  }

  /** A machine as Linux calls it; JVMs have names of their own for some. */
  static String machine(String java) {
    switch (java) {
      case "amd64":
        return "x86_64";
      case "arm64":
        return "aarch64";
      default:
        return java;
    }
  }

  private static boolean isMusl(Path maps) {
    try {
      return new String(Files.readAllBytes(maps), StandardCharsets.UTF_8).contains("/ld-musl-");
    } catch (IOException e) {
      // Without /proc nothing is known; the dynamic linker has the last word.
      return false;
    }
  }
}
