package io.forebay.demo.hive;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** One line of JSON on standard output, marked so that it is told from what Hive prints there. */
final class Answer {

  private static final String MARK = "forebay-hive ";

  private final Map<String, Object> fields = new LinkedHashMap<>();

  Answer put(String name, Object value) {
    fields.put(name, value);
    return this;
  }

  static void tell(Answer answer) {
    synchronized (System.out) {
      System.out.println(MARK + json(answer.fields));
      System.out.flush();
    }
  }

  /** Decimals keep their digits and are told from doubles; what JSON has no form for is its text. */
  private static String json(Object value) {
    if (value == null || value instanceof Boolean || value instanceof Integer || value instanceof Long
        || value instanceof Short || value instanceof Byte) {
      return String.valueOf(value);
    }
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      return Double.isFinite(number) ? Double.toString(number) : quoted(Double.toString(number));
    }
    if (value instanceof BigDecimal) {
      return "{\"decimal\":" + quoted(((BigDecimal) value).toPlainString()) + "}";
    }
    if (value instanceof Map) {
      return ((Map<?, ?>) value).entrySet().stream()
          .map(entry -> quoted(entry.getKey().toString()) + ":" + json(entry.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    }
    if (value instanceof Iterable) {
      return StreamSupport.stream(((Iterable<?>) value).spliterator(), false)
          .map(Answer::json).collect(Collectors.joining(",", "[", "]"));
    }
    return quoted(value.toString());
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}
