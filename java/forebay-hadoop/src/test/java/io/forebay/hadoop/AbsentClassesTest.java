package io.forebay.hadoop;

import static org.junit.Assert.assertEquals;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Each file system class works in a JVM that has its own connector's jars and no other's. */
public class AbsentClassesTest {

  private static final int LENGTH = 300_000;

  @Rule
  public final TemporaryFolder folder = new TemporaryFolder();

  @Test
  public void s3a_needs_no_hdfs() throws Exception {
    assertLoads("io.forebay.hadoop.s3a.ForebayS3AFileSystem", "hadoop-hdfs");
  }

  @Test
  public void hdfs_needs_no_s3a() throws Exception {
    assertLoads("io.forebay.hadoop.hdfs.ForebayDistributedFileSystem", "hadoop-aws", "aws-java-sdk", "bundle-");
  }

  @Test
  public void the_filter_needs_neither() throws Exception {
    assertLoads("io.forebay.hadoop.ForebayFilterFileSystem", "hadoop-hdfs", "hadoop-aws", "aws-java-sdk", "bundle-");
  }

  /** In a JVM without the jars whose names begin with {@code absent}, and which verifies every class it loads. */
  private void assertLoads(String type, String... absent) throws Exception {
    String classPath = Arrays.stream(System.getProperty("forebay.test.classpath").split(File.pathSeparator))
        .filter(entry -> Arrays.stream(absent).noneMatch(new File(entry).getName()::startsWith))
        .collect(Collectors.joining(File.pathSeparator));
    List<String> command = new ArrayList<>(Arrays.asList(System.getProperty("java.home") + "/bin/java", "-Xmx256m",
        "-Xverify:all", "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"), "-cp", classPath,
        AbsentClassesTest.class.getName(), type, folder.newFolder().getPath()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String output = lines.lines().collect(Collectors.joining("\n"));
      assertEquals(output, 0, process.waitFor());
    }
  }

  /** Makes the class named first, and reads a file in the folder named second through the filter. */
  public static void main(String[] arguments) throws Exception {
    Class.forName(arguments[0]).getDeclaredConstructor().newInstance();
    Configuration conf = new Configuration();
    CacheBench.use(conf);
    conf.set("fs.scratch.impl", ForebayFilterFileSystem.class.getName());
    conf.set("fs.forebay.delegate.scratch.impl", ScratchFileSystem.class.getName());
    conf.set(ScratchFileSystem.ROOT, arguments[1]);
    byte[] content = CacheBench.content(LENGTH, 1);
    try (FileSystem files = FileSystem.newInstance(ScratchFileSystem.TOP.toUri(), conf)) {
      Path path = new Path(ScratchFileSystem.TOP, "/file");
      try (OutputStream out = files.create(path)) {
        out.write(content);
      }
      try (FSDataInputStream in = files.open(path)) {
        if (!CacheBench.isCached(in) || !Arrays.equals(content, CacheBench.readWhole(in, LENGTH))) {
          throw new IOException("not read right through the cache: " + in);
        }
      }
    }
    System.exit(0);
  }
}
