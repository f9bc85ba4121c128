package io.forebay.contract;

import io.forebay.hadoop.ForebayMetrics;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/**
 * Runs the suites named by its arguments and tells each test's outcome as a line of tab-separated fields on standard
 * output: {@code test, suite, name, outcome}. Stack traces and everything else that is printed go to standard error.
 *
 * <p>Forebay's metrics follow ({@code metric, name, value}), by which the runner knows who read. The last line is
 * {@code end}: without it the outcomes are not all there.
 */
public final class ContractRun {

  private ContractRun() {}

  public static void main(String[] suites) throws Exception {
    PrintStream told = System.out;
    System.setOut(System.err);
    for (String suite : suites) {
      JUnitCore core = new JUnitCore();
      core.addListener(new Telling(told, suite));
      core.run(Class.forName(ContractRun.class.getPackage().getName() + "." + suite + "Contract"));
    }
    for (Map.Entry<String, Long> metric : ForebayMetrics.snapshot().entrySet()) {
      told.println("metric\t" + metric.getKey() + "\t" + metric.getValue());
    }
    told.println("end");
    told.flush();
    // S3A's pools hold threads that are not daemons.
    System.exit(0);
  }

  private static final class Telling extends RunListener {
    private final PrintStream told;
    private final String suite;
    private final Map<Description, String> outcomes = new HashMap<>();

    Telling(PrintStream told, String suite) {
      this.told = told;
      this.suite = suite;
    }

    @Override
    public void testStarted(Description test) {
      outcomes.put(test, "passed");
      System.err.println("\n--- " + suite + " " + test.getMethodName());
    }

    @Override
    public void testAssumptionFailure(Failure failure) {
      outcomes.put(failure.getDescription(), "skipped");
      System.err.println("--- skipped: " + failure.getMessage());
    }

    @Override
    public void testFailure(Failure failure) {
      System.err.println("--- FAILED " + failure.getTestHeader() + "\n" + failure.getTrace());
      if (outcomes.put(failure.getDescription(), "failed") == null) {
        tell(failure.getDescription(), outcomes.remove(failure.getDescription()));
      }
    }

    @Override
    public void testIgnored(Description test) {
      tell(test, "skipped");
    }

    @Override
    public void testFinished(Description test) {
      tell(test, outcomes.remove(test));
    }

    /** A suite that fails as a whole has no method's name. */
    private void tell(Description test, String outcome) {
      String name = test.getMethodName() == null ? "(the suite)" : test.getMethodName();
      told.println("test\t" + suite + "\t" + name + "\t" + outcome);
      told.flush();
    }
  }
}
