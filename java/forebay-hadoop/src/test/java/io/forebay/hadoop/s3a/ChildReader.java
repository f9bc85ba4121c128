package io.forebay.hadoop.s3a;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A JVM of its own that reads one object through the overlay's class, where a test needs what a JVM has one of: an
 * engine, a trust store, a library. Its log comes to its output, a line as {@code WARN io.forebay: text}.
 */
public final class ChildReader {

  private static final int LENGTH = 300_000;
  private static final int SEED = 21;

  private final String output;
  private final int code;

  private ChildReader(String output, int code) {
    this.output = output;
    this.code = code;
  }

  /** Reads a new object twice; throws unless the bytes are right both times. */
  static ChildReader read(Bench bench, String endpoint, List<String> options, String... keysAndValues)
      throws Exception {
    Path path = Bench.newPath();
    bench.write(path, LENGTH, SEED);
    java.nio.file.Path log = Files.createTempFile("log4j", ".properties");
    Files.write(log, Arrays.asList("log4j.rootLogger=ERROR, out", "log4j.logger.io.forebay=INFO",
        "log4j.appender.out=org.apache.log4j.ConsoleAppender", "log4j.appender.out.target=System.out",
        "log4j.appender.out.layout=org.apache.log4j.PatternLayout",
        "log4j.appender.out.layout.ConversionPattern=%p %c: %m%n"));
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.add("-Xmx256m");
    command.add("-Dlog4j.configuration=" + log.toUri());
    command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
    command.addAll(options);
    command.addAll(Arrays.asList("-cp", System.getProperty("java.class.path"), ChildReader.class.getName(),
        path.toString(), endpoint));
    Collections.addAll(command, keysAndValues);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        String output = lines.lines().collect(Collectors.joining("\n"));
        return new ChildReader(output, process.waitFor());
      }
    } finally {
      Files.delete(log);
    }
  }

  /** The JVM ended well, having read through the cache or not. */
  ChildReader assertRead(boolean throughTheCache) {
    if (code != 0 || !output.contains("read right, through the cache: " + throughTheCache)) {
      throw new AssertionError("it ended with " + code + ":\n" + output);
    }
    return this;
  }

  /** The log holds {@code line} exactly so often, as a whole line. */
  ChildReader assertSaid(int times, String line) {
    long found = Arrays.stream(output.split("\n")).filter(line::equals).count();
    if (found != times) {
      throw new AssertionError("said " + found + " times, not " + times + ": " + line + "\n" + output);
    }
    return this;
  }

  public static void main(String[] arguments) throws Exception {
    Path path = new Path(arguments[0]);
    byte[] expected = new byte[LENGTH];
    new Random(SEED).nextBytes(expected);
    Configuration conf = Bench.conf("auto", ForebayS3AFileSystem.class, arguments[1], S3Server.SECRET_KEY);
    for (int i = 2; i < arguments.length; i += 2) {
      conf.set(arguments[i], arguments[i + 1]);
    }
    boolean cached = false;
    for (int round = 0; round < 2; round++) {
      try (FileSystem files = FileSystem.newInstance(URI.create("s3a://" + S3Server.BUCKET), conf);
          FSDataInputStream in = files.open(path)) {
        cached = Bench.isCached(in);
        if (cached != files.hasPathCapability(path, ForebayS3AFileSystem.CAPABILITY)) {
          throw new IOException("what it says it is it isn't");
        }
        if (!Arrays.equals(expected, Bench.readWhole(in, LENGTH))) {
          throw new IOException("wrong bytes");
        }
      }
    }
    System.out.println("read right, through the cache: " + cached);
    System.exit(0);
  }
}
