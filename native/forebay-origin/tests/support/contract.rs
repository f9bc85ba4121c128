//! What every origin must do, whatever is behind it.
//!
//! [`run`] takes a [`World`] (an origin and a way to write what it reads) and tries every case; it
//! reports all that fail by name.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use forebay_origin::{Origin, Sink};
use forebay_types::{Error, ErrorKind, Identity, Result};
use futures::future::BoxFuture;

use crate::bytes_of::{Kept, content};

/// An origin under test, and the store behind it.
#[async_trait]
pub(crate) trait World: Send + Sync {
    /// The origin, with rights.
    fn origin(&self) -> &dyn Origin;
    /// The same origin without rights.
    fn denied(&self) -> &dyn Origin;
    /// Writes an object, and names the version written.
    async fn put(&self, key: &str, body: Vec<u8>) -> Identity;
    /// Removes an object.
    async fn delete(&self, key: &str);
}

type Case = for<'a> fn(&'a dyn World) -> BoxFuture<'a, ()>;

const CASES: [(&str, Case); 9] = [
    ("ranges are exact", |world| Box::pin(ranges_are_exact(world))),
    ("a large object arrives whole", |world| Box::pin(a_large_object_arrives_whole(world))),
    ("an empty range asks nobody", |world| Box::pin(an_empty_range_asks_nobody(world))),
    ("a range must be within the object", |world| Box::pin(a_range_must_be_within(world))),
    ("another version is no answer", |world| Box::pin(another_version_is_no_answer(world))),
    ("a missing object is not found", |world| Box::pin(a_missing_object_is_not_found(world))),
    ("without rights nothing is read", |world| Box::pin(without_rights_nothing_is_read(world))),
    ("a sink that refuses ends the fetch", |world| Box::pin(a_sink_that_refuses(world))),
    ("keys are exact", |world| Box::pin(keys_are_exact(world))),
];

/// Runs every case.
pub(crate) async fn run(name: &str, world: Arc<dyn World>) {
    let mut failed = Vec::new();
    for (case, test) in CASES {
        let world = Arc::clone(&world);
        let ended = tokio::spawn(async move { test(&*world).await }).await;
        eprintln!("{name}: {case}: {}", if ended.is_ok() { "ok" } else { "FAILED" });
        if ended.is_err() {
            failed.push(case);
        }
    }
    assert!(failed.is_empty(), "{name}: {failed:?} failed; the panics above say how");
}

async fn fetch(origin: &dyn Origin, identity: &Identity, range: Range<u64>) -> Result<Vec<u8>> {
    let mut kept = Kept::default();
    let fetched = origin.fetch(identity, range, &mut kept).await;
    if fetched.is_err() {
        assert_eq!(kept.0, b"", "none of these may deliver a byte");
    }
    fetched.map(|()| kept.0)
}

async fn kind(origin: &dyn Origin, identity: &Identity, range: Range<u64>) -> ErrorKind {
    fetch(origin, identity, range).await.expect_err("an error").kind()
}

async fn ranges_are_exact(world: &dyn World) {
    let body = content(1, 10_000);
    let identity = world.put("ranges", body.clone()).await;
    for range in [0..1, 0..10_000, 9_999..10_000, 1..9_999, 4_095..4_097, 5_000..5_001] {
        let got = fetch(world.origin(), &identity, range.start..range.end).await.unwrap();
        let wanted =
            &body[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
        assert!(got == wanted, "bytes {range:?} differ");
    }
}

async fn a_large_object_arrives_whole(world: &dyn World) {
    let length = 9 * 1024 * 1024 + 1;
    let body = content(2, length);
    let identity = world.put("large", body.clone()).await;
    let got = fetch(world.origin(), &identity, 0..identity.length()).await.unwrap();
    assert!(got == body, "{} bytes came of {length}", got.len());
}

async fn an_empty_range_asks_nobody(world: &dyn World) {
    let empty = world.put("empty", Vec::new()).await;
    assert_eq!(fetch(world.denied(), &empty, 0..0).await.unwrap(), b"");
    let some = world.put("some", content(3, 10)).await;
    assert_eq!(fetch(world.denied(), &some, 10..10).await.unwrap(), b"");
}

async fn a_range_must_be_within(world: &dyn World) {
    let identity = world.put("within", content(4, 10)).await;
    let backwards = Range { start: 5, end: 4 };
    for range in [0..11, 10..11, backwards, 0..u64::MAX] {
        assert_eq!(kind(world.origin(), &identity, range).await, ErrorKind::InvalidArgument);
    }
}

async fn another_version_is_no_answer(world: &dyn World) {
    for (key, length) in [("same-length", 1000), ("shorter", 10), ("longer", 2000)] {
        let first = world.put(key, content(5, 1000)).await;
        let body = content(6, length);
        let second = world.put(key, body.clone()).await;
        for range in [0..1000, 990..1000] {
            assert_eq!(kind(world.origin(), &first, range).await, ErrorKind::Changed, "{key}");
        }
        assert_eq!(fetch(world.origin(), &second, 0..second.length()).await.unwrap(), body);
    }
}

async fn a_missing_object_is_not_found(world: &dyn World) {
    let identity = world.put("missing", content(7, 10)).await;
    world.delete("missing").await;
    assert_eq!(kind(world.origin(), &identity, 0..10).await, ErrorKind::NotFound);
}

async fn without_rights_nothing_is_read(world: &dyn World) {
    let identity = world.put("denied", content(8, 10)).await;
    let error = fetch(world.denied(), &identity, 0..10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(error.path().ends_with("/denied"), "{error}");
}

struct Refusing;

impl Sink for Refusing {
    fn accept(&mut self, _bytes: Bytes) -> Result<()> {
        Err(Error::new(ErrorKind::Closed, "read", "the sink", "closed by its owner"))
    }
}

async fn a_sink_that_refuses(world: &dyn World) {
    let identity = world.put("refusing", content(9, 10)).await;
    let error = world.origin().fetch(&identity, 0..10, &mut Refusing).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Closed, "closed by its owner"));
}

async fn keys_are_exact(world: &dyn World) {
    // 1024 bytes; SeaweedFS has no segments above 255.
    let longest = vec!["s".repeat(204); 5].join("/");
    // Several of these would be each other's after one decoding too many or too few.
    let keys = [
        "year=2024/part one.parquet",
        "a b",
        "a%20b",
        "a+b",
        "a%2Fb",
        "a%252Fb",
        "a=b&c",
        "a?b",
        "a#b",
        "ü/日本.parquet",
        "u\u{308}",
        "~x'(1)*!",
        "[x]{y}|^`\"<>",
        "back\\slash",
        "...",
        "a;b:c@d$e,f",
        &longest,
    ];
    let mut written = Vec::new();
    for (seed, key) in (100..).zip(keys) {
        let body = content(seed, 64);
        written.push((world.put(key, body.clone()).await, body));
    }
    for (identity, body) in &written {
        let got = fetch(world.origin(), identity, 0..64).await;
        let key = &identity.location().key;
        assert_eq!(got.map_err(|error| error.to_string()).as_ref(), Ok(body), "{key}");
    }
    for key in ["a/../b", "./a", "a/.."] {
        let identity = crate::bytes_of::identity(&written[0].0.location().bucket, key, "e", 10);
        assert_eq!(kind(world.origin(), &identity, 0..10).await, ErrorKind::Unsupported, "{key:?}");
    }
}
