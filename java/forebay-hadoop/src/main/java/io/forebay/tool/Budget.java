package io.forebay.tool;

import io.forebay.jni.NativeCacheTool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The budget of the cache's directories: shown, or changed while jobs run. */
final class Budget implements Command {

  @Override
  public String summary() {
    return "shows the disk budget, or changes it: running jobs heed it at once";
  }

  @Override
  public String usage() {
    return "[SIZE] [options]      SIZE such as 200GB, for all places together, as fs.forebay.cache.size";
  }

  @Override
  public Map<String, String> options() {
    return Command.common();
  }

  @Override
  public int run(Arguments arguments, Report report) throws IOException, UsageException {
    List<String> words = arguments.words(1);
    long size = words.isEmpty() ? -1 : Amounts.size(words.get(0));
    Caches caches = Caches.of(arguments);
    List<String> present = caches.present(report);
    if (size >= 0 && present.size() < caches.places().size()) {
      throw new IOException("not all places hold a cache, so the budget would be divided wrongly; give --dirs");
    }
    List<Object> answers = new ArrayList<>();
    for (String place : present) {
      Map<String, Object> answer = new LinkedHashMap<>();
      Facts facts;
      if (size >= 0) {
        facts = new Facts(NativeCacheTool.setBudget(place, size / present.size()));
      } else {
        facts = new Facts(NativeCacheTool.directory(place, false));
      }
      answer.put("place", place);
      put(answer, facts);
      if (size >= 0) {
        answer.put("before_bytes", facts.number("before"));
        answer.put("freed_bytes", facts.number("freed"));
        report.say("%s: budget %s; it was %s, %s were freed", place, inWords(facts),
            Amounts.bytes(facts.number("before")), Amounts.bytes(facts.number("freed")));
      } else {
        report.say("%s: budget %s", place, inWords(facts));
      }
      answers.add(answer);
    }
    report.answer(Collections.singletonMap("caches", answers));
    return Main.FINE;
  }

  /** What is known of a directory's budget, in words. */
  static String inWords(Facts facts) {
    if (!facts.has("budget")) {
      return "not made yet";
    }
    return Amounts.bytes(facts.number("budget")) + ", at most " + Amounts.bytes(facts.number("used")) + " used, "
        + Amounts.count(facts.number("living"), "writer");
  }

  /** The same for JSON. */
  static void put(Map<String, Object> answer, Facts facts) {
    if (facts.has("budget")) {
      answer.put("budget_bytes", facts.number("budget"));
      answer.put("used_at_most_bytes", facts.number("used"));
      answer.put("writing_processes", facts.number("living"));
    }
  }
}
