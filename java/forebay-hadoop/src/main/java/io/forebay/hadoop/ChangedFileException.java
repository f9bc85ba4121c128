package io.forebay.hadoop;

import org.apache.hadoop.fs.PathIOException;

/**
 * The file was written again while a stream read it. Where hadoop-aws is present its own
 * {@code RemoteFileChangedException} is thrown instead.
 */
public final class ChangedFileException extends PathIOException {

  private static final long serialVersionUID = 1L;

  public ChangedFileException(String path, String message) {
    super(path, message);
  }

  public ChangedFileException(String path, String message, Throwable cause) {
    super(path, message, cause);
  }
}
