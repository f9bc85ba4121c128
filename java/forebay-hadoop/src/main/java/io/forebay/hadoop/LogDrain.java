package io.forebay.hadoop;

import io.forebay.jni.NativeEngine;
import java.io.IOException;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the native library's log lines to SLF4J, under {@code io.forebay}. Native threads never call Java, so the
 * lines wait in a ring until a Java thread passes by: at each initialize, open and close.
 */
final class LogDrain {

  static final Logger LOG = LoggerFactory.getLogger("io.forebay");

  /** Lines taken in one go: a passing thread must not be held up by a burst; the next one takes the rest. */
  private static final int AT_ONCE = 256;

  private static final int PARTS = 3;

  private LogDrain() {}

  static void drain() {
    if (!EngineStart.isRunning()) {
      return;
    }
    try {
      String[] lines = NativeEngine.drainLog(AT_ONCE);
      for (int i = 0; i + PARTS <= lines.length; i += PARTS) {
        say(lines[i], LoggerFactory.getLogger(name(lines[i + 1])), lines[i + 2]);
      }
    } catch (IOException e) {
      LOG.debug("could not fetch the native library's log lines", e);
    }
  }

  /** {@code forebay_engine.fetch} speaks as {@code io.forebay.engine.fetch}. */
  static String name(String target) {
    String name = target.replace("::", ".");
    String crate = "forebay_";
    return "io.forebay." + (name.startsWith(crate) ? name.substring(crate.length()) : name);
  }

  private static void say(String level, Logger logger, String text) {
    switch (level.toUpperCase(Locale.ROOT)) {
      case "ERROR":
        logger.error("{}", text);
        break;
      case "WARN":
        logger.warn("{}", text);
        break;
      case "INFO":
        logger.info("{}", text);
        break;
      default:
        logger.debug("{}", text);
        break;
    }
  }
}
