package io.forebay.tool;

import java.util.LinkedHashMap;
import java.util.Map;

/** What the library found, by name. */
final class Facts {

  private final Map<String, String> facts = new LinkedHashMap<>();

  Facts(String[] namesAndValues) {
    for (int i = 0; i + 1 < namesAndValues.length; i += 2) {
      facts.put(namesAndValues[i], namesAndValues[i + 1]);
    }
  }

  boolean has(String name) {
    return facts.containsKey(name);
  }

  String text(String name) {
    return facts.getOrDefault(name, "");
  }

  long number(String name) {
    return has(name) ? Long.parseLong(facts.get(name)) : 0;
  }

  boolean is(String name) {
    return Boolean.parseBoolean(text(name));
  }

  /** Of a segment: whether it holds a part of an object. */
  boolean isObject() {
    return text("content").equals("object");
  }

  /** Of a segment that does: as in {@code s3://bucket/key}. */
  String object() {
    return text("store") + "://" + text("bucket") + "/" + text("key");
  }
}
