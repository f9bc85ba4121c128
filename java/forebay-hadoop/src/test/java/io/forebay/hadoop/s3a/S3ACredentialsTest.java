package io.forebay.hadoop.s3a;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.Test;

/** With objects shaped as those of AWS SDK v1 and v2: neither is on this class path in every build. */
public class S3ACredentialsTest {

  /** As v2's AwsSessionCredentials: an interface with the getters, a class that is not public. */
  public interface KeysV2 {
    String accessKeyId();

    String secretAccessKey();
  }

  private static final class SessionV2 implements KeysV2 {
    private final Instant expiry;
    private final String secret;

    SessionV2(String secret, Instant expiry) {
      this.secret = secret;
      this.expiry = expiry;
    }

    @Override
    public String accessKeyId() {
      return "key2";
    }

    @Override
    public String secretAccessKey() {
      return secret;
    }
  }

  /** As v2's public AwsSessionCredentials. */
  public static final class PublicSessionV2 implements KeysV2 {
    @Override
    public String accessKeyId() {
      return "key2";
    }

    @Override
    public String secretAccessKey() {
      return "secret2";
    }

    public String sessionToken() {
      return "token2";
    }

    public Optional<Instant> expirationTime() {
      return Optional.of(Instant.ofEpochSecond(4_000_000_000L));
    }
  }

  /** As v1's BasicSessionCredentials. */
  public static final class SessionV1 {
    public String getAWSAccessKeyId() {
      return "key1";
    }

    public String getAWSSecretKey() {
      return "secret1";
    }

    public String getSessionToken() {
      return "token1";
    }
  }

  /** As S3A's list on v2. */
  public static final class ChainV2 implements AutoCloseable {
    Object next;
    int asked;
    boolean closed;

    ChainV2(Object next) {
      this.next = next;
    }

    public Object resolveCredentials() {
      asked++;
      if (next instanceof RuntimeException) {
        throw (RuntimeException) next;
      }
      return next;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  /** As S3A's list on v1. */
  public static final class ChainV1 {
    int refreshed;

    public Object getCredentials() {
      return new SessionV1();
    }

    public void refresh() {
      refreshed++;
    }
  }

  /** Anonymous: both SDKs give an object whose keys are null. */
  public static final class Anonymous {
    public String accessKeyId() {
      return null;
    }

    public String secretAccessKey() {
      return null;
    }
  }

  private final List<String> pushed = new ArrayList<>();

  private S3ACredentials credentials(Object chain) {
    return new S3ACredentials(
        new CredentialChain(chain), (key, secret, token) -> pushed.add(key + "/" + secret + "/" + token));
  }

  @Test
  public void version_2_is_read() throws IOException {
    Credentials found = new CredentialChain(new ChainV2(new PublicSessionV2())).resolve();
    assertEquals("key2", found.accessKey());
    assertEquals("secret2", found.secretKey());
    assertEquals("token2", found.sessionToken());
    assertEquals(Instant.ofEpochSecond(4_000_000_000L), found.expiry());
  }

  @Test
  public void classes_that_are_not_public_are_read_through_their_interface() throws IOException {
    Credentials found = new CredentialChain(new ChainV2(new SessionV2("s", null))).resolve();
    assertEquals("key2", found.accessKey());
    assertNull(found.sessionToken());
    assertNull(found.expiry());
  }

  @Test
  public void version_1_is_read_and_refreshed_after_a_denial() throws IOException {
    ChainV1 chain = new ChainV1();
    S3ACredentials credentials = credentials(chain);
    credentials.renewIfDue();
    assertEquals("[key1/secret1/token1]", pushed.toString());
    assertFalse("the same keys would be refused again", credentials.renewAfterDenial());
    assertEquals(1, chain.refreshed);
  }

  @Test
  public void anonymous_means_no_signature() {
    credentials(new ChainV2(new Anonymous())).renewIfDue();
    assertEquals("[null/null/null]", pushed.toString());
  }

  @Test
  public void only_changes_are_pushed_and_the_chain_is_asked_when_due() {
    ChainV2 chain = new ChainV2(new SessionV2("first", null));
    S3ACredentials credentials = credentials(chain);
    for (int i = 0; i < 100; i++) {
      credentials.renewIfDue();
    }
    assertEquals(1, chain.asked);
    chain.next = new SessionV2("second", null);
    assertTrue(credentials.renewAfterDenial());
    assertFalse(credentials.renewAfterDenial());
    assertEquals("[key2/first/null, key2/second/null]", pushed.toString());
  }

  @Test
  public void a_chain_that_fails_changes_nothing_and_is_not_stormed() {
    ChainV2 chain = new ChainV2(new IllegalStateException("no credentials"));
    S3ACredentials credentials = credentials(chain);
    credentials.renewIfDue();
    credentials.renewIfDue();
    assertEquals(1, chain.asked);
    assertTrue(pushed.isEmpty());
    chain.next = new PublicSessionV2();
    assertTrue(credentials.renewAfterDenial());
  }

  @Test
  public void renewal_comes_before_expiry_and_at_least_every_minute_without_one() {
    assertEquals(Duration.ofMinutes(1), S3ACredentials.untilNext(null));
    Duration hour = S3ACredentials.untilNext(Instant.now().plus(Duration.ofHours(1)));
    assertTrue(hour.toString(), hour.compareTo(Duration.ofMinutes(55)) <= 0);
    assertTrue(hour.toString(), hour.compareTo(Duration.ofMinutes(54)) > 0);
    Duration soon = S3ACredentials.untilNext(Instant.now().plus(Duration.ofMinutes(2)));
    assertEquals(Duration.ofSeconds(5), soon);
    assertEquals(Duration.ofSeconds(5), S3ACredentials.untilNext(Instant.EPOCH));
  }

  @Test
  public void secrets_are_never_printed() throws IOException {
    Credentials found = new CredentialChain(new ChainV1()).resolve();
    assertFalse(found.toString().contains("secret1"));
    assertFalse(found.toString().contains("key1"));
    assertFalse(found.toString().contains("token1"));
  }

  @Test
  public void closing_gives_the_shared_chain_back() {
    ChainV2 chain = new ChainV2(new PublicSessionV2());
    credentials(chain).close();
    assertTrue(chain.closed);
  }
}
