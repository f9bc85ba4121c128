package io.forebay.hadoop;

import io.forebay.jni.NativeEngine;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;

/**
 * Starts the process-wide engine of the native library, or finds it running: the first file system's configuration
 * decides. What the engine has to say about a configuration is logged once per process, not once per file system:
 * Hive makes one file system per Tez task.
 */
final class EngineStart {

  static final String PREFIX = "fs.forebay.";

  /** Enough for every warning a configuration can earn; beyond it nothing is remembered, only repeated. */
  private static final int REMEMBERED = 256;

  private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

  private static volatile boolean running;

  private EngineStart() {}

  /** Whether the library is loaded and the engine started, so that native calls make sense. */
  static boolean isRunning() {
    return running;
  }

  /** Starts the engine; returns the {@code fs.forebay.*} properties in the form native calls take. */
  static String[] start(Configuration conf) throws IOException {
    String[] properties = properties(conf);
    String[] notes = NativeEngine.start(properties, Runtime.getRuntime().maxMemory());
    running = true;
    for (String note : notes) {
      sayOnce(note);
    }
    LogDrain.drain();
    return properties;
  }

  /** Keys and values in turn, variables substituted. */
  static String[] properties(Configuration conf) {
    Map<String, String> given = conf.getPropsWithPrefix(PREFIX);
    String[] flat = new String[given.size() * 2];
    int at = 0;
    for (Map.Entry<String, String> property : given.entrySet()) {
      flat[at++] = PREFIX + property.getKey();
      flat[at++] = property.getValue() == null ? "" : property.getValue();
    }
    return flat;
  }

  private static void sayOnce(String note) {
    if (note.length() < 2 || (SAID.size() < REMEMBERED && !SAID.add(note))) {
      return;
    }
    String text = note.substring(2);
    if (note.charAt(0) == 'W') {
      LogDrain.LOG.warn("{}", text);
    } else {
      LogDrain.LOG.info("{}", text);
    }
  }
}
