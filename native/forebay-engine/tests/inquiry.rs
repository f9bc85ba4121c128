//! What a file is, asked by the request that brings its first bytes; requests are counted at the store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod support;

use std::sync::Arc;

use forebay_engine::{Answer, Asker, ETag, ErrorKind, Proof, Status, Store, Version};
use forebay_testkit::origin::Bucket;
use forebay_testkit::parquet::FileSpec;
use support::{check, delegate, open, put, read, rig, rig_with, store_on};

fn answer(store: &Arc<Store>, key: &str, known: Option<&Version>, expected: Option<u64>) -> Answer {
    let inquiry = store.inquire(key, known.cloned(), expected, Asker::Begins).unwrap();
    loop {
        match inquiry.answer() {
            Answer::UnderWay => {}
            settled @ (Answer::Present(_) | Answer::Unchanged | Answer::Unsettled(_)) => {
                return settled;
            }
        }
    }
}

fn present(store: &Arc<Store>, key: &str, known: Option<&Version>) -> Status {
    match answer(store, key, known, None) {
        Answer::Present(status) => status,
        other @ (Answer::UnderWay | Answer::Unchanged | Answer::Unsettled(_)) => {
            panic!("{key}: {other:?}")
        }
    }
}

/// GETs with a body, GETs without, HEADs.
fn asked(bucket: &Bucket) -> (u64, u64, u64) {
    let requests = bucket.requests();
    assert_eq!(requests.failed, 0, "{:?}", bucket.seen());
    (requests.get, requests.get_not_modified, requests.head)
}

const BY_GET: [(&str, &str); 1] = [("fs.forebay.status.revalidate", "get")];

#[test]
fn one_request_brings_the_status_and_the_bytes_that_are_read_first() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let large = put(&bucket, "t/large", 1, 5_000_000);
    let small = put(&bucket, "s/small", 1, 50_000);
    let rig = rig(&bucket, Some(directory.path()));
    assert_eq!(present(&rig.store, "t/large", None).version, large);
    assert_eq!(present(&rig.store, "s/small", None).version, small);
    rig.engine.drain();
    check(&open(&rig.store, "t/large", &large), "t/large", 1, 4_940_000..5_000_000);
    check(&open(&rig.store, "s/small", &small), "s/small", 1, 0..50_000);
    assert_eq!(asked(&bucket), (2, 0, 0));
    let proof = rig.store.proof("t/large", large).unwrap();
    assert!(matches!(proof, Proof::Given { .. }), "{proof:?}");

    // Where a directory's files are small the next one comes whole, also the first time.
    let next = put(&bucket, "s/next", 1, 900_000);
    assert_eq!(present(&rig.store, "s/next", None).version, next);
    rig.engine.drain();
    check(&open(&rig.store, "s/next", &next), "s/next", 1, 0..900_000);
    assert_eq!(asked(&bucket), (3, 0, 0));
    assert_eq!(rig.engine.flight_bytes(), 0);
}

#[test]
fn what_is_at_hand_is_confirmed_without_a_body() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 3_000_000);
    for (more, expected) in [(&[][..], (0, 0, 1)), (&BY_GET[..], (0, 1, 0))] {
        let rig = rig_with(&bucket, Some(directory.path()), more);
        present(&rig.store, "k", None);
        rig.engine.drain();
        bucket.forget();
        let again = answer(&rig.store, "k", Some(&version), None);
        assert!(
            again == Answer::Unchanged
                || matches!(&again, Answer::Present(now) if now.version == version),
            "{again:?}"
        );
        assert_eq!(asked(&bucket), expected);
    }

    // A new process knows from the cache what it may ask about, and nothing else.
    let rig = rig_with(&bucket, Some(directory.path()), &BY_GET);
    bucket.forget();
    assert_eq!(present(&rig.store, "k", None).version, version);
    assert_eq!(asked(&bucket), (0, 0, 1));
    let other = store_on(&rig.engine, &bucket);
    assert_eq!(other.proof("k", version).unwrap(), Proof::None, "it is this store's proof");
}

#[test]
fn a_change_is_seen_whichever_way_it_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    for more in [&[][..], &BY_GET[..]] {
        let bucket = Bucket::start().unwrap();
        let old = put(&bucket, "k", 1, 300_000);
        let rig = rig_with(&bucket, Some(directory.path()), more);
        present(&rig.store, "k", None);
        rig.engine.drain();
        let new = put(&bucket, "k", 2, 310_000);
        assert_eq!(present(&rig.store, "k", Some(&old)).version, new);
        check(&open(&rig.store, "k", &new), "k", 2, 0..310_000);
        assert!(bucket.remove("k"));
        let gone = answer(&rig.store, "k", Some(&new), None);
        assert_eq!(gone, Answer::Unsettled(ErrorKind::NotFound));
    }
}

