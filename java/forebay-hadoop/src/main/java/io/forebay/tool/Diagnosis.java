package io.forebay.tool;

import io.forebay.hadoop.BucketKeys;
import io.forebay.hadoop.ForebayKeys;
import io.forebay.hadoop.s3a.OriginChoice;
import io.forebay.jni.NativeCacheTool;
import io.forebay.jni.NativeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether a configuration would read through Forebay, and how each bucket; by the same rules as the file system
 * itself, as far as files say. What Spark or Hive get from elsewhere, such as a command line, is not known here.
 */
final class Diagnosis {

  private static final String OVER_S3A = "io.forebay.hadoop.s3a.ForebayS3AFileSystem";
  private static final String OVER_HDFS = "io.forebay.hadoop.hdfs.ForebayDistributedFileSystem";
  private static final String OVER_ANY = "io.forebay.hadoop.ForebayFilterFileSystem";
  private static final String ALONE = "io.forebay.hadoop.ForebayFileSystem";
  private static final List<String> OURS = Arrays.asList(OVER_S3A, OVER_HDFS, OVER_ANY, ALONE);
  private static final List<String> READ_ALONE = Arrays.asList("s3a", "s3", "s3n", "gs", "abfs", "abfss");
  private static final List<String> SCHEMES = Arrays.asList("s3a", "s3", "s3n");
  private static final String IMPL = ".impl";
  private static final String REFUSED = "can't be opened without hadoop-aws";

  private final Settings settings;
  private final Findings findings;
  private final Report report;
  private final Set<String> said = new HashSet<>();

  Diagnosis(Settings settings, Findings findings, Report report) {
    this.settings = settings;
    this.findings = findings;
    this.report = report;
  }

