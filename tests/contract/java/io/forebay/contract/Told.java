package io.forebay.contract;

import io.forebay.hadoop.ForebayMetrics;
import java.io.PrintStream;
import java.util.Map;

/**
 * What the runner is told, a line of tab-separated fields each on standard output: {@code test, suite, name, outcome}.
 * Stack traces and everything else that is printed go to standard error.
 *
 * <p>Forebay's metrics follow ({@code metric, name, value}), by which the runner knows who read. The last line is
 * {@code end}: without it the outcomes are not all there.
 */
final class Told {

  private static final PrintStream OUT = System.out;

  private Told() {}

  static void begin() {
    System.setOut(System.err);
  }

  static Class<?> suite(String name) throws ClassNotFoundException {
    return Class.forName(Told.class.getPackage().getName() + "." + name + "Contract");
  }

  static void test(String suite, String name, String outcome) {
    OUT.println("test\t" + suite + "\t" + name + "\t" + outcome);
    OUT.flush();
  }

  static void end() {
    for (Map.Entry<String, Long> metric : ForebayMetrics.snapshot().entrySet()) {
      OUT.println("metric\t" + metric.getKey() + "\t" + metric.getValue());
    }
    OUT.println("end");
    OUT.flush();
    // S3A's pools hold threads that are not daemons.
    System.exit(0);
  }
}
