package io.forebay.hadoop.objects;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.Path;

/** How much lies below a path, from one flat listing instead of a walk. */
public final class Summary {

  private Summary() {}

  public static ContentSummary of(Tree tree, Path given) throws IOException {
    Path path = tree.names().qualified(given);
    ObjectStatus status = tree.status(path);
    if (status.isFile()) {
      return summary(status.getLen(), 1, 0);
    }
    String prefix = tree.names().prefix(path);
    Set<String> directories = new HashSet<>();
    long bytes = 0;
    long files = 0;
    String after = null;
    do {
      Page page = tree.bucket().list(prefix, false, after, 0);
      for (Found object : page.objects()) {
        String below = object.key().substring(prefix.length());
        for (int slash = below.indexOf('/'); slash >= 0; slash = below.indexOf('/', slash + 1)) {
          directories.add(below.substring(0, slash));
        }
        if (!object.isMarker()) {
          files++;
          bytes += object.length();
        }
      }
      after = page.next();
    } while (after != null);
    return summary(bytes, files, directories.size() + 1L);
  }

  private static ContentSummary summary(long bytes, long files, long directories) {
    return new ContentSummary.Builder()
        .length(bytes).fileCount(files).directoryCount(directories).spaceConsumed(bytes).build();
  }
}
