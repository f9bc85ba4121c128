package io.forebay.tool;

import io.forebay.jni.NativeCacheTool;
import io.forebay.jni.NativeException;
import io.forebay.jni.NativeLibrary;
import io.forebay.jni.NativeUnavailableException;
import io.forebay.jni.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Says what works on this host and what doesn't: the library, the cache's directories, a configuration. */
final class Doctor implements Command {

  /** A disk that takes longer for 1 MiB is no gain over a store. */
  private static final long SLOW_MICROS = 200_000;

  @Override
  public String summary() {
    return "says what works here: the library, the directories, and what a configuration would use";
  }

  @Override
  public String usage() {
    return "[--conf core-site.xml] [--spark-defaults spark-defaults.conf] [--bucket NAME] [options]";
  }

  @Override
  public Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--bucket NAME", "say how this bucket would be read (may be repeated)");
    options.putAll(Command.common());
    return options;
  }

  @Override
  public int run(Arguments arguments, Report report) throws IOException, UsageException {
    arguments.words(0);
    Settings settings = Settings.of(arguments);
    Findings findings = new Findings(report);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("forebay", NativeLibrary.version());
    answer.put("java", System.getProperty("java.version"));
    answer.put("platform", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
        + System.getProperty("os.arch"));
    report.say("forebay %s, Java %s, %s", answer.get("forebay"), answer.get("java"), answer.get("platform"));
    boolean loaded = library(settings, answer, findings);
    answer.put("caches", loaded ? caches(settings, findings, report) : new ArrayList<>());
    boolean given = arguments.has("--conf") || arguments.has("--spark-defaults");
    if (given) {
      answer.put("configuration", new Diagnosis(settings, findings, report).of(arguments.all("--bucket"), loaded));
    } else if (arguments.has("--bucket")) {
      throw new UsageException("--bucket needs a configuration: give --conf or --spark-defaults");
    }
    answer.put("problems", findings.problems());
    report.answer(answer);
    report.say(findings.problems().isEmpty() ? "no problem found"
        : Amounts.count(findings.problems().size(), "problem") + " found");
    return findings.problems().isEmpty() ? Main.FINE : Main.WRONG;
  }

  private static boolean library(Settings settings, Map<String, Object> answer, Findings findings) {
    try {
      NativeLibrary.load(settings.get("fs.forebay.native.dir"));
      answer.put("library", "loaded");
      findings.good("the native library loads");
      return true;
    } catch (NativeUnavailableException e) {
      answer.put("library", e.getMessage());
      findings.problem(e.reason(), e.whatToDo());
      return false;
    }
  }

  private static List<Object> caches(Settings settings, Findings findings, Report report) {
    List<Object> answers = new ArrayList<>();
    List<String> places;
    try {
      places = Caches.of(settings).places();
    } catch (NativeException e) {
      findings.problem(e.getMessage(), "mend the configuration");
      return answers;
    }
    if (places.isEmpty()) {
      findings.problem("no cache directory is configured, and there is no default here: only memory would be used",
          "set fs.forebay.cache.dirs, in a container also fs.forebay.cache.size");
    }
    for (String place : places) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("place", place);
      try {
        Facts facts = new Facts(NativeCacheTool.directory(place, true));
        answer.put("path", facts.text("path"));
        answer.put("disk_total_bytes", facts.number("disk-total"));
        answer.put("disk_free_bytes", facts.number("disk-free"));
        Budget.put(answer, facts);
        answer.put("write_micros", facts.number("probe-write-us"));
        answer.put("read_micros", facts.number("probe-read-us"));
        cache(facts, findings);
      } catch (NativeException e) {
        if (Kind.of(e.kind()) == Kind.NOT_FOUND) {
          answer.put("path", e.path());
          findings.note(e.getMessage() + Caches.others(place));
        } else {
          answer.put("refused", e.getMessage());
          findings.problem(e.getMessage(), "");
        }
      }
      answers.add(answer);
    }
    return answers;
  }

  private static void cache(Facts facts, Findings findings) {
    String path = facts.text("path");
    findings.good(path + ": budget " + Budget.inWords(facts) + "; disk " + Amounts.bytes(facts.number("disk-free"))
        + " free of " + Amounts.bytes(facts.number("disk-total")) + "; 1 MiB written in "
        + facts.number("probe-write-us") / 1000 + " ms");
    if (facts.has("budget") && facts.number("budget") < 64 << 20) {
      findings.problem(path + ": a budget of " + Amounts.bytes(facts.number("budget")) + " holds next to nothing",
          "change it with 'budget SIZE', or free the disk");
    }
    if (facts.number("probe-write-us") > SLOW_MICROS) {
      findings.problem(path + ": the disk took " + facts.number("probe-write-us") / 1000 + " ms for 1 MiB",
          "a local SSD takes a few; put the cache there");
    }
  }
}
