//! Configuration the engine, and the Java classes above it, read.

use std::path::PathBuf;

use forebay_types::config::{Key, KeyRow, Scope, Size, Span, Value};

/// `fs.forebay.enabled`
pub(crate) static ENABLED: Key<bool> = Key::new(
    "fs.forebay.enabled",
    "true",
    Scope::FileSystem,
    "Whether reads go through Forebay; false leaves the wrapped file system as it is.",
    "Whoever names our class as a file system's implementation wants it used.",
);

/// `fs.forebay.origin`
pub(crate) static ORIGIN: Key<String> = Key::new(
    "fs.forebay.origin",
    "auto",
    Scope::FileSystem,
    "Where missing bytes come from: direct (our own client), delegate (the wrapped file system), or \
     auto, which takes direct unless a setting needs the wrapped one; the log says which and why.",
    "auto keeps every setting of the wrapped file system working.",
)
.accepting("auto, direct or delegate", |text| {
    matches!(text.as_str(), "auto" | "direct" | "delegate")
});

/// `fs.forebay.freshness`; its values are read by the Java classes.
pub(crate) static FRESHNESS: Key<String> = Key::new(
    "fs.forebay.freshness",
    "task",
    Scope::FileSystem,
    "When the version of a file is confirmed with the store: task, once in each task that reads it \
     (and again after 60 s), so that whatever was written before a task began is seen by it; open, \
     at every open; planned, as task, but a status passed to openFile is taken at its word, as S3A \
     takes it, once the right to read it is proved (fs.forebay.auth); ttl=60s, when the last answer is older. Outside of the tasks of Spark and of Hive on \
     Tez, task and planned confirm at every open.",
    "task keeps what a user of S3A relies on; a reader of Parquet asks for each file's status up to \
     four times in a task, each a request of tens of milliseconds.",
)
.accepting("task, open, planned or ttl=<duration>", |text| {
    matches!(text.as_str(), "task" | "open" | "planned")
        || text.strip_prefix("ttl=").is_some_and(|span| Span::parse(span).is_some())
});

/// `fs.forebay.freshness.by-listing`; read by the Java classes.
pub(crate) static FRESHNESS_BY_LISTING: Key<String> = Key::new(
    "fs.forebay.freshness.by-listing",
    "auto",
    Scope::FileSystem,
    "Whether one LIST may confirm the versions of a directory's files that HEADs have shown before, where \
     tasks open four or more of them: true, false, or auto, which is true for Amazon's endpoints.",
    "auto trusts listings where the store promises that they show what was last written; three \
     contradictions switch it off for the bucket.",
)
.accepting("auto, true or false", |text| matches!(text.as_str(), "auto" | "true" | "false"));

/// `fs.forebay.status.by-get`
pub(crate) static STATUS_BY_GET: Key<bool> = Key::new(
    "fs.forebay.status.by-get",
    "true",
    Scope::FileSystem,
    "Whether a task asks what a file is by a GET of its last bytes, which its reader wants next, rather \
     than by S3A's HEAD. Only where our own client fetches (fs.forebay.origin).",
    "One request instead of two for each file that is not cached; a small file comes whole.",
);

/// `fs.forebay.status.revalidate`
pub(crate) static REVALIDATE: Key<String> = Key::new(
    "fs.forebay.status.revalidate",
    "head",
    Scope::FileSystem,
    "How a task confirms the version of a file whose last bytes are cached: head, or get, which is a GET \
     with If-None-Match that brings the new bytes where the file has changed.",
    "A HEAD is answered as soon as a GET or sooner, and tells more of the object's encryption.",
)
.accepting("head or get", |way| ["head", "get"].contains(&way.as_str()));

/// `fs.forebay.status.ahead`; read by the Java classes.
pub(crate) static STATUS_AHEAD: Key<bool> = Key::new(
    "fs.forebay.status.ahead",
    "true",
    Scope::FileSystem,
    "Whether a task asks for the files it will probably open next while it works on the present one, and, \
     where our own client fetches, for the columns it will read of them.",
    "It hides a request for each file but a task's first; earlier tasks have shown what follows.",
);

/// `fs.forebay.delegate.<scheme>.impl`; read by the Java classes.
pub(crate) static DELEGATE: Key<String> = Key::new(
    "fs.forebay.delegate.<scheme>.impl",
    "",
    Scope::FileSystem,
    "The file system class that io.forebay.hadoop.ForebayFilterFileSystem wraps for a scheme, such as \
     fs.forebay.delegate.abfs.impl=org.apache.hadoop.fs.azurebfs.AzureBlobFileSystem.",
    "Whoever sets fs.<scheme>.impl to the filter names what was there before.",
)
.accepting("the name of a class that extends org.apache.hadoop.fs.FileSystem", |_| true);

