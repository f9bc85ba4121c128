package io.forebay.hadoop.s3a;

import io.forebay.hadoop.LatelyUsed;
import java.util.Map;
import org.apache.hadoop.fs.Path;

/** Which names may be those of files of data, as far as names and what was seen tell. */
final class DataNames {

  private static final int MOST_DIRECTORIES = 1024;

  private final Map<Path, Boolean> directories = new LatelyUsed<>(MOST_DIRECTORIES);

  synchronized boolean mayBeData(Path path) {
    return !path.isRoot() && !isHidden(path) && !directories.containsKey(path);
  }

  /** Engines name so what is no data of a table, and what is still being written. */
  private static boolean isHidden(Path path) {
    String name = path.getName();
    return name.startsWith("_") || name.startsWith(".") || path.toString().contains("/_temporary/");
  }

  /** Hears that {@code path} is a directory. */
  synchronized void sawDirectory(Path path) {
    directories.put(path, true);
  }

  /** Hears that {@code path} or something below it changes. */
  synchronized void changed(Path path) {
    directories.remove(path);
  }
}
