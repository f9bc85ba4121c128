//! What becomes of fetches that a store refuses for now, and of those that nobody waits for any more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod support;

use std::time::Duration;

use forebay_engine::Asker;
use forebay_testkit::faults::{Faults, OriginFault};
use forebay_testkit::origin::Bucket;
use support::{check, open, put, rig, rig_with, store_on};

const MIB: u64 = 1 << 20;

fn metric(name: &str) -> u64 {
    let all = forebay_engine::metrics();
    all.iter().find(|metric| metric.name() == name).unwrap().get()
}

#[test]
fn a_store_that_asks_for_fewer_requests_is_sent_fewer_and_every_byte_comes() {
    let bucket = Bucket::start().unwrap();
    let version = put(&bucket, "k", 1, 20_000_000);
    let before = metric("fetch.slowed-down");
    for fault in [OriginFault::SlowDown, OriginFault::TooMany] {
        bucket.set_faults(Some(Faults::new(7, &[(fault, 300_000)], "", Duration::ZERO)));
        let rig = rig(&bucket, None);
        check(&open(&rig.store, "k", &version), "k", 1, 0..20_000_000);
        rig.engine.drain();
        assert_eq!(rig.engine.flight_bytes(), 0);
    }
    assert!(metric("fetch.slowed-down") > before + 1, "{:?}", bucket.injected());
    assert!(metric("fetch.slowed-to") < 32);
}

#[test]
fn what_a_closed_stream_asked_for_never_leaves_and_what_another_waits_for_does() {
    let bucket = Bucket::start().unwrap();
    let version = put(&bucket, "k", 1, 64 << 20);
    // One request at a time, and the first is never answered: all that follows waits for its turn.
    let hang = Duration::from_secs(600);
    bucket.set_faults(Some(Faults::new(7, &[(OriginFault::HungFirstByte, 1_000_000)], "", hang)));
    let patience =
        [("fs.forebay.fetch.concurrency", "1"), ("fs.forebay.origin.stall-timeout", "3s")];
    let rig = rig_with(&bucket, None, &patience);
    let (killed, other) = (open(&rig.store, "k", &version), open(&rig.store, "k", &version));
    killed.want(&[0..MIB, 16 * MIB..17 * MIB, 32 * MIB..33 * MIB]).unwrap();
    let reader = std::thread::spawn(move || check(&other, "k", 1, 32 * MIB..33 * MIB));
    killed.close();
    bucket.set_faults(None);
    reader.join().unwrap();
    rig.engine.drain();
    let asked: Vec<_> = bucket.seen().into_iter().filter_map(|seen| seen.range).collect();
    let of = |start: u64| format!("bytes={start}-");
    assert!(!asked.iter().any(|range| range.starts_with(&of(16 * MIB))), "{asked:?}");
    assert!(asked.iter().any(|range| range.starts_with(&of(32 * MIB))), "{asked:?}");
    assert_eq!(rig.engine.flight_bytes(), 0);
}

#[test]
fn a_file_system_that_comes_after_another_uses_its_connections() {
    let bucket = Bucket::start().unwrap();
    let version = put(&bucket, "k", 1, 100_000);
    let rig = rig_with(&bucket, None, &[("fs.forebay.fetch.concurrency", "1")]);
    rig.store.close();
    for _ in 0..20 {
        let store = store_on(&rig.engine, &bucket);
        // Each has forgotten what the others read.
        store.inquire("k", None, None, Asker::Begins).unwrap();
        rig.engine.drain();
        check(&open(&store, "k", &version), "k", 1, 0..100_000);
        store.close();
    }
    assert!(bucket.requests().get + bucket.requests().head >= 20, "{:?}", bucket.requests());
    // One would do; but a connection may come back only after its answer has been read.
    assert!(bucket.connections() < 10, "{}", bucket.connections());
}
