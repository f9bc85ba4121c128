package io.forebay.tool;

import io.forebay.jni.NativeCacheTool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks every cell of every segment, as a reader would. */
final class Verify implements Command {

  @Override
  public String summary() {
    return "checks every cached cell; --drop drops what is damaged";
  }

  @Override
  public String usage() {
    return "[--drop] [options]";
  }

  @Override
  public Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--drop", "drop damaged cells, and segments without a sound header (readers would, too)");
    options.putAll(Command.common());
    return options;
  }

  @Override
  public int run(Arguments arguments, Report report) throws IOException, UsageException {
    arguments.words(0);
    boolean drop = arguments.has("--drop");
    Found found = new Found();
    for (String place : Caches.of(arguments).present(report)) {
      Segments.each(place, "checking", report, (where, name) -> NativeCacheTool.verify(where, name, drop),
          (name, facts) -> found.add(place, name, facts, report));
    }
    report.say("checked %s (%s) in %s: %s", Amounts.count(found.cells, "cell"), Amounts.bytes(found.bytes),
        Amounts.count(found.segments, "segment"), found.verdict(drop));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("segments", found.segments);
    answer.put("cells", found.cells);
    answer.put("bytes", found.bytes);
    answer.put("foreign_segments", found.foreign);
    answer.put("damaged_cells", found.damagedCells);
    answer.put("damaged_segments", found.damagedSegments);
    answer.put("dropped", drop && found.isDamaged());
    answer.put("damage", found.damage);
    report.answer(answer);
    return found.isDamaged() ? Main.WRONG : Main.FINE;
  }

  /** What was found so far. */
  private static final class Found {
    private final List<Object> damage = new ArrayList<>();
    private long segments;
    private long cells;
    private long bytes;
    private long foreign;
    private long damagedCells;
    private long damagedSegments;

    void add(String place, String name, Facts facts, Report report) {
      String content = facts.text("content");
      if (content.equals("gone")) {
        return;
      }
      segments++;
      cells += facts.number("cells");
      bytes += facts.number("bytes");
      foreign += content.equals("foreign") ? 1 : 0;
      if (content.equals("broken")) {
        damagedSegments++;
        report.say("damaged: segment %s in %s has no sound header", name, place);
        add(place, name, "", -1);
      }
      for (String offset : facts.text("damaged").trim().split(" ")) {
        if (!offset.isEmpty()) {
          damagedCells++;
          report.say("damaged: %s, the cell at %s (segment %s in %s)", facts.object(), offset, name, place);
          add(place, name, facts.object(), Long.parseLong(offset));
        }
      }
    }

    private void add(String place, String name, String object, long offset) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("place", place);
      one.put("segment", name);
      if (offset >= 0) {
        one.put("object", object);
        one.put("offset", offset);
      }
      damage.add(one);
    }

    boolean isDamaged() {
      return damagedCells + damagedSegments > 0;
    }

    String verdict(boolean drop) {
      if (!isDamaged()) {
        return "all sound";
      }
      return Amounts.count(damagedCells, "damaged cell") + " and " + Amounts.count(damagedSegments, "damaged segment")
          + (drop ? ", dropped" : "; readers find a miss there, 'verify --drop' drops them now");
    }
  }
}
