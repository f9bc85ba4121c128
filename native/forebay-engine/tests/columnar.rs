//! Readers of columns over a real socket: what they wait for, and what has come before they ask.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::ops::Range;
use std::sync::Arc;

use forebay_engine::{ETag, File, Version};
use forebay_testkit::orc;
use forebay_testkit::origin::Bucket;
use support::{Rig, open, read, rig_with};

const KIB: u64 = 1 << 10;

/// Small files are not fetched whole, so that a test's file can be small.
const LARGE: (&str, &str) = ("fs.forebay.prefetch.small-file", "0");

fn put(bucket: &Bucket, key: &str, bytes: &[u8]) -> Version {
    let length = bytes.len() as u64;
    let etag = bucket.put(key, bytes.to_vec());
    Version { etag: ETag::strong(&etag).unwrap(), length, version_id: None }
}

/// Reads, checks, and lets everything that was asked for land before the next read.
fn take(rig: &Rig, file: &File, bytes: &[u8], range: &Range<u64>) {
    let found = read(file, range.clone()).unwrap();
    let expected = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
    assert!(found == bytes[expected], "{range:?}");
    rig.engine.drain();
}

/// Spark 3.5's reader of ORC: the tail; then, per stripe, its footer twice and each run of columns.
fn scan(rig: &Rig, file: &Arc<File>, bytes: &[u8], layout: &orc::OrcLayout) -> Vec<u64> {
    take(rig, file, bytes, &(layout.length - 16 * KIB..layout.length));
    let mut waits = vec![file.statistics().demand_flights];
    for stripe in &layout.stripes {
        take(rig, file, bytes, &stripe.footer);
        take(rig, file, bytes, &stripe.footer);
        take(rig, file, bytes, &(stripe.columns[1].start..stripe.columns[2].end));
        take(rig, file, bytes, &stripe.columns[4]);
        waits.push(file.statistics().demand_flights);
    }
    waits
}

#[test]
fn an_orc_scan_waits_in_its_first_stripe_only() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let layout = orc::layout(&vec![vec![300 * KIB; 6]; 5], 8 * KIB);
    let bytes = layout.file(11);
    let version = put(&bucket, "part-00000", &bytes);
    let rig = rig_with(&bucket, Some(directory.path()), &[LARGE]);
    let file = open(&rig.store, "part-00000", &version);
    let waits = scan(&rig, &file, &bytes, &layout);
    assert_eq!(waits, [1, 4, 4, 4, 4, 4], "tail, a stripe's footer, two runs; then nothing");
    let needed = 5 * 3 * 300 * KIB;
    let moved = bucket.requests().get_bytes;
    assert!(moved < needed + needed / 10 + 64 * KIB, "{moved} for {needed}");
    assert!(bucket.requests().get <= 1 + 5 * 3, "{:?}", bucket.requests());
}
