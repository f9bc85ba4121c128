package io.forebay.hadoop;

import java.lang.reflect.InvocationTargetException;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/** The file system that the filter wraps, as {@code fs.forebay.delegate.<scheme>.impl} names it. */
final class DelegateClass {

  private static final Pattern OURS = Pattern.compile("io\\.forebay\\.hadoop\\.(\\w+\\.)?Forebay\\w*FileSystem");

  private DelegateClass() {}

  /** A new instance, not yet initialized; an IllegalArgumentException that says what to write otherwise. */
  static FileSystem newInstance(Configuration conf, String scheme, String bucket) {
    String key = BucketKeys.ofScheme(ForebayKeys.DELEGATE_SCHEME_IMPL, scheme);
    String name = BucketKeys.get(conf, bucket, key, ForebayKeys.DELEGATE_SCHEME_IMPL_DEFAULT);
    if (name.isEmpty()) {
      throw new IllegalArgumentException(key + " is not set; name the class that read " + scheme
          + ":// before fs." + scheme + ".impl named Forebay's");
    }
    Class<?> found = conf.getClassByNameOrNull(name);
    if (found == null) {
      throw new IllegalArgumentException(key + ": there is no class " + name
          + "; put its jar beside Forebay's, or mend the name");
    }
    if (isOurs(found)) {
      throw new IllegalArgumentException(key + ": " + name + " is Forebay's own; name the class that it is to wrap");
    }
    if (!FileSystem.class.isAssignableFrom(found)) {
      throw new IllegalArgumentException(key + ": " + name + " is no org.apache.hadoop.fs.FileSystem");
    }
    try {
      FileSystem made = found.asSubclass(FileSystem.class).getDeclaredConstructor().newInstance();
      // As Hadoop does; not every initialize keeps the configuration it is given.
      made.setConf(conf);
      return made;
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(key + ": " + name + " could not be made: " + e.getCause(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(key + ": " + name + " has no public constructor without parameters", e);
    }
  }

  private static boolean isOurs(Class<?> type) {
    for (Class<?> one = type; one != null; one = one.getSuperclass()) {
      if (OURS.matcher(one.getName()).matches()) {
        return true;
      }
    }
    return false;
  }
}
