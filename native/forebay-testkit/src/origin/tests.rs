use super::condition::{Part, part};
use super::*;
use crate::raw_http::{Message, Peer};

fn bucket() -> (Bucket, Peer) {
    let bucket = Bucket::start().unwrap();
    let peer = Peer::connect(&bucket.url());
    (bucket, peer)
}

#[test]
fn an_object_comes_whole_in_part_and_by_its_end() {
    let (bucket, mut peer) = bucket();
    let etag = bucket.put("a/b c", "0123456789");
    let whole = peer.ask("GET /lake/a/b%20c", &[]);
    assert_eq!((whole.status(), whole.text()), (200, "0123456789"));
    assert_eq!(whole.header("etag"), Some(etag.as_str()));
    assert_eq!(whole.header("last-modified"), Some("Thu, 01 Jan 2026 00:00:01 GMT"));
    for (range, text, place) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=-99", "0123456789", "bytes 0-9/10"),
    ] {
        let part = peer.ask("GET /lake/a/b%20c", &[("Range", range)]);
        assert_eq!((part.status(), part.text()), (206, text), "{range}");
        assert_eq!(part.header("content-range"), Some(place), "{range}");
    }
    let head = peer.ask("HEAD /lake/a/b%20c", &[]);
    assert_eq!((head.status(), head.header("content-length")), (200, Some("10")));
    let beyond = peer.ask("GET /lake/a/b%20c", &[("Range", "bytes=10-")]);
    assert_eq!((beyond.status(), beyond.header("content-range")), (416, Some("bytes */10")));
    let expected = Requests { get: 6, head: 1, failed: 1, get_bytes: 31, ..Requests::default() };
    assert_eq!(bucket.requests(), expected);
    assert_eq!(bucket.seen()[1].range.as_deref(), Some("bytes=2-4"));
}

#[test]
fn ranges_resolve_as_s3_does() {
    let cases = [
        (None, 5, Part::Whole),
        (Some("bytes=0-0"), 5, Part::Of(0..1)),
        (Some("bytes=4-"), 5, Part::Of(4..5)),
        (Some("bytes=5-"), 5, Part::Beyond),
        (Some("bytes=-0"), 5, Part::Beyond),
        (Some("bytes=0-"), 0, Part::Beyond),
        (Some("bytes=3-2"), 5, Part::Whole),
        (Some("bytes=0-1,3-4"), 5, Part::Whole),
        (Some("bytes=x-4"), 5, Part::Whole),
        (Some("bytes=-"), 5, Part::Whole),
        (Some("rows=0-1"), 5, Part::Whole),
        (Some("bytes=0-18446744073709551615"), 5, Part::Of(0..5)),
    ];
    for (header, length, expected) in cases {
        assert_eq!(part(header, length), expected, "{header:?} of {length}");
    }
}

#[test]
fn preconditions_hold_and_overwriting_changes_the_etag() {
    let (bucket, mut peer) = bucket();
    let old = bucket.put("k", "same");
    let get = "GET /lake/k";
    assert_eq!(peer.ask(get, &[("If-Match", &old)]).status(), 200);
    assert_eq!(peer.ask(get, &[("If-Match", old.trim_matches('"'))]).status(), 200);
    let same = peer.ask(get, &[("If-None-Match", &old)]);
    assert_eq!((same.status(), same.header("etag"), same.text()), (304, Some(old.as_str()), ""));
    let new = bucket.put("k", "same");
    assert_ne!(old, new);
    let changed = peer.ask(get, &[("If-Match", &old), ("Range", "bytes=0-1")]);
    assert_eq!((changed.status(), changed.tags("Code")), (412, vec!["PreconditionFailed"]));
    assert_eq!(peer.ask(get, &[("If-None-Match", &old)]).text(), "same");
    let either = format!("{old}, {new}");
    assert_eq!(peer.ask("HEAD /lake/k", &[("If-Match", &either)]).status(), 200);
    assert_eq!(peer.ask("HEAD /lake/k", &[("If-None-Match", &new)]).status(), 304);
    let counts = bucket.requests();
    assert_eq!((counts.get, counts.get_not_modified, counts.head, counts.failed), (3, 1, 2, 1));
}

#[test]
fn what_is_missing_is_named_in_s3s_words() {
    let (bucket, mut peer) = bucket();
    let missing = peer.ask("GET /lake/no%26where", &[]);
    assert_eq!((missing.status(), missing.tags("Code")), (404, vec!["NoSuchKey"]));
    assert_eq!(missing.tags("Resource"), vec!["no&amp;where"]);
    assert_eq!(peer.ask("HEAD /lake/nowhere", &[]).status(), 404);
    assert_eq!(peer.ask("GET /sea/k", &[]).tags("Code"), vec!["NoSuchBucket"]);
    assert_eq!(peer.ask("GET /lake/k?tagging", &[]).status(), 501);
    assert_eq!(peer.ask("POST /lake/k?uploads", &[("Content-Length", "0")]).status(), 501);
    assert_eq!(bucket.requests().failed, 5);
}