  Map<String, Object> of(List<String> asked, boolean loaded) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("schemes", schemes());
    spark();
    answer.put("buckets", buckets(asked, loaded));
    return answer;
  }

  private Map<String, Object> schemes() {
    Map<String, Object> classes = new LinkedHashMap<>();
    List<String> ours = new ArrayList<>();
    Set<String> schemes = new LinkedHashSet<>(SCHEMES);
    settings.withPrefix("fs.").forEach((name, given) -> {
      if (OURS.contains(given) && name.indexOf('.') == name.length() - IMPL.length() && name.endsWith(IMPL)) {
        schemes.add(name.substring(0, name.length() - IMPL.length()));
      }
    });
    for (String scheme : schemes) {
      String given = settings.get("fs." + scheme + IMPL);
      classes.put(scheme, given);
      if (OURS.contains(given)) {
        ours.add(scheme + "://");
      } else if (given != null) {
        findings.note(scheme + ":// is read by " + given);
      }
      if (OVER_ANY.equals(given)) {
        wrapped(scheme);
      }
      if (ALONE.equals(given)) {
        alone(scheme);
      }
    }
    if (ours.isEmpty()) {
      findings.problem("no scheme is read through Forebay", "set fs.s3a.impl to " + OVER_S3A);
    } else {
      findings.good(String.join(", ", ours) + " would be read through Forebay");
    }
    return classes;
  }

  private void wrapped(String scheme) {
    String key = BucketKeys.ofScheme(ForebayKeys.DELEGATE_SCHEME_IMPL, scheme);
    String delegate = settings.get(key);
    if (delegate == null) {
      findings.problem(key + " is not set", "name the class that read " + scheme + ":// before");
    } else if (OURS.contains(delegate)) {
      findings.problem(key + " names " + delegate + ", which is Forebay's own", "name the class that it is to wrap");
    } else {
      findings.note(scheme + ":// is " + delegate + " with its reads through Forebay");
    }
  }

  private void alone(String scheme) {
    if (!READ_ALONE.contains(scheme)) {
      findings.problem(ALONE + " does not read " + scheme + "://", "set fs." + scheme + IMPL + " to "
          + (scheme.equals("hdfs") ? OVER_HDFS : OVER_ANY));
    } else if (!SCHEMES.contains(scheme)) {
      findings.note(scheme + ":// is read and written without its connector; a setting of it that can't be followed is"
          + " named when a file system is opened");
    }
  }

  /** What goes wrong in Spark's own file. */
  private void spark() {
    Map<String, String> spark = settings.spark();
    for (String key : spark.keySet()) {
      if (key.startsWith("fs.")) {
        findings.problem("Spark ignores " + key + " in spark-defaults.conf", "write spark.hadoop." + key);
      }
    }
    String late = spark.getOrDefault("spark.jars", "") + "," + spark.getOrDefault("spark.jars.packages", "");
    String early = spark.getOrDefault("spark.driver.extraClassPath", "");
    if (late.contains("forebay") && !early.contains("forebay")) {
      findings.problem("spark.jars brings the jar after the first file system is made",
          "put it into Spark's jars folder, or name it in spark.driver.extraClassPath and "
              + "spark.executor.extraClassPath");
    }
    String executors = spark.getOrDefault("spark.executor.extraClassPath", "");
    if (early.contains("forebay") != executors.contains("forebay")) {
      findings.problem("the jar is on the class path of " + (early.contains("forebay") ? "the driver" : "executors")
          + " only", "name it in spark.driver.extraClassPath and in spark.executor.extraClassPath");
    }
  }

  private Map<String, Object> buckets(List<String> asked, boolean loaded) {
    TreeSet<String> names = new TreeSet<>(asked);
    for (String prefix : new String[] {"fs.s3a.bucket.", "fs.forebay.bucket."}) {
      // A name may hold dots, and then only --bucket can say where it ends.
      settings.withPrefix(prefix).keySet().stream().filter(key -> key.indexOf('.') > 0)
          .filter(key -> asked.stream().noneMatch(name -> key.startsWith(name + ".")))
          .forEach(key -> names.add(key.substring(0, key.indexOf('.'))));
    }
    complaints(null, loaded);
    Map<String, Object> answer = new LinkedHashMap<>();
    for (String bucket : names) {
      answer.put(bucket, bucket(bucket, loaded));
    }
    if (names.isEmpty()) {
      String usual = choice(settings, "any", false);
      findings.note("a bucket without settings of its own " + usual + "; --bucket asks for one");
      answer.put("*", usual);
    }
    return answer;
  }

  private String bucket(String bucket, boolean loaded) {
    complaints(bucket, loaded);
    boolean isAlone = ALONE.equals(settings.get("fs.s3a" + IMPL));
    String choice = choice(settings.forBucket(bucket), bucket, isAlone);
    if (choice.startsWith(REFUSED)) {
      findings.problem("s3a://" + bucket + " " + choice, "take the setting away, or set fs.s3a.impl to " + OVER_S3A);
    } else {
      findings.note("s3a://" + bucket + " " + choice);
    }
    return choice;
  }

  private static String choice(Settings settings, String bucket, boolean isAlone) {
    try {
      boolean enabled = BucketKeys.oneOf(settings, bucket, ForebayKeys.ENABLED, ForebayKeys.ENABLED_DEFAULT, "true",
          "false").equals("true");
      OriginChoice choice = OriginChoice.of(settings, bucket, false);
      if (isAlone) {
        return choice.mode() == OriginChoice.Mode.DIRECT
            ? "is read and written without hadoop-aws (" + choice.reason() + ")"
            : REFUSED + " (" + choice.reason() + ")";
      }
      return enabled ? choice.toString()
          : "reads without the cache (" + ForebayKeys.ENABLED + "=false)";
    } catch (IllegalArgumentException e) {
      return "fails: " + e.getMessage();
    }
  }

  private void complaints(String bucket, boolean loaded) {
    if (!loaded) {
      return;
    }
    try {
      for (String complaint : NativeCacheTool.complaints(settings.forebay(), bucket)) {
        if (said.add(complaint)) {
          findings.problem((bucket == null ? "" : "for bucket " + bucket + ": ") + complaint, "");
        }
      }
    } catch (NativeException e) {
      report.warn(e.getMessage());
    }
  }
}
