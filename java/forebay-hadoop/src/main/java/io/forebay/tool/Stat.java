package io.forebay.tool;

import io.forebay.jni.NativeCacheTool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is cached: by bucket and prefix, how much, how much of it was read again, when it was last used. */
final class Stat implements Command {

  /** More rows than a person reads; JSON has all. */
  private static final int ROWS = 30;

  @Override
  public String summary() {
    return "what is cached, by bucket and prefix: bytes, objects, read again, last used";
  }

  @Override
  public String usage() {
    return "[--prefix s3://bucket/prefix] [--depth N] [options]";
  }

  @Override
  public Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--prefix URI", "only what lies below it, such as s3://lake/warehouse/");
    options.put("--depth N", "folders of a key that make a row (1)");
    options.putAll(Command.common());
    return options;
  }

  @Override
  public int run(Arguments arguments, Report report) throws IOException, UsageException {
    arguments.words(0);
    Prefix prefix = Prefix.of(arguments.one("--prefix"));
    String depth = arguments.one("--depth");
    if (depth != null && !depth.matches("\\d{1,2}")) {
      throw new UsageException("--depth " + depth + " is no number of folders");
    }
    int folders = depth == null ? 1 : Integer.parseInt(depth);
    List<Object> answers = new ArrayList<>();
    for (String place : Caches.of(arguments).present(report)) {
      answers.add(cache(place, prefix, folders, report));
    }
    report.answer(Collections.singletonMap("caches", answers));
    return Main.FINE;
  }

  private static Map<String, Object> cache(String place, Prefix prefix, int folders, Report report)
      throws IOException {
    Map<String, Tally> rows = new TreeMap<>();
    Tally all = new Tally();
    long[] others = new long[1];
    Segments.each(place, "looking", report, (name, facts) -> {
      if (!facts.isObject()) {
        others[0] += facts.text("content").equals("gone") ? 0 : 1;
      } else if (prefix.holds(facts)) {
        all.add(facts);
        rows.computeIfAbsent(prefix.row(facts, folders), unused -> new Tally()).add(facts);
      }
    });
    Facts directory = new Facts(NativeCacheTool.directory(place, false));
    List<Map.Entry<String, Tally>> sorted = new ArrayList<>(rows.entrySet());
    sorted.sort((one, two) -> Long.compare(two.getValue().cached(), one.getValue().cached()));
    text(directory, all, sorted, others[0], report);
    return answer(directory, all, sorted, others[0]);
  }

  private static void text(
      Facts directory, Tally all, List<Map.Entry<String, Tally>> rows, long others, Report report) {
    report.say("%s: %s cached of %s in %s, budget %s", directory.text("path"), Amounts.bytes(all.cached()),
        Amounts.count(all.objects(), "object"), Amounts.count(all.segments(), "segment"), Budget.inWords(directory));
    if (directory.has("read")) {
      report.say("  since it was made: %s read from it, %s missed, %s written, %s evicted, %s",
          Amounts.bytes(directory.number("read")), Amounts.count(directory.number("missed"), "cell"),
          Amounts.bytes(directory.number("filled")), Amounts.bytes(directory.number("evicted")),
          Amounts.count(directory.number("errors"), "error"));
    }
    List<String[]> table = new ArrayList<>();
    table.add(new String[] {"where", "cached", "on disk", "objects", "read again", "last used"});
    for (Map.Entry<String, Tally> row : rows.subList(0, Math.min(ROWS, rows.size()))) {
      Tally tally = row.getValue();
      table.add(new String[] {row.getKey(), Amounts.bytes(tally.cached()), Amounts.bytes(tally.disk()),
          String.valueOf(tally.objects()), tally.againPercent() + " %", Amounts.time(tally.lastUsed())});
    }
    if (!rows.isEmpty()) {
      report.table(table);
    }
    if (rows.size() > ROWS) {
      report.say("  and %s; --json lists all, --prefix narrows", Amounts.count(rows.size() - ROWS, "more row"));
    }
    if (others > 0) {
      report.say("  %s without a known object: empty, of another version of Forebay, or damaged ('verify' tells)",
          Amounts.count(others, "segment"));
    }
  }

  private static Map<String, Object> sinceMade(Facts directory) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("read_bytes", directory.number("read"));
    answer.put("missed_cells", directory.number("missed"));
    answer.put("filled_bytes", directory.number("filled"));
    answer.put("evicted_bytes", directory.number("evicted"));
    answer.put("errors", directory.number("errors"));
    return answer;
  }

  private static Map<String, Object> answer(
      Facts directory, Tally all, List<Map.Entry<String, Tally>> rows, long others) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("path", directory.text("path"));
    Budget.put(answer, directory);
    answer.putAll(all.answer());
    answer.put("other_segments", others);
    if (directory.has("read")) {
      answer.put("since_made", sinceMade(directory));
    }
    List<Object> list = new ArrayList<>();
    for (Map.Entry<String, Tally> row : rows) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("where", row.getKey());
      one.putAll(row.getValue().answer());
      list.add(one);
    }
    answer.put("rows", list);
    return answer;
  }
}