/// `fs.forebay.auth`; read by the Java classes.
pub(crate) static AUTH: Key<String> = Key::new(
    "fs.forebay.auth",
    "verify",
    Scope::FileSystem,
    "Whether a file system is given what is cached only after the store has accepted a HEAD or GET of that \
     version from it, with its own credentials (verify), or whoever runs as this operating-system user may \
     read what any of them cached, as long as he names its version (trusted).",
    "verify: what others cached is no way around the store's rights. It costs a request only with \
     fs.forebay.freshness=planned or a long ttl, where nothing else asks the store.",
)
.accepting("verify or trusted", |text| matches!(text.as_str(), "verify" | "trusted"));

/// `fs.forebay.auth.ttl`; read by the Java classes.
pub(crate) static AUTH_TTL: Key<Span> = Key::new(
    "fs.forebay.auth.ttl",
    "1h",
    Scope::FileSystem,
    "How long the store's answer proves the right to read a version: a right that is revoked is gone for \
     opens after so long at the latest. An open stream keeps what it was opened with.",
    "1h: as long as the credentials of a role usually live.",
);

/// `fs.forebay.memory`
pub(crate) static MEMORY: Key<Size> = Key::new(
    "fs.forebay.memory",
    "",
    Scope::Process,
    "Native memory the library may use in this process, at least 32MB.",
    "128MB, or a quarter of what the container leaves beyond the heap where that is less: Spark's \
     smallest memory overhead is 384MB, and a guest takes at most a third of it.",
)
.accepting("a size of at least 32MB", |size| size.0 >= crate::budget::SMALLEST);

/// `fs.forebay.native.dir`
pub(crate) static NATIVE_DIR: Key<Vec<PathBuf>> = Key::new(
    "fs.forebay.native.dir",
    "",
    Scope::Process,
    "Directories the native library is unpacked to, the first that takes it and allows execution.",
    "Not set: java.io.tmpdir, then the user's cache directory, whichever allows execution.",
);

/// `fs.forebay.fetch.concurrency`
pub(crate) static CONCURRENCY: Key<u32> = Key::new(
    "fs.forebay.fetch.concurrency",
    "32",
    Scope::Process,
    "Fetches under way at once in this process, over all streams.",
    "At 90 MB/s per connection 12 fill a 10 Gbit/s network; the rest hide the time to first byte.",
)
.accepting("a whole number from 1 to 512", |n| (1..=512).contains(n));

/// `fs.forebay.cache.include`
pub(crate) static INCLUDE: Key<String> = Key::new(
    "fs.forebay.cache.include",
    "",
    Scope::FileSystem,
    "Patterns, separated by commas, of the keys whose objects go to the host's cache; * stands for any \
     run of characters, ? for one.",
    "All keys.",
);

/// `fs.forebay.cache.exclude`
pub(crate) static EXCLUDE: Key<String> = Key::new(
    "fs.forebay.cache.exclude",
    "",
    Scope::FileSystem,
    "Patterns, separated by commas, of the keys whose objects never go to the host's cache.",
    "None.",
);

/// `fs.forebay.cache.max-object-size`
pub(crate) static LARGEST_OBJECT: Key<Size> = Key::new(
    "fs.forebay.cache.max-object-size",
    "",
    Scope::FileSystem,
    "The length up to which objects go to the host's cache.",
    "Any length: of an object only the parts that are read are cached.",
);

/// `fs.forebay.validate.sample`
pub(crate) static VALIDATE_SAMPLE: Key<f64> = Key::new(
    "fs.forebay.validate.sample",
    "0",
    Scope::FileSystem,
    "The share of the reads answered from the host's cache that are fetched from the store once more \
     and compared; a difference is counted, logged, and its cells are dropped. Only where our own \
     client fetches (fs.forebay.origin).",
    "Each cell is checked on each read as it is; 0.01 costs a hundredth of the requests a cache saves.",
)
.accepting("a number from 0 to 1", |share| (0.0..=1.0).contains(share));

/// The engine's rows.
pub static KEYS: &[&dyn KeyRow] = &[
    &ENABLED,
    &ORIGIN,
    &FRESHNESS,
    &FRESHNESS_BY_LISTING,
    &STATUS_BY_GET,
    &REVALIDATE,
    &STATUS_AHEAD,
    &DELEGATE,
    &AUTH,
    &AUTH_TTL,
    &MEMORY,
    &NATIVE_DIR,
    &CONCURRENCY,
    &INCLUDE,
    &EXCLUDE,
    &LARGEST_OBJECT,
    &VALIDATE_SAMPLE,
];
