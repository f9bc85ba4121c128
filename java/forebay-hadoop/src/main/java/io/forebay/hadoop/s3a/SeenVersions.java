package io.forebay.hadoop.s3a;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;

/**
 * Statuses that the store gave to this file system instance, by path, for openers that pass a plain copy of one:
 * engines rebuild statuses and lose the ETag. One instance's answers are never lent to another, whose user may not
 * be allowed to read the file.
 */
final class SeenVersions {

  /** A large table's files in one task or driver; a status is about 300 bytes. */
  private static final int MOST = 2048;

  private final Map<Path, S3AFileStatus> statuses =
      new LinkedHashMap<Path, S3AFileStatus>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, S3AFileStatus> eldest) {
          return size() > MOST;
        }
      };

  synchronized void add(S3AFileStatus status) {
    statuses.remove(status.getPath());
    statuses.put(status.getPath(), status);
  }

  /** What the store said of {@code path} when it gave the status that {@code copy} repeats, or null. */
  synchronized S3AFileStatus like(Path path, FileStatus copy) {
    S3AFileStatus found = statuses.get(path);
    boolean same =
        found != null
            && found.getLen() == copy.getLen()
            && found.getModificationTime() == copy.getModificationTime();
    return same ? found : null;
  }

  synchronized void forget(Path path) {
    statuses.keySet().removeIf(known -> isWithin(path, known));
  }

  private static boolean isWithin(Path path, Path known) {
    for (Path at = known; at != null; at = at.getParent()) {
      if (at.equals(path)) {
        return true;
      }
    }
    return false;
  }
}
