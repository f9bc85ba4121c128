package io.forebay.tool;

import java.io.PrintStream;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Locale;

/**
 * Where a command says what it found: text line by line, or one JSON object at its end. Progress goes to standard
 * error, and only to a person.
 */
final class Report {

  private static final int BAR = 30;
  private static final long REDRAW_NANOS = 100_000_000;

  private final PrintStream out;
  private final PrintStream err;
  private final boolean json;
  private final boolean person;
  private long drawnAt;
  private boolean drawn;

  Report(Arguments arguments, PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
    this.json = arguments.has("--json");
    this.person = !json && isTerminal();
  }

  /** A line of text; nothing where JSON is wanted. */
  void say(String format, Object... values) {
    erase();
    if (!json) {
      out.println(values.length == 0 ? format : String.format(Locale.ROOT, format, values));
    }
  }

  /** Something that hinders and that a person should know, also beside JSON. */
  void warn(String text) {
    erase();
    err.println(text);
  }

  /** The whole answer, where JSON is wanted. */
  void answer(Object answer) {
    if (json) {
      out.println(Json.of(answer));
    }
  }

  /** Rows in columns, the first flush left. */
  void table(List<String[]> rows) {
    int[] widths = new int[rows.isEmpty() ? 0 : rows.get(0).length];
    for (String[] row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append("  ").append(String.format(i == 0 ? "%-" + widths[i] + "s" : "%" + widths[i] + "s", row[i]));
      }
      say("%s", line.toString());
    }
  }

  /** Shows how far a long work is. */
  void progress(String doing, long done, long all) {
    long now = System.nanoTime();
    if (!person || (drawn && done < all && now - drawnAt < REDRAW_NANOS)) {
      return;
    }
    int filled = all == 0 ? BAR : (int) (BAR * done / all);
    StringBuilder bar = new StringBuilder();
    for (int i = 0; i < BAR; i++) {
      bar.append(i < filled ? '#' : '.');
    }
    err.printf(Locale.ROOT, "\r%s [%s] %,d of %,d", doing, bar, done, all);
    err.flush();
    drawnAt = now;
    drawn = true;
  }

  private void erase() {
    if (drawn) {
      err.print("\r\033[K");
      err.flush();
      drawn = false;
    }
  }

  /** Since Java 22 there is a console also where there is no terminal; it has a method to tell. */
  private static boolean isTerminal() {
    if (System.console() == null) {
      return false;
    }
    try {
      Method method = System.console().getClass().getMethod("isTerminal");
      return (boolean) method.invoke(System.console());
    } catch (ReflectiveOperationException | RuntimeException e) {
      return true;
    }
  }
}
