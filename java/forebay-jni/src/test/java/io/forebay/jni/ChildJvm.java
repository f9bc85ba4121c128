package io.forebay.jni;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM started by a test, with the test's class path. */
final class ChildJvm implements AutoCloseable {

  /** A guard against hanging for ever, not a measure of anything. */
  private static final long GUARD_SECONDS = 300;

  private final Process process;
  private final BufferedReader output;

  ChildJvm(Class<?> main, List<String> options, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.add("-Xmx256m");
    command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
    command.addAll(options);
    command.addAll(Arrays.asList("-cp", System.getProperty("forebay.test.classpath"), main.getName()));
    command.addAll(Arrays.asList(arguments));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** The output up to the end, or up to a line that equals {@code last}. */
  List<String> linesUntil(String last) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      if (line.equals(last)) {
        break;
      }
    }
    return lines;
  }

  List<String> lines() throws IOException {
    return linesUntil(null);
  }

  boolean endsWithin(long seconds) throws InterruptedException {
    return process.waitFor(seconds, TimeUnit.SECONDS);
  }

  int exitCode() throws InterruptedException {
    if (!endsWithin(GUARD_SECONDS)) {
      throw new AssertionError("the child did not end in " + GUARD_SECONDS + " s");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
