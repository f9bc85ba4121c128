//! The read path over a real socket: cold, warm, in a new process's engine, changed, closed.

mod support;

use std::sync::{Arc, Barrier};
use std::time::Instant;

use forebay_engine::{CELL, ETag, ErrorKind, Proof, ReadStep, Version};
use forebay_testkit::content;
use forebay_testkit::origin::Bucket;
use forebay_testkit::parquet::FileSpec;
use proptest::prelude::*;
use support::{SEED, check, delegate, open, put, read, rig, rig_with, settled_proof};

const MIB: u64 = 1 << 20;

#[test]
fn what_was_read_once_is_warm_for_a_second_engine_on_the_directory() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 40_000_003);
    // A disk that is slower than the store refuses what its queue can't hold, and the next reader
    // brings it: a disk shared with other tests may need a few.
    let brings = |_: &usize| {
        bucket.forget();
        let first = rig(&bucket, Some(directory.path()));
        check(&open(&first.store, "k", &version), "k", 1, 0..40_000_003);
        first.engine.drain();
        assert_eq!(first.engine.flight_bytes(), 0, "memory returns to the budget");
        bucket.requests().get > 0
    };
    let readers = (0..6).take_while(brings).count();
    assert!((1..6).contains(&readers), "{readers} readers found something missing");

    bucket.forget();
    let second = rig(&bucket, Some(directory.path()));
    let file = open(&second.store, "k", &version);
    check(&file, "k", 1, 0..40_000_003);
    check(&file, "k", 1, 12_345..39_000_001);
    assert_eq!(bucket.requests().get, 0);
    assert_eq!(file.read(40_000_003, &mut [0], 1).unwrap(), ReadStep::EndOfFile);
}

#[test]
fn a_file_brought_before_its_turn_is_proved_and_read_without_a_further_request() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let small = put(&bucket, "small", 1, 50_000);
    let large = put(&bucket, "large", 1, 5_000_000);
    let rig = rig(&bucket, Some(directory.path()));
    assert_eq!(rig.store.proof("small", small.clone()).unwrap(), Proof::None);
    for (key, version) in [("small", &small), ("large", &large)] {
        assert!(rig.store.bring(key, version.clone()).unwrap());
        rig.engine.drain();
        let proof = rig.store.proof(key, version.clone()).unwrap();
        assert!(matches!(proof, Proof::Given { .. }), "{key}: {proof:?}");
        assert!(!rig.store.bring(key, version.clone()).unwrap(), "{key} is there already");
        settled_proof(&rig, key, version);
    }
    bucket.forget();
    check(&open(&rig.store, "small", &small), "small", 1, 0..50_000);
    check(&open(&rig.store, "large", &large), "large", 1, 4_999_000..5_000_000);
    assert_eq!(bucket.requests().get, 0);

    // What is here is confirmed by a HEAD, so that the proof is no older than the last call.
    let before = Instant::now();
    assert!(!rig.store.bring("small", small.clone()).unwrap());
    let Proof::Given { age } = settled_proof(&rig, "small", &small) else {
        panic!("it was proved")
    };
    assert!(age <= before.elapsed());
    assert_eq!((bucket.requests().get, bucket.requests().head), (0, 1));

    let hearsay = Version { etag: ETag::strong("never-was").unwrap(), ..small };
    rig.store.bring("small", hearsay.clone()).unwrap();
    rig.engine.drain();
    assert_eq!(rig.store.proof("small", hearsay).unwrap(), Proof::None);
    assert!(!delegate(&rig, &bucket).bring("large", large).unwrap());
}

#[test]
fn without_a_directory_memory_serves_the_second_read() {
    let bucket = Bucket::start().unwrap();
    let version = put(&bucket, "k", 1, 3_000_000);
    let rig = rig(&bucket, None);
    let file = open(&rig.store, "k", &version);
    check(&file, "k", 1, 0..3_000_000);
    bucket.forget();
    check(&file, "k", 1, 500..2_999_999);
    assert_eq!(bucket.requests().get, 0);
}

