package io.forebay.hadoop.objects;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A part of a listing. */
final class Page {

  private final List<Found> objects = new ArrayList<>();
  private final List<String> prefixes;
  private final String next;

  /** From what a call that lists says; see {@code NativeCall.list}. */
  Page(String[] texts, long[] numbers) {
    next = texts[0].isEmpty() ? null : texts[0];
    int count = numbers.length / 2;
    for (int at = 0; at < count; at++) {
      objects.add(new Found(texts[1 + 2 * at], numbers[2 * at], numbers[2 * at + 1], texts[2 + 2 * at], ""));
    }
    prefixes = Arrays.asList(texts).subList(1 + 2 * count, texts.length);
  }

  List<Found> objects() {
    return objects;
  }

  /** Each ends with a slash. */
  List<String> prefixes() {
    return prefixes;
  }

  /** What to ask for next; null at the end. */
  String next() {
    return next;
  }

  boolean isEmpty() {
    return objects.isEmpty() && prefixes.isEmpty();
  }
}
