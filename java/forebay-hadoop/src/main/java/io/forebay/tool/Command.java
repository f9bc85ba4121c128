package io.forebay.tool;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** One of the things the tool can do. */
interface Command {

  /** One line for the list of commands. */
  String summary();

  /** What may follow the command's name. */
  String usage();

  /** Its options, each with what it means; {@code --x VALUE} takes a value, {@code --x} doesn't. */
  Map<String, String> options();

  /** Does it: the exit code. */
  int run(Arguments arguments, Report report) throws IOException, UsageException;

  /** The options every command has. */
  static Map<String, String> common() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--dirs DIR,...", "places of the cache, as in fs.forebay.cache.dirs");
    options.put("--conf FILE", "a core-site.xml or hive-site.xml that names them (may be repeated)");
    options.put("--spark-defaults FILE", "a spark-defaults.conf that names them");
    options.put("--json", "one JSON object instead of text");
    options.put("--help", "this text");
    return options;
  }
}
