package io.forebay.tool;

import io.forebay.hadoop.Given;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** A configuration read from the files that Hadoop, Hive and Spark read it from; a later file wins. */
final class Settings implements Given {

  private static final String SPARK_HADOOP = "spark.hadoop.";
  private static final Pattern SPARK_LINE = Pattern.compile("\\s*([^\\s=:]+)(?:\\s*[=:]\\s*|\\s+|$)(.*)");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^\\}$\\s]+)\\}");

  /** As often as Hadoop replaces variables within one value. */
  private static final int MOST_REPLACED = 20;

  private final Map<String, String> values = new TreeMap<>();
  private final Map<String, String> spark = new LinkedHashMap<>();

  /** What the options {@code --conf}, {@code --spark-defaults} and {@code --dirs} say together. */
  static Settings of(Arguments arguments) throws IOException, UsageException {
    Settings settings = new Settings();
    for (String file : arguments.all("--conf")) {
      settings.readXml(Paths.get(file));
    }
    String defaults = arguments.one("--spark-defaults");
    if (defaults != null) {
      settings.readSpark(Paths.get(defaults));
    }
    String dirs = arguments.one("--dirs");
    if (dirs != null) {
      settings.values.put("fs.forebay.cache.dirs", dirs);
    }
    return settings;
  }

  private void readXml(Path file) throws IOException, UsageException {
    try (InputStream in = Files.newInputStream(file)) {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      // A configuration has no business with document types, and those can read other files.
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      Element root = factory.newDocumentBuilder().parse(in).getDocumentElement();
      NodeList properties = root.getElementsByTagName("property");
      for (int i = 0; i < properties.getLength(); i++) {
        Element property = (Element) properties.item(i);
        String name = child(property, "name");
        String value = child(property, "value");
        if (name != null && value != null) {
          values.put(name.trim(), value);
        }
      }
    } catch (NoSuchFileException e) {
      throw new UsageException("there is no file " + file);
    } catch (SAXException | ParserConfigurationException e) {
      throw new UsageException(file + " is not a Hadoop configuration (" + e.getMessage() + ")");
    }
  }

  private static String child(Element property, String name) {
    NodeList found = property.getElementsByTagName(name);
    return found.getLength() == 0 ? property.hasAttribute(name) ? property.getAttribute(name) : null
        : found.item(0).getTextContent();
  }

  private void readSpark(Path file) throws IOException, UsageException {
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher matcher = SPARK_LINE.matcher(line);
        if (line.trim().startsWith("#") || !matcher.matches()) {
          continue;
        }
        String name = matcher.group(1);
        String value = matcher.group(2).trim();
        spark.put(name, value);
        if (name.startsWith(SPARK_HADOOP)) {
          values.put(name.substring(SPARK_HADOOP.length()), value);
        }
      }
    } catch (NoSuchFileException e) {
      throw new UsageException("there is no file " + file);
    }
  }

  /** The properties of Spark's file as they stand there. */
  Map<String, String> spark() {
    return spark;
  }

  /** The same configuration as S3A sees it for one bucket: that bucket's own values laid over the others. */
  Settings forBucket(String bucket) {
    Settings folded = new Settings();
    folded.values.putAll(values);
    withPrefix("fs.s3a.bucket." + bucket + ".").forEach((name, value) -> folded.values.put("fs.s3a." + name, value));
    return folded;
  }

  /** The {@code fs.forebay.*} properties, names and values in turn. */
  String[] forebay() {
    return withPrefix("fs.forebay.").entrySet().stream()
        .flatMap(entry -> Stream.of("fs.forebay." + entry.getKey(), entry.getValue()))
        .toArray(String[]::new);
  }

  @Override
  public String get(String key) {
    String value = values.get(key);
    return value == null ? null : replaced(value).trim();
  }

  @Override
  public Map<String, String> withPrefix(String prefix) {
    Map<String, String> found = new TreeMap<>();
    values.forEach((key, value) -> {
      if (key.startsWith(prefix)) {
        found.put(key.substring(prefix.length()), replaced(value).trim());
      }
    });
    return found;
  }

  /** Replaces {@code ${env.NAME}}, system properties and other keys, as Hadoop does; what is unknown stays. */
  private String replaced(String value) {
    for (int i = 0; i < MOST_REPLACED; i++) {
      Matcher matcher = VARIABLE.matcher(value);
      if (!matcher.find()) {
        return value;
      }
      String name = matcher.group(1);
      String found = name.startsWith("env.") ? System.getenv(name.substring(4)) : System.getProperty(name);
      found = found == null ? values.get(name) : found;
      if (found == null) {
        return value;
      }
      value = value.substring(0, matcher.start()) + found + value.substring(matcher.end());
    }
    return value;
  }
}
