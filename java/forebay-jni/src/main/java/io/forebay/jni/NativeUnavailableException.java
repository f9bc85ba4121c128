package io.forebay.jni;

import java.io.IOException;

/** The native library can't be used in this process; the wrapped file system can. */
public final class NativeUnavailableException extends IOException {

  private static final long serialVersionUID = 1L;

  private final String reason;
  private final String whatToDo;

  NativeUnavailableException(String reason, String whatToDo) {
    super(reason + "; " + whatToDo);
    this.reason = reason;
    this.whatToDo = whatToDo;
  }

  /** Why, in words. */
  public String reason() {
    return reason;
  }

  /** What a user can do about it. */
  public String whatToDo() {
    return whatToDo;
  }
}
