package io.forebay.tool;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes, ages and times, as people write and read them. */
final class Amounts {

  private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*([KMGT]?)(?:I?B)?", Pattern.CASE_INSENSITIVE);
  private static final Pattern AGE = Pattern.compile("(\\d+)\\s*([smhd])", Pattern.CASE_INSENSITIVE);
  private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

  private Amounts() {}

  /** A size such as {@code 200GB}; units are powers of 1024, as in {@code fs.forebay.cache.size}. */
  static long size(String text) throws UsageException {
    Matcher matcher = SIZE.matcher(text.trim());
    if (!matcher.matches()) {
      throw new UsageException("'" + text + "' is no size; give one such as 512MB or 200GB");
    }
    int unit = " KMGT".indexOf(matcher.group(2).isEmpty() ? ' ' : Character.toUpperCase(matcher.group(2).charAt(0)));
    try {
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << (10 * unit));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new UsageException("'" + text + "' is too large");
    }
  }

  /** An age such as {@code 7d}, in seconds. */
  static long age(String text) throws UsageException {
    Matcher matcher = AGE.matcher(text.trim());
    if (!matcher.matches()) {
      throw new UsageException("'" + text + "' is no age; give one such as 90m, 12h or 7d");
    }
    long seconds = new long[] {1, 60, 3600, 86400}["smhd".indexOf(matcher.group(2).toLowerCase(Locale.ROOT))];
    try {
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), seconds);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new UsageException("'" + text + "' is too long ago");
    }
  }

  /** Bytes for people, in powers of 1024. */
  static String bytes(long count) {
    double value = count;
    int unit = 0;
    while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0 ? count + " bytes" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
  }

  static String count(long count, String one) {
    return String.format(Locale.ROOT, "%,d %s%s", count, one, count == 1 ? "" : "s");
  }

  /** A time in seconds since the epoch, to the minute, where the reader is. */
  static String time(long seconds) {
    return MINUTE.format(Instant.ofEpochSecond(seconds).atZone(ZoneId.systemDefault()));
  }
}
