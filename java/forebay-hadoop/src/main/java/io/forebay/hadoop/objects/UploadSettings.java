package io.forebay.hadoop.objects;

/** How files are written. */
final class UploadSettings {

  private final long part;
  private final int parallel;

  UploadSettings(long part, int parallel) {
    this.part = part;
    this.parallel = parallel;
  }

  /** The largest part of a file that is sent by itself, in bytes. */
  long part() {
    return part;
  }

  /** How many parts of a file may be on their way at once. */
  int parallel() {
    return parallel;
  }
}
