package io.forebay.hadoop.s3a;

import io.forebay.hadoop.Availability;
import io.forebay.hadoop.BucketKeys;
import io.forebay.hadoop.CachedStore;
import io.forebay.hadoop.ForebayKeys;
import io.forebay.hadoop.Freshness;
import io.forebay.hadoop.HadoopGiven;
import io.forebay.hadoop.Rights;
import io.forebay.jni.Kind;
import io.forebay.jni.NativeException;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lays the cache over a file system that S3A has just initialized, and says once how its bucket is read. What the
 * library's own client declares that it can't do is read through S3A instead; where the library can't open the
 * bucket at all, S3A stays as it is.
 */
final class OverlayStart {

  private static final Logger LOG = LoggerFactory.getLogger("io.forebay");

  // S3A's key and default (of 3.3) for the connections of one file system.
  private static final String CONNECTIONS = "connection.maximum";
  private static final int USUAL_CONNECTIONS = 96;

  private final S3AFileSystem files;
  private final StockS3A stock;
  private final FileSystem.Statistics statistics;
  private final Configuration conf;
  private final Freshness freshness;
  private final Rights rights;
  private final boolean trustsListings;

  OverlayStart(S3AFileSystem files, StockS3A stock, FileSystem.Statistics statistics) {
    this.files = files;
    this.stock = stock;
    this.statistics = statistics;
    this.conf = files.getConf();
    this.freshness = Freshness.of(conf, files.getBucket());
    this.rights = Rights.of(conf, files.getBucket());
    this.trustsListings = trustsListings(conf, files.getBucket());
  }

  private Statuses statuses(CachedStore store) {
    boolean fetches = store.fetchesAhead();
    NextFiles nextFiles = new NextFiles(fetches ? store : null, files::pathToKey);
    // With the answers of the library's own client come the bytes that their readers want first.
    boolean byGet = isOn(ForebayKeys.STATUS_BY_GET, ForebayKeys.STATUS_BY_GET_DEFAULT) && fetches;
    NextLooks nextLooks = new NextLooks(isOn(ForebayKeys.STATUS_AHEAD, ForebayKeys.STATUS_AHEAD_DEFAULT));
    return new Statuses(stock, freshness, rights, trustsListings, nextFiles,
        looks(store, byGet), nextLooks);
  }

  private Looks looks(CachedStore store, boolean byGet) {
    if (byGet) {
      return new NativeLooks(files, store);
    }
    return store.fetchesAhead() ? null : new StockLooks(stock, store);
  }

  private boolean isOn(String key, String otherwise) {
    return BucketKeys.oneOf(conf, files.getBucket(), key, otherwise, "true", "false").equals("true");
  }

  /** Amazon promises that a listing shows what was last written; of others it must be said. */
  private static boolean trustsListings(Configuration conf, String bucket) {
    String value = BucketKeys.oneOf(
        conf, bucket, ForebayKeys.FRESHNESS_BY_LISTING, ForebayKeys.FRESHNESS_BY_LISTING_DEFAULT, "auto", "true", "false");
    return value.equals("auto") ? S3AEndpoint.of(new HadoopGiven(conf)).isAmazon() : value.equals("true");
  }

  /** The overlay, or null where S3A is to read by itself. */
  Overlay begin() {
    OriginChoice choice = OriginChoice.of(new HadoopGiven(conf), files.getBucket(), files.isCSEEnabled());
    Overlay overlay = null;
    try {
      if (choice.mode() == OriginChoice.Mode.DIRECT) {
        overlay = direct(choice);
      }
      if (overlay == null && choice.mode() != OriginChoice.Mode.STOCK) {
        overlay = delegate(choice);
      }
    } catch (IOException e) {
      Availability.notUsed(files.getUri(), e);
      return null;
    }
    LOG.info("forebay: {} {}", files.getUri(), overlay == null ? choice : overlay);
    return overlay;
  }

  private Overlay direct(OriginChoice choice) throws IOException {
    CachedStore store;
    try {
      store = CachedStore.direct(conf, choice.access(), statistics);
    } catch (NativeException e) {
      Kind kind = Kind.of(e.kind());
      if (kind == Kind.UNSUPPORTED || kind == Kind.INVALID_ARGUMENT) {
        return delegate(choice.byDelegate(e.getMessage()));
      }
      throw e;
    }
    Object providers = files.shareCredentials("forebay");
    S3ACredentials credentials = new S3ACredentials(new CredentialChain(providers), store::credentials);
    store.signWith(credentials);
    return new Overlay(files, stock, store, credentials, choice, statuses(store));
  }

  private Overlay delegate(OriginChoice choice) throws IOException {
    int connections = conf.getInt(S3AKeys.PREFIX + CONNECTIONS, USUAL_CONNECTIONS);
    CachedStore store = CachedStore.delegate(conf, choice.access(), statistics, connections);
    return new Overlay(files, stock, store, () -> { }, choice, statuses(store));
  }
}
