//! Readers of columns over a real socket: what they wait for, and what has come before they ask.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::ops::Range;
use std::sync::Arc;

use forebay_engine::{ETag, File, Version};
use forebay_testkit::orc;
use forebay_testkit::origin::Bucket;
use forebay_testkit::parquet::{Column, FileSpec, ParquetFile};
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

/// A Parquet file of four row groups with eight columns of 80 KB each, and the places of its chunks.
fn parquet_file(seed: u64) -> ParquetFile {
    let columns = vec![Column::Bytes { width: 80 }; 8];
    FileSpec { columns, row_groups: 4, rows: 1000, page_rows: 500, seed }.build().unwrap()
}

/// Two columns of every row group, one after the other, as Spark 3.5 and Hive read them; the number of
/// fetches that were begun because the reader needed them.
fn two_columns(rig: &Rig, file: &Arc<File>, parquet: &ParquetFile) -> u64 {
    let length = parquet.bytes.len() as u64;
    take(rig, file, &parquet.bytes, &(length - 8..length));
    for group in &parquet.chunks {
        for column in [1, 5] {
            take(rig, file, &parquet.bytes, &group[column]);
        }
    }
    file.statistics().demand_flights
}

#[test]
fn the_second_file_of_a_table_has_its_columns_with_the_first_read() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let rig = rig_with(&bucket, Some(directory.path()), &[LARGE, ("fs.forebay.prefetch.gap", "0")]);
    let mut waits = Vec::new();
    for (key, seed) in [("t/day=1/a", 1), ("t/day=2/b", 2)] {
        let parquet = parquet_file(seed);
        let version = put(&bucket, key, &parquet.bytes);
        let file = open(&rig.store, key, &version);
        waits.push(two_columns(&rig, &file, &parquet));
        let told = file.describe();
        for part in
            ["4 row groups of 8 columns, looks ", "ms stalled, by reason: ", "of those ahead "]
        {
            assert!(told.contains(part), "{told}");
        }
        file.close();
    }
    assert_eq!(waits, [3, 2], "tail and one wait per column; then tail and one wait for both");
}

#[test]
fn a_stream_that_starts_warm_looks_ahead_where_the_cache_ends() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let more = [LARGE, ("fs.forebay.prefetch.gap", "0"), ("fs.forebay.prefetch.row-groups", "0")];
    let rig = rig_with(&bucket, Some(directory.path()), &more);
    let parquet = parquet_file(1);
    let version = put(&bucket, "k", &parquet.bytes);
    let length = parquet.bytes.len() as u64;
    let first = open(&rig.store, "k", &version);
    take(&rig, &first, &parquet.bytes, &(length - 8..length));
    for column in [1, 5] {
        take(&rig, &first, &parquet.bytes, &parquet.chunks[0][column]);
    }
    first.close();
    let second = open(&rig.store, "k", &version);
    let waits = two_columns(&rig, &second, &parquet);
    assert_eq!(waits, 3, "one wait for each row group that isn't in the cache");
}

#[test]
fn a_vectored_read_begins_each_range_once_and_close_ones_together() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let rig = rig_with(&bucket, Some(directory.path()), &[LARGE]);
    let layout = orc::layout(&[vec![100, 40_000, 300_000, 9, 33, 2_000_000]], 0);
    let bytes = layout.file(3);
    let version = put(&bucket, "k", &bytes);
    let file = open(&rig.store, "k", &version);
    let ranges: Vec<Range<u64>> = layout.stripes[0].columns[..5].to_vec();
    file.want(&ranges).unwrap();
    for range in &ranges {
        take(&rig, &file, &bytes, range);
    }
    assert_eq!((bucket.requests().get, file.statistics().demand_flights), (1, 1));
}

#[test]
fn counting_rows_takes_one_request_per_file() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let rig = rig_with(&bucket, Some(directory.path()), &[LARGE]);
    for number in 0..3 {
        let parquet = parquet_file(number);
        let key = format!("t/{number}");
        let version = put(&bucket, &key, &parquet.bytes);
        let length = parquet.bytes.len() as u64;
        // Opened twice, as Spark does; eight bytes, then the footer.
        for _ in 0..2 {
            let file = open(&rig.store, &key, &version);
            take(&rig, &file, &parquet.bytes, &(length - 8..length));
            take(&rig, &file, &parquet.bytes, &(parquet.footer.start..length - 8));
            file.close();
        }
        assert_eq!(bucket.requests().get, number + 1);
    }
}
