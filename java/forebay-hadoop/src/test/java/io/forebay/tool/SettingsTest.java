package io.forebay.tool;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class SettingsTest {

  @Rule
  public final TemporaryFolder folder = new TemporaryFolder();

  private String file(String... lines) throws Exception {
    Path path = folder.newFile().toPath();
    return Files.write(path, String.join("\n", lines).getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static Settings settings(String... words) throws Exception {
    return Settings.of(Arguments.of(words, Command.common()));
  }

  @Test
  public void sparksFileIsReadInEveryFormThatSparkTakes() throws Exception {
    Settings settings = settings("--spark-defaults", file("# spark.hadoop.fs.a no", "", "spark.hadoop.fs.b  two words ",
        "spark.hadoop.fs.c=3", "\tspark.hadoop.fs.d : 4", "spark.hadoop.fs.e", "fs.f 6", "spark.x=spark.y=1"));
    assertNull(settings.get("fs.a"));
    assertEquals("two words", settings.get("fs.b"));
    assertEquals("3", settings.get("fs.c"));
    assertEquals("4", settings.get("fs.d"));
    assertEquals("", settings.get("fs.e"));
    assertNull("Spark ignores it", settings.get("fs.f"));
    assertEquals("6", settings.spark().get("fs.f"));
    assertEquals("spark.y=1", settings.spark().get("spark.x"));
  }

  @Test
  public void variablesAreReplacedAsHadoopReplacesThem() throws Exception {
    Settings settings = settings("--conf", file("<configuration>",
        "<property><name>fs.forebay.cache.dirs</name><value> /mnt/${user.name}/${part} </value></property>",
        "<property><name>part</name><value>${deeper}</value><final>true</final></property>",
        "<property><name>deeper</name><value>x</value></property>",
        "<property name=\"endless\" value=\"${endless}\"/>",
        "<property><name>unknown</name><value>a${no.such.thing}b</value></property>", "</configuration>"));
    String dirs = "/mnt/" + System.getProperty("user.name") + "/x";
    assertEquals(dirs, settings.get("fs.forebay.cache.dirs"));
    assertArrayEquals(new String[] {"fs.forebay.cache.dirs", dirs}, settings.forebay());
    assertEquals("${endless}", settings.get("endless"));
    assertEquals("a${no.such.thing}b", settings.get("unknown"));
  }

  @Test
  public void aBucketsOwnValuesLieOverTheOthers() throws Exception {
    Settings settings = settings("--spark-defaults", file("spark.hadoop.fs.s3a.endpoint.region eu-west-1",
        "spark.hadoop.fs.s3a.bucket.far.endpoint.region us-east-2"), "--dirs", "/a,/b");
    assertEquals("eu-west-1", settings.forBucket("near").get("fs.s3a.endpoint.region"));
    assertEquals("us-east-2", settings.forBucket("far").get("fs.s3a.endpoint.region"));
    assertEquals("/a,/b", settings.get("fs.forebay.cache.dirs"));
  }

  @Test
  public void aBooleanIsReadAsHadoopReadsIt() throws Exception {
    Settings settings = settings("--spark-defaults", file("spark.hadoop.yes TRUE", "spark.hadoop.no False",
        "spark.hadoop.odd maybe"));
    assertTrue(settings.isTrue("yes", false));
    assertFalse(settings.isTrue("no", true));
    assertTrue(settings.isTrue("odd", true));
    assertFalse(settings.isTrue("odd", false));
    assertTrue(settings.isTrue("absent", true));
  }
}