#[test]
fn every_request_carries_the_pin_and_a_changed_object_is_an_error() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 20 << 20);
    let rig =
        rig_with(&bucket, Some(directory.path()), &[("fs.forebay.prefetch.enabled", "false")]);
    let file = open(&rig.store, "k", &version);
    check(&file, "k", 1, 0..MIB);
    put(&bucket, "k", 2, 20 << 20);
    let error = read(&file, 10 * MIB..11 * MIB).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Changed);
    check(&file, "k", 1, 0..MIB);
    let gets = bucket.seen();
    assert!(gets.iter().all(|seen| seen.if_match.is_some()), "{gets:?}");
}

#[test]
fn a_missing_object_is_not_found_each_time_anew() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 100_000);
    assert!(bucket.remove("k"));
    let rig = rig(&bucket, Some(directory.path()));
    let file = open(&rig.store, "k", &version);
    for _ in 0..2 {
        assert_eq!(read(&file, 0..10).unwrap_err().kind(), ErrorKind::NotFound);
    }
    bucket.put("k", content::bytes(SEED, "k", 1, 0, 100_000));
    let again = read(&file, 0..10).map(|bytes| bytes.len());
    assert!(
        matches!(&again, Err(error) if error.kind() == ErrorKind::Changed),
        "a new object under the key has another ETag: {again:?}"
    );
}

#[test]
fn many_readers_of_a_cold_object_share_its_fetches() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let length = 16 * MIB;
    let version = put(&bucket, "k", 1, usize::try_from(length).unwrap());
    let rig = rig(&bucket, Some(directory.path()));
    let start = Arc::new(Barrier::new(8));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let (start, file) = (Arc::clone(&start), open(&rig.store, "k", &version));
            scope.spawn(move || {
                start.wait();
                check(&file, "k", 1, 0..length);
            });
        }
    });
    assert_eq!(bucket.requests().get_bytes, length, "each byte once");
}

#[test]
fn what_a_reader_does_not_need_is_served_but_not_fetched() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 20 << 20);
    let rig =
        rig_with(&bucket, Some(directory.path()), &[("fs.forebay.prefetch.enabled", "false")]);
    let file = open(&rig.store, "k", &version);
    let mut window = vec![0; 128 << 10];
    let read = loop {
        match file.read(5 * MIB + 7, &mut window, 8).unwrap() {
            ReadStep::Bytes(read) => break read,
            ReadStep::Pending => {}
            step @ (ReadStep::EndOfFile | ReadStep::Delegate) => panic!("{step:?}"),
        }
    };
    assert!((8..=usize::try_from(CELL).unwrap()).contains(&read), "{read}");
    content::check(SEED, "k", 1, 5 * MIB + 7, &window[..read]).unwrap();
    assert_eq!(bucket.requests().get_bytes, CELL, "the one cell that was needed");
}

#[test]
fn a_closed_file_answers_closed_and_leaves_nothing_behind() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 1 << 20);
    let rig = rig(&bucket, Some(directory.path()));
    let file = open(&rig.store, "k", &version);
    check(&file, "k", 1, 0..100);
    file.close();
    file.close();
    assert_eq!(file.read(0, &mut [0], 1).unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(file.want(&[0..1, 5..6]).unwrap_err().kind(), ErrorKind::Closed);
    rig.store.close();
    let reopened = rig.store.open_file("k", version, forebay_engine::ReadHints::default());
    assert_eq!(reopened.unwrap_err().kind(), ErrorKind::Closed);
}

