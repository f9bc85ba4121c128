package io.forebay.hadoop.s3a;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.security.UserGroupInformation;

/** A JVM of its own on the same cache directory, which opens a file by a status and says what it got. */
public final class AnotherProcess {

  private AnotherProcess() {}

  /** What it says; it calls itself {@code ann}, like whoever filled the cache might. */
  static String opens(Bench bench, S3AFileStatus status, Configuration like, String... keysAndValues)
      throws Exception {
    List<String> command = new ArrayList<>(Arrays.asList(System.getProperty("java.home") + "/bin/java", "-Xmx256m",
        "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"), "-cp", System.getProperty("java.class.path"),
        AnotherProcess.class.getName(), bench.proxy.endpoint(), status.getPath().toString(), status.getEtag(),
        String.valueOf(status.getLen()), String.valueOf(status.getModificationTime()),
        "fs.forebay.origin", like.get("fs.forebay.origin"), "fs.forebay.cache.dirs", Bench.cacheFolder()));
    Collections.addAll(command, keysAndValues);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HADOOP_USER_NAME", "ann");
    Process process = builder.start();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      List<String> output = lines.lines().collect(Collectors.toList());
      if (process.waitFor() != 0) {
        throw new AssertionError(String.join("\n", output));
      }
      return output.get(output.size() - 1);
    }
  }

  public static void main(String[] arguments) throws Exception {
    Configuration conf = Bench.conf("auto", ForebayS3AFileSystem.class, arguments[0], S3Server.SECRET_KEY);
    for (int i = 5; i < arguments.length; i += 2) {
      conf.set(arguments[i], arguments[i + 1]);
    }
    Path path = new Path(arguments[1]);
    long length = Long.parseLong(arguments[3]);
    S3AFileStatus status = new S3AFileStatus(length, Long.parseLong(arguments[4]), path, 1, "ann", arguments[2], null);
    if (!UserGroupInformation.getCurrentUser().getUserName().equals("ann")) {
      throw new IOException("not who it should be");
    }
    int read = 0;
    String end = "read ";
    try (FileSystem files = FileSystem.newInstance(URI.create("s3a://" + S3Server.BUCKET), conf);
        FSDataInputStream in = files.openFile(path).withFileStatus(status).build().get()) {
      byte[] into = new byte[10_000];
      for (int count = in.read(into); count > 0; count = in.read(into)) {
        read += count;
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof AccessDeniedException)) {
        throw e;
      }
      end = "denied, ";
    }
    System.out.println(end + read + " bytes");
    System.exit(0);
  }
}
