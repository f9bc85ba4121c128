package io.forebay.hadoop.s3a;

import java.io.IOException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;

/** Asks what a file is, for tasks that are about to read it. */
interface Looks {

  /** Whether a file is asked for so also when its turn has come; otherwise S3A asks then, on the calling thread. */
  boolean leads();

  /** Whether {@code path} is to be asked for so. */
  boolean suits(Path path);

  /**
   * Sends a request about {@code path}, which is answered while the caller goes on.
   *
   * @param known what the store said of it before, or null
   * @param expected its length as far as somebody has told, or -1
   * @param goesOn whether the task is done with another file of the directory
   * @return null where nothing is sent
   */
  Look begin(Path path, S3AFileStatus known, long expected, boolean goesOn);

  /** Hears that {@code path} is a directory. */
  void sawDirectory(Path path);

  /** Hears that {@code path} or something below it changes. */
  void changed(Path path);

  /** One question under way. */
  interface Look {

    /** Waits for the answer; null where S3A has to be asked. */
    S3AFileStatus await() throws IOException;

    /** Gives the question up; what it brings is kept. */
    void forget();
  }
}
