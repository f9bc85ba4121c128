package io.forebay.jni;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * Brings the library out of the jar and into this class loader, once.
 *
 * <p>A directory is tried after the other until one holds a checked copy that the dynamic linker takes: those that
 * were configured, {@code java.io.tmpdir}, the user's cache directory. The outcome, good or bad, is remembered.
 */
public final class NativeLibrary {

  /** System property that names directories to unpack to, separated by commas; the first that does is used. */
  public static final String DIRECTORY_PROPERTY = "io.forebay.native.dir";

  /**
   * Class loaders of one JVM that may load the library: each has an engine of its own with its threads and memory, and
   * an engine's library stays mapped when its loader is gone.
   */
  static final int MOST_COPIES = 8;

  private static boolean loaded;
  private static NativeUnavailableException refused;

  private NativeLibrary() {
  }

  /** Loads the library; later calls repeat the first one's outcome. */
  public static void load() throws NativeUnavailableException {
    load(null);
  }

  /** The same, with directories to try before those of {@link #DIRECTORY_PROPERTY}; {@code null} for none. */
  public static synchronized void load(String directories) throws NativeUnavailableException {
    if (refused != null) {
      throw refused;
    }
    if (!loaded) {
      try {
        Platform.check(NativeLibrary.class.getClassLoader());
        loadFromAny(candidates(directories));
        loaded = true;
      } catch (NativeUnavailableException e) {
        refused = e;
        throw e;
      }
    }
  }

  /** Whether the library is, or can be, loaded. */
  public static boolean isAvailable() {
    try {
      load();
      return true;
    } catch (NativeUnavailableException e) {
      return false;
    }
  }

  /** The version of Forebay, such as {@code 0.1.0}. */
  public static String version() {
    Properties properties = new Properties();
    try (InputStream in = NativeLibrary.class.getResourceAsStream("forebay.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      // A jar that can't be read any more has no version.
      return "unknown";
    }
    return properties.getProperty("version", "unknown");
  }

  static List<Path> candidates(String directories) {
    List<Path> places = new ArrayList<>();
    for (String configured : new String[] {directories, System.getProperty(DIRECTORY_PROPERTY)}) {
      for (String place : configured == null ? new String[0] : configured.split(",")) {
        if (!place.trim().isEmpty()) {
          places.add(Paths.get(place.trim()));
        }
      }
    }
    places.add(Paths.get(System.getProperty("java.io.tmpdir", "/tmp")));
    String cache = System.getenv("XDG_CACHE_HOME");
    if (cache != null && cache.startsWith("/")) {
      places.add(Paths.get(cache));
    } else {
      String home = System.getProperty("user.home", "");
      if (home.startsWith("/")) {
        places.add(Paths.get(home, ".cache"));
      }
    }
    return places;
  }

  private static void loadFromAny(List<Path> places) throws NativeUnavailableException {
    Packed library = Packed.inJar();
    int copy = claimCopy(library);
    List<String> reasons = new ArrayList<>();
    for (Path place : places) {
      try {
        Path file = new Unpacking(place).unpack(library, copy);
        System.load(file.toString());
        return;
      } catch (IOException | RuntimeException | UnsatisfiedLinkError e) {
        // Our own say it in words; of the others the class says half.
        boolean inWords = e.getClass() == IOException.class;
        reasons.add(place + ": " + (inWords ? e.getMessage() : e.getClass().getSimpleName() + " " + e.getMessage()));
      }
    }
    throw new NativeUnavailableException("the native library could not be loaded: " + String.join("; ", reasons),
        "set fs.forebay.native.dir to a directory of this user on a file system that allows execution");
  }

  /** One path can be loaded by one class loader: counts the copies of this JVM where all its loaders can see it. */
  private static int claimCopy(Packed library) throws NativeUnavailableException {
    for (int copy = 0; copy < MOST_COPIES; copy++) {
      String claim = "io.forebay.native.copy." + library.sha256() + "." + copy;
      if (System.getProperties().putIfAbsent(claim, NativeLibrary.class.getName()) == null) {
        return copy;
      }
    }
    throw new NativeUnavailableException(
        MOST_COPIES + " class loaders of this JVM have loaded Forebay, each with an engine of its own",
        "put the jar on the application's class path once");
  }
}
