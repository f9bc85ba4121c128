//! What every bucket must do beside being read: the same cases for each store.

use std::collections::BTreeSet;

use bytes::Bytes;
use forebay_origin::{Bucket, Existing, ListAsk, Page, Part, PartBody, Upload};
use forebay_types::{ErrorKind, Result};

use crate::bytes_of::content;

/// All but the last part are multiples of this, and at least twenty times as long.
const STEP: usize = 256 << 10;

/// Runs every case, on keys that begin with `prefix`.
pub(crate) async fn run(name: &str, bucket: &dyn Bucket) {
    what_is_written_is_listed(name, bucket).await;
    a_listing_goes_on_after_its_first_page(name, bucket).await;
    directories_are_seen_by_their_markers(name, bucket).await;
    of_many_writers_one_wins(name, bucket).await;
    parts_become_an_object(name, bucket).await;
    copies_and_deletions(name, bucket).await;
}

async fn list(bucket: &dyn Bucket, prefix: &str, by_directory: bool, most: u32) -> Page {
    let mut all = Page::default();
    let prefix = prefix.to_owned();
    let mut ask = ListAsk { prefix, by_directory, after: None, most };
    loop {
        let page = bucket.list(&ask).await.unwrap();
        all.objects.extend(page.objects);
        all.prefixes.extend(page.prefixes);
        let Some(next) = page.next else { return all };
        ask.after = Some(next);
    }
}

fn keys(page: &Page) -> BTreeSet<&str> {
    let objects = page.objects.iter().map(|object| object.key.as_str());
    objects.chain(page.prefixes.iter().map(String::as_str)).collect()
}

async fn put(bucket: &dyn Bucket, key: &str, length: usize) -> String {
    bucket.put(key, Bytes::from(content(1, length)), Existing::Replaced).await.unwrap()
}

async fn kind<T>(failing: impl Future<Output = Result<T>>) -> ErrorKind {
    failing.await.map(drop).expect_err("an error").kind()
}

async fn what_is_written_is_listed(name: &str, bucket: &dyn Bucket) {
    let mut etags = Vec::new();
    for key in ["w/a b", "w/p=1/%2F+ü", "w/q/r/s", "w/x?y#z&<>'\""] {
        etags.push((key, put(bucket, key, 1000).await));
    }
    let below = list(bucket, "w/", false, 0).await;
    for (key, etag) in &etags {
        let found = bucket.status(key).await.unwrap();
        assert_eq!((found.length, found.etag.as_ref()), (1000, Some(etag)), "{name} {key}");
        let listed = below.objects.iter().find(|object| object.key == *key);
        let listed = listed.unwrap_or_else(|| panic!("{name}: {key} is not listed"));
        assert_eq!((listed.length, listed.etag.as_ref()), (1000, Some(etag)), "{name} {key}");
        assert_eq!(bucket.head(key).await.unwrap().version.etag.bare(), etag, "{name} {key}");
    }
    assert_eq!(below.objects.len(), 4, "{name}");
    let within = list(bucket, "w/", true, 0).await;
    let expected = BTreeSet::from(["w/a b", "w/p=1/", "w/q/", "w/x?y#z&<>'\""]);
    assert_eq!(keys(&within), expected, "{name}");
    assert_eq!(kind(bucket.status("w/none")).await, ErrorKind::NotFound, "{name}");
    assert_eq!(list(bucket, "none/", true, 1).await, Page::default(), "{name}");
}

async fn a_listing_goes_on_after_its_first_page(name: &str, bucket: &dyn Bucket) {
    for at in 0..7 {
        put(bucket, &format!("pages/{at}/f"), 1).await;
        put(bucket, &format!("pages/{at}-x"), 1).await;
        bucket.put(&format!("pages/{at}/"), Bytes::new(), Existing::Replaced).await.unwrap();
    }
    for most in [1, 2, 3, 5, 1000] {
        let within = list(bucket, "pages/", true, most).await;
        // The stand-in for Google's store names directories again on every page.
        let again = name == "gcs";
        assert!(again || within.prefixes.len() == 7, "{name} {most}: {within:?}");
        assert_eq!((keys(&within).len(), within.objects.len()), (14, 7), "{name} {most}");
        let below = list(bucket, "pages/", false, most).await;
        let files = below.objects.iter().filter(|object| !object.key.ends_with('/')).count();
        assert_eq!((files, below.prefixes.len()), (14, 0), "{name} {most}");
    }
}

