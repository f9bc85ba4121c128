package io.forebay.hadoop;

/** Names and defaults of the configuration keys; generated, see CONFIGURATION.md. */
public final class ForebayKeys {

  private ForebayKeys() {
  }

  /** Whether reads go through Forebay; false leaves the wrapped file system as it is. */
  public static final String ENABLED = "fs.forebay.enabled";

  /** Default of {@link #ENABLED}; empty where it is not set. */
  public static final String ENABLED_DEFAULT = "true";

  /** Where missing bytes come from: direct (our own client), delegate (the wrapped file system), or auto, which takes direct unless a setting needs the wrapped one; the log says which and why. */
  public static final String ORIGIN = "fs.forebay.origin";

  /** Default of {@link #ORIGIN}; empty where it is not set. */
  public static final String ORIGIN_DEFAULT = "auto";

  /** When the version of a file is confirmed with the store: task, once in each task that reads it (and again after 60 s), so that whatever was written before a task began is seen by it; open, at every open; planned, as task, but a status passed to openFile is taken at its word, as S3A takes it, once the right to read it is proved (fs.forebay.auth); ttl=60s, when the last answer is older. Outside of the tasks of Spark and of Hive on Tez, task and planned confirm at every open. */
  public static final String FRESHNESS = "fs.forebay.freshness";

  /** Default of {@link #FRESHNESS}; empty where it is not set. */
  public static final String FRESHNESS_DEFAULT = "task";

  /** Whether one LIST may confirm the versions of a directory's files that HEADs have shown before, where tasks open four or more of them: true, false, or auto, which is true for Amazon's endpoints. */
  public static final String FRESHNESS_BY_LISTING = "fs.forebay.freshness.by-listing";

  /** Default of {@link #FRESHNESS_BY_LISTING}; empty where it is not set. */
  public static final String FRESHNESS_BY_LISTING_DEFAULT = "auto";

  /** Whether a task asks what a file is by a GET of its last bytes, which its reader wants next, rather than by S3A's HEAD. Only where our own client fetches (fs.forebay.origin). */
  public static final String STATUS_BY_GET = "fs.forebay.status.by-get";

  /** Default of {@link #STATUS_BY_GET}; empty where it is not set. */
  public static final String STATUS_BY_GET_DEFAULT = "true";

  /** How a task confirms the version of a file whose last bytes are cached: head, or get, which is a GET with If-None-Match that brings the new bytes where the file has changed. */
  public static final String STATUS_REVALIDATE = "fs.forebay.status.revalidate";

  /** Default of {@link #STATUS_REVALIDATE}; empty where it is not set. */
  public static final String STATUS_REVALIDATE_DEFAULT = "head";

  /** Whether a task asks for the files it will probably open next while it works on the present one, and, where our own client fetches, for the columns it will read of them. */
  public static final String STATUS_AHEAD = "fs.forebay.status.ahead";

  /** Default of {@link #STATUS_AHEAD}; empty where it is not set. */
  public static final String STATUS_AHEAD_DEFAULT = "true";

  /** The file system class that io.forebay.hadoop.ForebayFilterFileSystem wraps for a scheme, such as fs.forebay.delegate.abfs.impl=org.apache.hadoop.fs.azurebfs.AzureBlobFileSystem. */
  public static final String DELEGATE_SCHEME_IMPL = "fs.forebay.delegate.<scheme>.impl";

  /** Default of {@link #DELEGATE_SCHEME_IMPL}; empty where it is not set. */
  public static final String DELEGATE_SCHEME_IMPL_DEFAULT = "";

  /** Whether a file system is given what is cached only after the store has accepted a HEAD or GET of that version from it, with its own credentials (verify), or whoever runs as this operating-system user may read what any of them cached, as long as he names its version (trusted). */
  public static final String AUTH = "fs.forebay.auth";

  /** Default of {@link #AUTH}; empty where it is not set. */
  public static final String AUTH_DEFAULT = "verify";

  /** How long the store's answer proves the right to read a version: a right that is revoked is gone for opens after so long at the latest. An open stream keeps what it was opened with. */
  public static final String AUTH_TTL = "fs.forebay.auth.ttl";

  /** Default of {@link #AUTH_TTL}; empty where it is not set. */
  public static final String AUTH_TTL_DEFAULT = "1h";

  /** Native memory the library may use in this process, at least 32MB. */
  public static final String MEMORY = "fs.forebay.memory";

  /** Default of {@link #MEMORY}; empty where it is not set. */
  public static final String MEMORY_DEFAULT = "";

  /** Directories the native library is unpacked to, the first that takes it and allows execution. */
  public static final String NATIVE_DIR = "fs.forebay.native.dir";

  /** Default of {@link #NATIVE_DIR}; empty where it is not set. */
  public static final String NATIVE_DIR_DEFAULT = "";

