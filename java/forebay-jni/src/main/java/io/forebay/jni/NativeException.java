package io.forebay.jni;

import java.io.IOException;

/**
 * A failure of the native library. Callers decide by {@link #kind()} alone; the message is for people.
 */
public final class NativeException extends IOException {

  private static final long serialVersionUID = 1L;

  private final int kind;
  private final String operation;
  private final String path;

  /** Called by the library, with one of {@link Kind}'s codes. */
  public NativeException(int kind, String operation, String path, String message) {
    super(path.isEmpty() ? operation + ": " + message : operation + " " + path + ": " + message);
    this.kind = kind;
    this.operation = operation;
    this.path = path;
  }

  /** The code of a {@link Kind}. */
  public int kind() {
    return kind;
  }

  /** What was being done, such as {@code read}. */
  public String operation() {
    return operation;
  }

  /** What it was done to; empty where there was nothing yet. */
  public String path() {
    return path;
  }
}
