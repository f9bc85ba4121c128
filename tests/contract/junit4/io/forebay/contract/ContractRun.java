package io.forebay.contract;

import java.util.HashMap;
import java.util.Map;
import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/** Runs the suites named by its arguments, of a Hadoop that writes its tests with JUnit 4, and tells each outcome. */
public final class ContractRun {

  private ContractRun() {}

  public static void main(String[] suites) throws Exception {
    Told.begin();
    for (String suite : suites) {
      JUnitCore core = new JUnitCore();
      core.addListener(new Telling(suite));
      core.run(Told.suite(suite));
    }
    Told.end();
  }

  private static final class Telling extends RunListener {
    private final String suite;
    private final Map<Description, String> outcomes = new HashMap<>();

    Telling(String suite) {
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
      Told.test(suite, name, outcome);
    }
  }
}