  /** Fetches under way at once in this process, over all streams. */
  public static final String FETCH_CONCURRENCY = "fs.forebay.fetch.concurrency";

  /** Default of {@link #FETCH_CONCURRENCY}; empty where it is not set. */
  public static final String FETCH_CONCURRENCY_DEFAULT = "32";

  /** Patterns, separated by commas, of the keys whose objects go to the host's cache; * stands for any run of characters, ? for one. */
  public static final String CACHE_INCLUDE = "fs.forebay.cache.include";

  /** Default of {@link #CACHE_INCLUDE}; empty where it is not set. */
  public static final String CACHE_INCLUDE_DEFAULT = "";

  /** Patterns, separated by commas, of the keys whose objects never go to the host's cache. */
  public static final String CACHE_EXCLUDE = "fs.forebay.cache.exclude";

  /** Default of {@link #CACHE_EXCLUDE}; empty where it is not set. */
  public static final String CACHE_EXCLUDE_DEFAULT = "";

  /** The length up to which objects go to the host's cache. */
  public static final String CACHE_MAX_OBJECT_SIZE = "fs.forebay.cache.max-object-size";

  /** Default of {@link #CACHE_MAX_OBJECT_SIZE}; empty where it is not set. */
  public static final String CACHE_MAX_OBJECT_SIZE_DEFAULT = "";

  /** The share of the reads answered from the host's cache that are fetched from the store once more and compared; a difference is counted, logged, and its cells are dropped. Only where our own client fetches (fs.forebay.origin). */
  public static final String VALIDATE_SAMPLE = "fs.forebay.validate.sample";

  /** Default of {@link #VALIDATE_SAMPLE}; empty where it is not set. */
  public static final String VALIDATE_SAMPLE_DEFAULT = "0";

  /** Directories on local disks in which the host's cache lies, shared by all processes of the user. */
  public static final String CACHE_DIRS = "fs.forebay.cache.dirs";

  /** Default of {@link #CACHE_DIRS}; empty where it is not set. */
  public static final String CACHE_DIRS_DEFAULT = "";

  /** Disk space of all cache directories together, for all processes of the user on this host. */
  public static final String CACHE_SIZE = "fs.forebay.cache.size";

  /** Default of {@link #CACHE_SIZE}; empty where it is not set. */
  public static final String CACHE_SIZE_DEFAULT = "";

  /** Disk space the cache leaves free: below it nothing is added, and old segments go. */
  public static final String CACHE_FREE_FLOOR = "fs.forebay.cache.free-floor";

  /** Default of {@link #CACHE_FREE_FLOOR}; empty where it is not set. */
  public static final String CACHE_FREE_FLOOR_DEFAULT = "1GB";

  /** Whether bytes are fetched before they are asked for; false fetches exactly what is read. */
  public static final String PREFETCH_ENABLED = "fs.forebay.prefetch.enabled";

  /** Default of {@link #PREFETCH_ENABLED}; empty where it is not set. */
  public static final String PREFETCH_ENABLED_DEFAULT = "true";

  /** Files up to this size are fetched whole by their first read; 0 switches this off. */
  public static final String PREFETCH_SMALL_FILE = "fs.forebay.prefetch.small-file";

  /** Default of {@link #PREFETCH_SMALL_FILE}; empty where it is not set. */
  public static final String PREFETCH_SMALL_FILE_DEFAULT = "1MB";

  /** Two wanted ranges of a file closer than this are fetched by one request; up to 1MB where what lies between is little beside them and the network is measured to be idle. */
  public static final String PREFETCH_GAP = "fs.forebay.prefetch.gap";

  /** Default of {@link #PREFETCH_GAP}; empty where it is not set. */
  public static final String PREFETCH_GAP_DEFAULT = "256KB";

  /** At most how many row groups are fetched ahead of the one being read; 0 fetches none ahead. */
  public static final String PREFETCH_ROW_GROUPS = "fs.forebay.prefetch.row-groups";

  /** Default of {@link #PREFETCH_ROW_GROUPS}; empty where it is not set. */
  public static final String PREFETCH_ROW_GROUPS_DEFAULT = "4";

  /** How many bytes from the end of a file the first read near its end brings, until the footers of its directory have shown how long they are; from then on what they took, from 16KB to 1MB. */
  public static final String PREFETCH_TAIL = "fs.forebay.prefetch.tail";

  /** Default of {@link #PREFETCH_TAIL}; empty where it is not set. */
  public static final String PREFETCH_TAIL_DEFAULT = "64KB";

  /** How long our own client waits for the next byte of an answer before it asks again. */
  public static final String ORIGIN_STALL_TIMEOUT = "fs.forebay.origin.stall-timeout";

  /** Default of {@link #ORIGIN_STALL_TIMEOUT}; empty where it is not set. */
  public static final String ORIGIN_STALL_TIMEOUT_DEFAULT = "10s";
}
