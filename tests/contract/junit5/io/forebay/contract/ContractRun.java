package io.forebay.contract;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the suites named by its arguments, of a Hadoop that writes its tests with JUnit 5, and tells each outcome. */
public final class ContractRun {

  private static final String INVOCATION = "template-invocation:";

  private ContractRun() {}

  public static void main(String[] suites) throws Exception {
    Told.begin();
    Launcher launcher = LauncherFactory.create();
    for (String suite : suites) {
      LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
          .selectors(DiscoverySelectors.selectClass(Told.suite(suite)))
          .build();
      launcher.execute(request, new Telling(suite));
    }
    Told.end();
  }

  private static final class Telling implements TestExecutionListener {
    private final String suite;

    Telling(String suite) {
      this.suite = suite;
    }

    @Override
    public void executionStarted(TestIdentifier test) {
      if (test.isTest()) {
        System.err.println("\n--- " + suite + " " + name(test));
      }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      Told.test(suite, name(test), "skipped");
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      result.getThrowable().ifPresent(thrown -> thrown.printStackTrace());
      switch (result.getStatus()) {
        case SUCCESSFUL:
          if (test.isTest()) {
            Told.test(suite, name(test), "passed");
          }
          break;
        case ABORTED:
          System.err.println("--- skipped: " + name(test));
          Told.test(suite, name(test), "skipped");
          break;
        default:
          System.err.println("--- FAILED " + name(test));
          Told.test(suite, name(test), "failed");
          break;
      }
    }

    /** Its method, and which of the class's or the method's parameters it ran with. */
    private static String name(TestIdentifier test) {
      String id = test.getUniqueId();
      int method = Math.max(id.lastIndexOf("[method:"), id.lastIndexOf("[test-template:"));
      if (method < 0) {
        return "(the suite)";
      }
      StringBuilder name = new StringBuilder(id.substring(id.indexOf(':', method) + 1, id.indexOf('(', method)));
      for (int at = id.indexOf(INVOCATION); at >= 0; at = id.indexOf(INVOCATION, at + 1)) {
        name.append('[').append(id, at + INVOCATION.length(), id.indexOf(']', at)).append(']');
      }
      return name.toString();
    }
  }
}
