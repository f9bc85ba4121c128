package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.forebay.tool.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/**
 * No secret is in a log, an error, a name, a file, a metric or an argument, in whatever form. What Hadoop itself says
 * before we are asked, such as an endpoint that is no URL, it says in a session with stock S3A, too.
 */
public class SecretsOnS3Test {

  private Bench bench;
  private Path folder;
  private final Canaries canaries;

  public SecretsOnS3Test() throws Exception {
    canaries = new Canaries();
  }

  @Before
  public void start() throws Exception {
    bench = new Bench("auto");
    folder = Files.createTempDirectory("forebay-secrets");
  }

  @After
  public void stop() throws Exception {
    bench.close();
  }

  @Test
  public void a_secret_is_found_in_every_form() throws Exception {
    for (String form : canaries.forms()) {
      assertTrue(form, !canaries.in(("before" + form + "after").getBytes(StandardCharsets.UTF_8)).isEmpty());
      Path file = Files.createFile(folder.resolve("plain"));
      assertEquals(Collections.emptyList(), canaries.below(folder));
      Files.write(file, form.getBytes(StandardCharsets.UTF_8));
      assertTrue(form, !canaries.below(folder).isEmpty());
      Files.delete(file);
    }
  }

  @Test
  public void no_secret_is_in_anything_that_is_said_or_kept() throws Exception {
    org.apache.hadoop.fs.Path object = Bench.newPath();
    bench.write(object, 300_000, 1);
    bench.proxy.follow((method, path, head) ->
        CountingProxy.answer("400 Bad Request", CountingProxy.error("ExpiredToken")));
    Path cache = Files.createDirectory(folder.resolve("cache"));
    Path library = Files.createDirectory(folder.resolve("library"));
    Configuration conf = Bench.conf("auto", S3AFileSystem.class, bench.server.endpoint(), "");
    conf.set("fs.s3a.access.key", S3Server.CANARY_ACCESS_KEY);
    conf.set("fs.s3a.secret.key", S3Server.CANARY_SECRET_KEY);
    conf.set("fs.forebay.cache.dirs", cache.toString());
    conf.set("fs.forebay.native.dir", library.toString());
    Path stock = written(conf);
    String theirs = run(SecretSession.class, stock.toString(), object.toString(), bench.proxy.endpoint());
    conf.set("fs.s3a.impl", ForebayS3AFileSystem.class.getName());
    Path given = written(conf);
    String said = run(SecretSession.class, given.toString(), object.toString(), bench.proxy.endpoint());
    assertTrue(said, said.contains("the session ended"));
    assertTrue("it read through the cache:\n" + said, said.contains("read 100000"));
    assertTrue("it spoke at TRACE", said.contains("io.forebay"));
    try (Stream<Path> files = Files.walk(cache)) {
      assertTrue("it cached", files.anyMatch(file -> file.toFile().length() > 300_000));
    }
    try (Stream<Path> files = Files.walk(library)) {
      assertTrue("the library was unpacked there", files.anyMatch(file -> file.toFile().length() > 300_000));
    }
    String[][] commands = {
      {"doctor", "--conf", given.toString(), "--bucket", S3Server.BUCKET},
      {"doctor", "--conf", given.toString(), "--bucket", S3Server.BUCKET, "--json"},
      {"stat", "--conf", given.toString()},
      {"stat", "--conf", given.toString(), "--json"},
      {"verify", "--conf", given.toString()},
    };
    for (String[] command : commands) {
      said += run(Main.class, command);
    }
    assertTrue(said, said.contains("the native library loads"));
    Set<String> hadoops = linesWithSecrets(theirs);
    Set<String> ours = linesWithSecrets(said);
    ours.removeAll(hadoops);
    assertEquals(Collections.emptySet(), ours);
    assertEquals(Collections.emptyList(), canaries.below(folder));
  }

  /** A file beside what is searched: users have their configuration in one, too. */
  private static Path written(Configuration conf) throws IOException {
    Path file = Files.createTempFile("forebay-secrets", ".xml");
    try (OutputStream out = Files.newOutputStream(file)) {
      conf.writeXml(out);
    }
    return file;
  }

  private Set<String> linesWithSecrets(String said) {
    return Arrays.stream(said.split("\n")).filter(line -> !canaries.in(line.getBytes(StandardCharsets.UTF_8)).isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What a class says that is run in a JVM of its own: all it logs and prints. */
  private String run(Class<?> type, String... arguments) throws Exception {
    Path log = folder.resolve("log4j.properties");
    Files.write(log, Arrays.asList("log4j.rootLogger=WARN, out", "log4j.logger.io.forebay=TRACE",
        "log4j.appender.out=org.apache.log4j.ConsoleAppender", "log4j.appender.out.target=System.out",
        "log4j.appender.out.layout=org.apache.log4j.PatternLayout",
        "log4j.appender.out.layout.ConversionPattern=%p %c: %m%n"));
    List<String> command = new ArrayList<>(Arrays.asList(System.getProperty("java.home") + "/bin/java", "-Xmx256m",
        "-Dlog4j.configuration=" + log.toUri(), "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"), "-cp",
        System.getProperty("java.class.path"), type.getName()));
    Collections.addAll(command, arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    try (InputStream out = process.getInputStream()) {
      for (int count = out.read(buffer); count >= 0; count = out.read(buffer)) {
        said.write(buffer, 0, count);
      }
    }
    process.waitFor();
    return said.toString("UTF-8");
  }
}