#[test]
fn of_an_object_under_a_key_only_bytes_prove_the_right_to_read_it() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 3_000_000);
    bucket.seal("k");
    let first = rig_with(&bucket, Some(directory.path()), &BY_GET);
    present(&first.store, "k", None);
    first.engine.drain();
    for known in [Some(&version), None] {
        bucket.forget();
        assert_eq!(present(&first.store, "k", known).version, version);
        assert_eq!(asked(&bucket), (1, 0, 0), "what is known to be sealed is asked for by bytes");
    }
    let other = store_on(&first.engine, &bucket);
    bucket.forget();
    assert_eq!(present(&other, "k", Some(&version)).version, version);
    assert_eq!(asked(&bucket), (1, 0, 1), "a HEAD tells that it is not enough");
}

#[test]
fn what_cannot_be_settled_is_left_to_another_way() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    put(&bucket, "empty", 1, 0);
    let rig = rig(&bucket, Some(directory.path()));
    let unsettled = |key: &str| match answer(&rig.store, key, None, None) {
        Answer::Unsettled(kind) => kind,
        other @ (Answer::UnderWay | Answer::Unchanged | Answer::Present(_)) => panic!("{other:?}"),
    };
    assert_eq!(unsettled("never"), ErrorKind::NotFound);
    assert_eq!(unsettled("empty"), ErrorKind::Changed, "no range lies in it");
    assert_eq!(unsettled("a//b"), ErrorKind::NotFound);
    assert_eq!(unsettled("a/../b"), ErrorKind::Unsupported);
    assert!(delegate(&rig, &bucket).inquire("k", None, None, Asker::Begins).is_err());
    rig.store.close();
    let closed = rig.store.inquire("k", None, None, Asker::Begins).unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Closed);
    rig.engine.drain();
    assert_eq!(rig.engine.flight_bytes(), 0);
}

#[test]
fn who_is_told_of_a_file_finds_its_bytes_on_their_way() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let rig = rig(&bucket, Some(directory.path()));
    for file in 0..300 {
        let key = format!("t/{file}");
        let version = put(&bucket, &key, 1, 2_000_000);
        bucket.forget();
        answer(&rig.store, &key, None, None);
        check(&open(&rig.store, &key, &version), &key, 1, 1_999_000..2_000_000);
        assert_eq!(bucket.requests().get, 1, "{key}");
    }
}

#[test]
fn a_task_that_goes_on_finds_the_columns_it_reads_next_on_their_way() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let spec = FileSpec { rows: 20_000, page_rows: 5_000, ..FileSpec::grid(8, 4) };
    let built = spec.build().unwrap();
    let put = |key: &'static str| {
        let etag = ETag::strong(&bucket.put(key, built.bytes.clone())).unwrap();
        (key, Version { etag, length: built.length(), version_id: None })
    };
    let [first, second, third] = ["t/1.parquet", "t/2.parquet", "t/3.parquet"].map(put);
    let rig = rig_with(&bucket, Some(directory.path()), &[("fs.forebay.prefetch.small-file", "0")]);
    let columns = |group: usize| [built.chunks[group][1].clone(), built.chunks[group][5].clone()];
    let ask = |key: &str, asker: Asker| {
        bucket.forget();
        rig.store.inquire(key, None, None, asker).unwrap();
        rig.engine.drain();
        bucket.requests().get
    };

    assert_eq!(ask(first.0, Asker::GoesOn), 1, "nobody has read anything yet");
    let stream = open(&rig.store, first.0, &first.1);
    for range in (0..built.chunks.len()).flat_map(columns) {
        read(&stream, range).unwrap();
    }
    stream.close();

    assert_eq!(ask(third.0, Asker::Begins), 1, "who begins may want anything");
    assert!(ask(second.0, Asker::GoesOn) > 1, "the columns come with the status");
    assert_eq!(ask(second.0, Asker::GoesOn), 0, "once");
    let stream = open(&rig.store, second.0, &second.1);
    for range in columns(0) {
        let from = usize::try_from(range.start).unwrap();
        let bytes = read(&stream, range).unwrap();
        assert!(bytes[..] == built.bytes[from..from + bytes.len()]);
    }
    assert_eq!(stream.statistics().demand_flights, 0, "{}", stream.describe());
}
