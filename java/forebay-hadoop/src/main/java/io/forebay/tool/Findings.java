package io.forebay.tool;

import java.util.ArrayList;
import java.util.List;

/** What the doctor found, good and bad, in the order it was found. */
final class Findings {

  private final Report report;
  private final List<String> problems = new ArrayList<>();

  Findings(Report report) {
    this.report = report;
  }

  void good(String text) {
    report.say("  ok       %s", text);
  }

  void note(String text) {
    report.say("  note     %s", text);
  }

  void problem(String text, String whatToDo) {
    String whole = whatToDo.isEmpty() ? text : text + "; " + whatToDo;
    problems.add(whole);
    report.say("  problem  %s", whole);
  }

  List<String> problems() {
    return problems;
  }
}
