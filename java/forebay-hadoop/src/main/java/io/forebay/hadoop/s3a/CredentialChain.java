package io.forebay.hadoop.s3a;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * S3A's list of credential providers, whichever AWS SDK it is built on: version 1 up to Hadoop 3.3, version 2 from
 * 3.4 on. Neither is on our class path, so the few getters are found by name.
 */
final class CredentialChain implements CredentialSource {

  private static final Logger LOG = LoggerFactory.getLogger(CredentialChain.class);

  private final Object providers;

  /**
   * @param providers what {@code S3AFileSystem.shareCredentials} gave; closed with this
   */
  CredentialChain(Object providers) {
    this.providers = Objects.requireNonNull(providers, "providers");
  }

  @Override
  public Credentials resolve() throws IOException {
    Object found = firstOf(providers, "resolveCredentials", "getCredentials");
    if (found == null) {
      throw new IOException(providers.getClass() + " has no getter for credentials");
    }
    return new Credentials(
        (String) firstOf(found, "accessKeyId", "getAWSAccessKeyId"),
        (String) firstOf(found, "secretAccessKey", "getAWSSecretKey"),
        (String) firstOf(found, "sessionToken", "getSessionToken"),
        instant(firstOf(found, "expirationTime")));
  }

  @Override
  public void refresh() {
    try {
      firstOf(providers, "refresh");
    } catch (IOException e) {
      LOG.debug("the credential providers could not be refreshed", e);
    }
  }

  private static Instant instant(Object expiry) {
    Object value = expiry instanceof Optional ? ((Optional<?>) expiry).orElse(null) : expiry;
    return value instanceof Instant ? (Instant) value : null;
  }

  /** Calls the first of these getters that the object has; null where it has none of them. */
  private static Object firstOf(Object target, String... names) throws IOException {
    for (String name : names) {
      Method method = accessible(target.getClass(), name);
      if (method != null) {
        try {
          return method.invoke(target);
        } catch (InvocationTargetException e) {
          throw new IOException(name + " failed: " + e.getCause().getClass().getName(), e.getCause());
        } catch (IllegalAccessException e) {
          throw new IOException(name + " can't be called", e);
        }
      }
    }
    return null;
  }

  /** The method as a public class or interface declares it: the object's own class may not be public. */
  private static Method accessible(Class<?> type, String name) {
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      Method own = declared(at, name);
      if (own != null) {
        return own;
      }
      for (Class<?> face : at.getInterfaces()) {
        Method inherited = accessible(face, name);
        if (inherited != null) {
          return inherited;
        }
      }
    }
    return null;
  }

  private static Method declared(Class<?> type, String name) {
    if (Modifier.isPublic(type.getModifiers())) {
      try {
        Method method = type.getDeclaredMethod(name);
        return Modifier.isPublic(method.getModifiers()) ? method : null;
      } catch (NoSuchMethodException e) {
        return null;
      }
    }
    return null;
  }

  @Override
  public void close() {
    if (providers instanceof AutoCloseable) {
      try {
        ((AutoCloseable) providers).close();
      } catch (Exception e) {
        LOG.debug("could not close the shared credential providers", e);
      }
    }
  }
}
