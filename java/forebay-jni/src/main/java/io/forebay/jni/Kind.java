package io.forebay.jni;

/**
 * What went wrong, as far as a caller may act on it; generated from the library's
 * {@code ErrorKind}, where each is explained.
 */
public enum Kind {
  NOT_FOUND(1),
  ACCESS_DENIED(2),
  CHANGED(3),
  END_OF_FILE(4),
  INTERRUPTED(5),
  TIMED_OUT(6),
  CLOSED(7),
  INVALID_ARGUMENT(8),
  UNSUPPORTED(9),
  ORIGIN(10),
  INTERNAL(11),
  ALREADY_EXISTS(12);

  private final int code;

  Kind(int code) {
    this.code = code;
  }

  /** The number that stands for this kind at the boundary. */
  public int code() {
    return code;
  }

  /** The kind of that number; {@link #INTERNAL} for one that no kind has. */
  public static Kind of(int code) {
    for (Kind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    return INTERNAL;
  }
}