#[test]
fn a_host_that_fetches_itself_is_asked_for_each_byte_once() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 5_000_000);
    let rig = rig(&bucket, Some(directory.path()));
    let store = delegate(&rig, &bucket);
    let file = open(&store, "k", &version);
    let mut into = vec![0; 100_000];
    assert_eq!(file.read(4_000_000, &mut into, 100_000).unwrap(), ReadStep::Delegate);
    let claims = file.claims(4_000_000, 100_000).unwrap();
    assert!(!claims.is_empty());
    assert!(file.claims(4_000_000, 100_000).unwrap().is_empty(), "claimed already");
    for claim in &claims {
        let bytes =
            content::bytes(SEED, "k", 1, claim.offset, usize::try_from(claim.length).unwrap());
        for piece in bytes.chunks(30_000) {
            file.land(claim.flight, piece).unwrap();
        }
        assert_eq!(file.land(claim.flight, b"x").unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    assert_eq!(file.read(4_000_000, &mut into, 100_000).unwrap(), ReadStep::Bytes(100_000));
    content::check(SEED, "k", 1, 4_000_000, &into).unwrap();
    rig.engine.drain();
    assert_eq!(rig.engine.flight_bytes(), 0);
    assert_eq!(bucket.requests().get, 0, "the library itself asked for nothing");
}

#[test]
fn an_abandoned_claim_can_be_claimed_again() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 100_000);
    let rig = rig(&bucket, Some(directory.path()));
    let file = open(&delegate(&rig, &bucket), "k", &version);
    let first = file.claims(0, 10).unwrap();
    file.abandon(first[0].flight);
    assert_eq!(file.read(0, &mut [0], 1).unwrap(), ReadStep::Delegate);
    let second = file.claims(0, 10).unwrap();
    assert_eq!((first[0].offset, second[0].offset), (0, 0));
    assert_ne!(first[0].flight, second[0].flight);
    file.close();
    assert_eq!(rig.engine.flight_bytes(), 0, "closing gives claims up");
}

#[test]
fn a_scan_of_two_columns_fetches_them_once_and_little_else() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let spec = FileSpec { rows: 20_000, page_rows: 5_000, ..FileSpec::grid(8, 4) };
    let built = spec.build().unwrap();
    let etag = bucket.put("t.parquet", built.bytes.clone());
    let version = forebay_engine::Version {
        etag: forebay_engine::ETag::strong(&etag).unwrap(),
        length: built.length(),
        version_id: None,
    };
    let rig = rig_with(
        &bucket,
        Some(directory.path()),
        &[("fs.forebay.prefetch.small-file", "0"), ("fs.forebay.prefetch.gap", "0")],
    );
    let footer = open(&rig.store, "t.parquet", &version);
    let end = built.length();
    assert_eq!(read(&footer, end - 8..end).unwrap(), built.bytes[built.bytes.len() - 8..]);
    footer.close();
    let data = open(&rig.store, "t.parquet", &version);
    for group in &built.chunks {
        for column in [1, 5] {
            let range = group[column].clone();
            let wanted = &built.bytes
                [usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
            assert!(read(&data, range).unwrap() == wanted);
        }
    }
    let statistics = data.statistics();
    assert!(statistics.ahead_flights > 0, "{statistics:?}");
    assert!(statistics.demand_flights <= 4, "later row groups come ahead: {statistics:?}");
    let needed: u64 =
        built.chunks.iter().flat_map(|group| [&group[1], &group[5]]).map(|r| r.end - r.start).sum();
    let moved = bucket.requests().get_bytes;
    // Rounding to cells costs up to two cells a chunk, the tail 64 KiB.
    assert!(moved <= needed + 8 * 2 * CELL + 65_536 + CELL, "{moved} for {needed}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_of_reads_gives_the_object_s_bytes(
        length in 1usize..3_000_000,
        reads in prop::collection::vec((any::<prop::sample::Index>(), 1u64..400_000), 1..30),
        on_disk in any::<bool>(),
    ) {
        let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
        let version = put(&bucket, "k", 3, length);
        let rig = rig(&bucket, on_disk.then(|| directory.path()));
        let file = open(&rig.store, "k", &version);
        for (at, wanted) in reads {
            let start = at.index(length) as u64;
            check(&file, "k", 3, start..(start + wanted).min(length as u64));
        }
        file.close();
        rig.engine.drain();
    }
}
