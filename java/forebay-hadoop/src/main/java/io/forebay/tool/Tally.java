package io.forebay.tool;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Segments added up. */
final class Tally {

  private final Set<String> objects = new HashSet<>();
  private long segments;
  private long cached;
  private long again;
  private long disk;
  private long firstUsed = Long.MAX_VALUE;
  private long lastUsed;

  void add(Facts facts) {
    segments++;
    cached += facts.number("cached");
    again += facts.is("again") ? facts.number("cached") : 0;
    disk += facts.number("disk");
    // A key cannot hold the separator of key and version.
    objects.add(facts.object() + '\n' + facts.text("etag"));
    firstUsed = Math.min(firstUsed, facts.number("used-at"));
    lastUsed = Math.max(lastUsed, facts.number("used-at"));
  }

  long segments() {
    return segments;
  }

  /** Versions of objects of which something is there. */
  int objects() {
    return objects.size();
  }

  /** Bytes of objects. */
  long cached() {
    return cached;
  }

  /** Bytes of disk. */
  long disk() {
    return disk;
  }

  long lastUsed() {
    return lastUsed;
  }

  /** How much of what is cached was read again after the use it was fetched for. */
  long againPercent() {
    return cached == 0 ? 0 : Math.round(100.0 * again / cached);
  }

  Map<String, Object> answer() {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("segments", segments);
    answer.put("objects", objects.size());
    answer.put("cached_bytes", cached);
    answer.put("read_again_bytes", again);
    answer.put("disk_bytes", disk);
    answer.put("oldest_use", segments == 0 ? null : (Long) firstUsed);
    answer.put("latest_use", segments == 0 ? null : (Long) lastUsed);
    return answer;
  }
}
