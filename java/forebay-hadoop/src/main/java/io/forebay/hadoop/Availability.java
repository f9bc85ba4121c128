package io.forebay.hadoop;

import io.forebay.jni.NativeLibrary;
import io.forebay.jni.NativeUnavailableException;
import java.io.IOException;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;

/**
 * Whether Forebay can serve a file system in this process. Where it can't, the wrapped file system works as if
 * Forebay were not there, and one warning says why and what to do.
 */
public final class Availability {

  /** What {@code hasPathCapability} of a file system answers true for while its reads go through Forebay. */
  public static final String CAPABILITY = "fs.capability.forebay";

  private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

  private Availability() {}

  /** Whether reads of {@code bucket} can and shall go through Forebay; loads the library when first asked. */
  public static boolean of(Configuration conf, String bucket) {
    String enabled =
        BucketKeys.oneOf(conf, bucket, ForebayKeys.ENABLED, ForebayKeys.ENABLED_DEFAULT, "true", "false");
    if (enabled.equals("false")) {
      LogDrain.LOG.debug("{} is off for bucket {}", ForebayKeys.ENABLED, bucket);
      return false;
    }
    try {
      NativeLibrary.load(conf.getTrimmed(ForebayKeys.NATIVE_DIR));
      return true;
    } catch (NativeUnavailableException e) {
      warnOnce("library", "Forebay is not used: " + e.getMessage());
      return false;
    }
  }

  /** Whether {@code hasPathCapability} is asked for {@link #CAPABILITY}. */
  public static boolean isMeantBy(String capability) {
    return capability.toLowerCase(Locale.ROOT).equals(CAPABILITY);
  }

  /** Says once that {@code files} is read as it is, since the library can't open it. */
  public static void notUsed(URI files, IOException because) {
    String subject = "Forebay is not used for " + files;
    warnOnce(subject, subject + ": " + because.getMessage());
  }

  /** Says {@code text} as a warning, at most once per process for each {@code subject}. */
  public static void warnOnce(String subject, String text) {
    if (SAID.add(subject)) {
      LogDrain.LOG.warn("{}", text);
    }
  }
}