#[test]
fn writes_take_preconditions_too() {
    let (bucket, mut peer) = bucket();
    let put = |peer: &mut Peer, headers: &[(&str, &str)], body: &str| {
        peer.ask_with("PUT /lake/w", headers, Some(body.as_bytes()))
    };
    assert_eq!(put(&mut peer, &[("If-Match", "\"x\"")], "0").status(), 404);
    let first = put(&mut peer, &[("If-None-Match", "*")], "1");
    assert_eq!(first.status(), 200);
    assert_eq!(put(&mut peer, &[("If-None-Match", "*")], "2").status(), 412);
    let etag = first.header("etag").unwrap();
    assert_eq!(put(&mut peer, &[("If-Match", etag)], "3").status(), 200);
    assert_eq!(put(&mut peer, &[("If-Match", etag)], "4").status(), 412);
    assert_eq!(bucket.get("w").as_deref(), Some(&b"3"[..]));
    assert_eq!(peer.ask("DELETE /lake/w", &[]).status(), 204);
    assert_eq!(bucket.get("w"), None);
    assert!(!bucket.remove("w"));
    let counts = bucket.requests();
    assert_eq!((counts.put, counts.delete, counts.failed), (2, 1, 3));
    bucket.forget();
    assert_eq!(bucket.requests(), Requests::default());
}

fn pages(peer: &mut Peer, query: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let page = peer.ask(&format!("GET /lake?list-type=2&{query}{token}"), &[]);
        assert_eq!(page.status(), 200, "{query}");
        let owned = |tags: Vec<&str>| tags.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let common = |page: &Message| {
            let all = page.tags("CommonPrefixes");
            all.iter().map(|it| it[8..it.len() - 9].to_owned()).collect::<Vec<_>>()
        };
        pages.push((owned(page.tags("Key")), common(&page)));
        let next = page.tags("NextContinuationToken");
        assert_eq!(page.tags("IsTruncated"), [if next.is_empty() { "false" } else { "true" }]);
        let Some(next) = next.first() else { return pages };
        token = format!("&continuation-token={next}");
    }
}

#[test]
fn listings_have_prefixes_delimiters_and_pages() {
    let (bucket, mut peer) = bucket();
    let keys = ["a", "t/_m", "t/p=1/a", "t/p=1/b", "t/p=2/a", "t/x", "t/x/", "u"];
    keys.iter().for_each(|key| _ = bucket.put(key, *key));
    let all = pages(&mut peer, "");
    assert_eq!(all, [(keys.map(str::to_owned).to_vec(), vec![])]);
    let (found, prefixes) = pages(&mut peer, "prefix=t/&delimiter=/").remove(0);
    assert_eq!(
        (found, prefixes),
        (
            vec!["t/_m".to_owned(), "t/x".to_owned()],
            vec!["t/p=1/".to_owned(), "t/p=2/".to_owned(), "t/x/".to_owned()],
        )
    );
    for size in 1..=5 {
        let paged = pages(&mut peer, &format!("prefix=t%2F&delimiter=%2F&max-keys={size}"));
        assert_eq!(paged.len(), 5_usize.div_ceil(size), "{paged:?}");
        let (keys, prefixes): (Vec<_>, Vec<_>) = paged.into_iter().unzip();
        assert_eq!(keys.concat(), ["t/_m", "t/x"]);
        assert_eq!(prefixes.concat(), ["t/p=1/", "t/p=2/", "t/x/"]);
    }
    assert_eq!(pages(&mut peer, "start-after=t/x")[0].0, ["t/x/", "u"]);
    assert_eq!(pages(&mut peer, "max-keys=0")[0].0, Vec::<String>::new());
    assert_eq!(peer.ask("GET /lake?list-type=2&continuation-token=zz", &[]).status(), 400);
    assert_eq!(peer.ask("GET /lake?list-type=1", &[]).status(), 400);
}

#[test]
fn a_listing_describes_its_objects() {
    let (bucket, mut peer) = bucket();
    let etag = bucket.put("a&<b>é", "123");
    let page = peer.ask("GET /lake/?list-type=2", &[]);
    assert_eq!(page.tags("Key"), ["a&amp;&lt;b&gt;é"]);
    assert_eq!(page.tags("Size"), ["3"]);
    assert_eq!(page.tags("ETag"), [etag.replace('"', "&quot;")]);
    assert_eq!(page.tags("LastModified"), ["2026-01-01T00:00:01.000Z"]);
    let page = peer.ask("GET /lake/?list-type=2&encoding-type=url", &[]);
    assert_eq!(page.tags("Key"), ["a%26%3Cb%3E%C3%A9"]);
}

#[test]
fn a_page_holds_a_thousand_entries_at_most() {
    let (bucket, mut peer) = bucket();
    (0..1001).for_each(|index| _ = bucket.put(&format!("{index:04}"), ""));
    let sizes: Vec<usize> =
        pages(&mut peer, "max-keys=5000").iter().map(|(keys, _)| keys.len()).collect();
    assert_eq!(sizes, [1000, 1]);
}

#[test]
fn the_clock_knows_its_year() {
    assert_eq!(clock::header(0), "Thu, 01 Jan 2026 00:00:00 GMT");
    assert_eq!(clock::header(58 * 86_400), "Sat, 28 Feb 2026 00:00:00 GMT");
    assert_eq!(clock::header(59 * 86_400), "Sun, 01 Mar 2026 00:00:00 GMT");
    assert_eq!(clock::header(365 * 86_400 - 1), "Thu, 31 Dec 2026 23:59:59 GMT");
    assert_eq!(clock::listing(211 * 86_400 + 3_661), "2026-07-31T01:01:01.000Z");
}

#[test]
fn a_dropped_bucket_is_gone() {
    let bucket = Bucket::start().unwrap();
    let url = bucket.url();
    drop(bucket);
    let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    assert!(std::net::TcpStream::connect(address).is_err());
}
