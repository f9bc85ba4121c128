package io.forebay.hadoop;

import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A duration as configurations write it: {@code 500ms}, {@code 60s}, {@code 5m}, {@code 1h}, {@code 7d}. */
final class Span {

  private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m|min|h|d)");

  private Span() {}

  /** In nanoseconds; null where {@code text} is no duration. */
  static Long nanos(String text) {
    Matcher span = FORM.matcher(text);
    return span.matches() ? unit(span.group(2)).toNanos(Long.parseLong(span.group(1))) : null;
  }

  private static TimeUnit unit(String unit) {
    switch (unit) {
      case "ms":
        return TimeUnit.MILLISECONDS;
      case "s":
        return TimeUnit.SECONDS;
      case "h":
        return TimeUnit.HOURS;
      case "d":
        return TimeUnit.DAYS;
      default:
        return TimeUnit.MINUTES;
    }
  }
}
