package io.forebay.tool;

import io.forebay.jni.NativeCacheTool;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Removes what is cached: all, by prefix, by age. Jobs that read it find a miss and fetch it again. */
final class Purge implements Command {

  @Override
  public String summary() {
    return "removes what is cached: all, below a prefix, or not used for some time";
  }

  @Override
  public String usage() {
    return "--all | [--prefix s3://bucket/prefix] [--older-than 7d]  [options]";
  }

  @Override
  public Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--all", "everything, of any version of Forebay");
    options.put("--prefix URI", "what lies below it, such as s3://lake/warehouse/");
    options.put("--older-than AGE", "what was last used longer ago, such as 12h or 7d");
    options.put("--dry-run", "say what would go, and keep it");
    options.putAll(Command.common());
    return options;
  }

  @Override
  public int run(Arguments arguments, Report report) throws IOException, UsageException {
    arguments.words(0);
    String uri = arguments.one("--prefix");
    String age = arguments.one("--older-than");
    boolean all = arguments.has("--all");
    if (all ? uri != null || age != null : uri == null && age == null) {
      throw new UsageException("give --all, or --prefix, --older-than or both");
    }
    Prefix prefix = Prefix.of(uri);
    long before = age == null ? Long.MAX_VALUE : System.currentTimeMillis() / 1000 - Amounts.age(age);
    boolean dry = arguments.has("--dry-run");
    long[] removed = new long[2];
    for (String place : Caches.of(arguments).present(report)) {
      Segments.each(place, dry ? "looking" : "purging", report, (name, facts) -> {
        boolean meant = all || (facts.isObject() && prefix.holds(facts) && facts.number("used-at") < before);
        boolean there = !facts.text("content").equals("gone");
        if (meant && there && (dry || NativeCacheTool.remove(place, name))) {
          removed[0]++;
          removed[1] += facts.number("disk");
        }
      });
      if (!dry) {
        NativeCacheTool.settle(place);
      }
    }
    report.say("%s %s, %s of disk", dry ? "would remove" : "removed", Amounts.count(removed[0], "segment"),
        Amounts.bytes(removed[1]));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("dry_run", dry);
    answer.put("segments", removed[0]);
    answer.put("disk_bytes", removed[1]);
    report.answer(answer);
    return Main.FINE;
  }
}
