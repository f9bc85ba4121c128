//! What a user who doubts the cache can ask of it: nothing of some objects, and a second look.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::sync::Arc;

use forebay_cache::{CacheSettings, FillOutcome, HostCache};
use forebay_engine::metrics;
use forebay_testkit::content;
use forebay_testkit::origin::Bucket;
use forebay_types::{Identity, Location};
use support::{SEED, check, open, put, read, rig, rig_with};

const LENGTH: usize = 300_000;

fn counted(name: &str) -> u64 {
    metrics().into_iter().find(|metric| metric.name() == name).unwrap().get()
}

/// Waits for what another thread brings about.
fn eventually(mut holds: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed().as_secs() < 60, "it never came");
        std::thread::yield_now();
    }
}

#[test]
fn what_is_not_admitted_is_read_right_and_never_cached() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let hot = put(&bucket, "hot/a.parquet", 1, LENGTH);
    let cold = put(&bucket, "cold/a.parquet", 1, LENGTH);
    let long = put(&bucket, "hot/long.parquet", 1, 3 * LENGTH);
    let more =
        [("fs.forebay.cache.include", "hot/*"), ("fs.forebay.cache.max-object-size", "512KB")];
    for _ in 0..2 {
        let rig = rig_with(&bucket, Some(directory.path()), &more);
        for (key, version) in
            [("hot/a.parquet", &hot), ("cold/a.parquet", &cold), ("hot/long.parquet", &long)]
        {
            check(&open(&rig.store, key, version), key, 1, 0..version.length);
        }
        rig.engine.drain();
    }
    bucket.forget();
    let rig = rig(&bucket, Some(directory.path()));
    check(&open(&rig.store, "hot/a.parquet", &hot), "hot/a.parquet", 1, 0..hot.length);
    assert_eq!(bucket.requests().get, 0, "admitted and warm");
    for (key, version) in [("cold/a.parquet", &cold), ("hot/long.parquet", &long)] {
        bucket.forget();
        check(&open(&rig.store, key, version), key, 1, 0..version.length);
        assert!(bucket.requests().get > 0, "{key} was not cached");
    }
}

#[test]
fn a_second_look_finds_wrong_bytes_whose_check_is_right_and_drops_them() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, LENGTH);
    let location = Location {
        store: "s3".into(),
        endpoint: bucket.url().as_str().into(),
        bucket: Bucket::NAME.into(),
        key: "k".into(),
        settings: 0,
    };
    // As if a bug had put another version's bytes under this one's name, with checks that fit.
    let identity = Arc::new(Identity::new(location, version.clone()).unwrap());
    let settings = CacheSettings {
        directories: vec![directory.path().to_owned()],
        budget: Some(256 << 20),
        ..CacheSettings::default()
    };
    let cache = HostCache::open(settings).unwrap();
    let wrong = content::bytes(SEED, "k", 2, 0, LENGTH);
    assert_eq!(cache.fill(&identity, 0, wrong.into()), FillOutcome::Queued);
    cache.drain();
    drop(cache);
    let more = [("fs.forebay.validate.sample", "1")];
    let rig = rig_with(&bucket, Some(directory.path()), &more);
    let file = open(&rig.store, "k", &version);
    let before = counted("validate.wrong");
    let found = read(&file, 0..version.length).unwrap();
    assert!(content::check(SEED, "k", 1, 0, &found).is_err(), "nothing else could have told");
    // The comparison is made behind the read.
    eventually(|| counted("validate.wrong") > before);
    // Cells are dropped right after.
    eventually(|| {
        content::check(SEED, "k", 1, 0, &read(&file, 0..version.length).unwrap()).is_ok()
    });
    rig.engine.drain();
    check(&file, "k", 1, 0..version.length);
}
