package io.forebay.tool;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What follows a command's name: options, as {@code --name value} or {@code --name=value}, and other words. */
final class Arguments {

  private final Map<String, List<String>> options = new HashMap<>();
  private final List<String> words = new ArrayList<>();

  private Arguments() {}

  static Arguments of(String[] given, Map<String, String> known) throws UsageException {
    Map<String, Boolean> takesValue = new HashMap<>();
    known.keySet().forEach(option -> takesValue.put(option.split(" ")[0], option.contains(" ")));
    Arguments arguments = new Arguments();
    for (int at = 0; at < given.length; at++) {
      String word = given[at];
      if (!word.startsWith("-")) {
        arguments.words.add(word);
        continue;
      }
      int equals = word.indexOf('=');
      String name = word.equals("-h") ? "--help" : equals < 0 ? word : word.substring(0, equals);
      Boolean value = takesValue.get(name);
      if (value == null) {
        throw new UsageException("there is no option " + name);
      }
      String text = "";
      if (value && equals >= 0) {
        text = word.substring(equals + 1);
      } else if (value) {
        if (++at == given.length) {
          throw new UsageException(name + " needs a value");
        }
        text = given[at];
      } else if (equals >= 0) {
        throw new UsageException(name + " takes no value");
      }
      if (value && text.trim().isEmpty()) {
        throw new UsageException(name + " needs a value");
      }
      arguments.options.computeIfAbsent(name, unused -> new ArrayList<>()).add(text.trim());
    }
    return arguments;
  }

  boolean has(String option) {
    return options.containsKey(option);
  }

  List<String> all(String option) {
    return options.getOrDefault(option, Collections.emptyList());
  }

  /** The value of an option that may be given once, or null. */
  String one(String option) throws UsageException {
    List<String> values = all(option);
    if (values.size() > 1) {
      throw new UsageException(option + " may be given once");
    }
    return values.isEmpty() ? null : values.get(0);
  }

  /** The words that are no options, of which there may be {@code most}. */
  List<String> words(int most) throws UsageException {
    if (words.size() > most) {
      throw new UsageException("'" + words.get(most) + "' is one word too many");
    }
    return words;
  }
}