async fn directories_are_seen_by_their_markers(name: &str, bucket: &dyn Bucket) {
    bucket.put("d/e/", Bytes::new(), Existing::Replaced).await.unwrap();
    for by_directory in [false, true] {
        let empty = list(bucket, "d/e/", by_directory, 2).await;
        assert_eq!(keys(&empty), BTreeSet::from(["d/e/"]), "{name} {by_directory}");
    }
    assert_eq!(list(bucket, "d/", true, 0).await.prefixes, ["d/e/"], "{name}");
    assert_eq!(kind(bucket.status("d/e")).await, ErrorKind::NotFound, "{name}: it is no file");
    // Once more: it stays as it is.
    bucket.put("d/e/", Bytes::new(), Existing::Replaced).await.unwrap();
    bucket.delete("d/e/").await.unwrap();
    assert_eq!(list(bucket, "d/", true, 0).await, Page::default(), "{name}");

    put(bucket, "d/file", 3).await;
    bucket.delete("d/file/").await.unwrap();
    assert_eq!(bucket.status("d/file").await.unwrap().length, 3, "{name}: a file is no marker");
}

async fn of_many_writers_one_wins(name: &str, bucket: &dyn Bucket) {
    for round in 0..10 {
        let key = format!("race/{round}");
        let writers = (0..8_u64).map(|writer| {
            let body = Bytes::from(content(writer, 1000));
            bucket.put(&key, body, Existing::Kept)
        });
        let ended = futures::future::join_all(writers).await;
        let won = ended.iter().filter(|ended| ended.is_ok()).count();
        for lost in ended.into_iter().filter_map(Result::err) {
            assert_eq!(lost.kind(), ErrorKind::AlreadyExists, "{name}: {lost}");
        }
        assert_eq!(won, 1, "{name}: round {round}");
    }
}

async fn parts_of(
    bucket: &dyn Bucket,
    key: &str,
    existing: Existing,
    lengths: &[usize],
) -> (Upload, Vec<Part>) {
    let upload = bucket.begin_upload(key, existing).await.unwrap();
    let body = content(9, lengths.iter().sum());
    let (mut parts, mut at) = (Vec::new(), 0);
    for (number, length) in (1..).zip(lengths) {
        let bytes = Bytes::copy_from_slice(&body[at..at + length]);
        let last = at + length == body.len() && length % STEP != 0;
        let part = PartBody { number, offset: at as u64, last, bytes };
        parts.push(bucket.put_part(&upload, part).await.unwrap());
        at += length;
    }
    (upload, parts)
}

async fn parts_become_an_object(name: &str, bucket: &dyn Bucket) {
    for (round, lengths) in
        [&[20 * STEP, 24 * STEP, 77][..], &[20 * STEP, 20 * STEP]].iter().enumerate()
    {
        let key = format!("parts/{round}");
        let (upload, parts) = parts_of(bucket, &key, Existing::Replaced, lengths).await;
        let etag = bucket.complete_upload(&upload, &parts, Existing::Replaced).await.unwrap();
        let total: usize = lengths.iter().sum();
        let found = bucket.status(&key).await.unwrap();
        assert_eq!((found.length, found.etag), (total as u64, Some(etag.clone())), "{name}");
        let identity =
            crate::bytes_of::identity(&crate::bucket_of(name), &key, &etag, total as u64);
        let mut kept = crate::bytes_of::Kept::default();
        bucket.fetch(&identity, 0..total as u64, &mut kept).await.unwrap();
        assert!(kept.0 == content(9, total), "{name}: its bytes differ");
    }
    let (upload, _) = parts_of(bucket, "parts/given-up", Existing::Kept, &[20 * STEP]).await;
    bucket.abort_upload(&upload).await.unwrap();
    assert_eq!(kind(bucket.status("parts/given-up")).await, ErrorKind::NotFound, "{name}");
}

async fn copies_and_deletions(name: &str, bucket: &dyn Bucket) {
    let (from, to) = ("c/from =1/%2F", "c/to +ü");
    put(bucket, from, 5000).await;
    put(bucket, to, 1).await;
    bucket.copy(from, to, 5000).await.unwrap();
    assert_eq!(bucket.status(to).await.unwrap().length, 5000, "{name}");
    assert_eq!(kind(bucket.copy("c/none", to, 1)).await, ErrorKind::NotFound, "{name}");
    bucket.delete("c/none").await.unwrap();
    let both = [from.to_owned(), to.to_owned(), "c/none".to_owned()];
    assert_eq!(bucket.delete_page(&both).await.unwrap(), [], "{name}");
    assert_eq!(list(bucket, "c/", false, 0).await, Page::default(), "{name}");
}
