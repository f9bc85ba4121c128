use super::*;

use object_store::HeaderValue;

const GOOD: [(&str, &str); 3] =
    [("etag", "\"v1\""), ("content-range", "bytes 10-29/100"), ("content-length", "20")];

fn ask() -> Ask {
    let etag = ETag::strong("v1").unwrap();
    Ask::new("fetch", "s3://b/k".to_owned(), Proof::Part { etag, length: 100, range: 10..30 })
}

fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in rows {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// The good answer with `name` replaced by `values`.
fn with(name: &'static str, values: &[&str]) -> HeaderMap {
    let mut rows: Vec<_> = GOOD.into_iter().filter(|(other, _)| *other != name).collect();
    rows.extend(values.iter().map(|value| (name, *value)));
    headers(&rows)
}

#[test]
fn the_part_asked_for_is_accepted() {
    assert!(ask().check(206, &headers(&GOOD)).is_ok());
    assert!(ask().check(206, &with("etag", &["v1"])).is_ok(), "some stores leave the quotes out");
}

#[test]
fn every_single_contradiction_is_found() {
    let refused = |status, headers: &HeaderMap| {
        let error = ask().check(status, headers).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Origin);
    };
    for status in [200, 204, 207] {
        refused(status, &headers(&GOOD));
    }
    for etag in [&[][..], &["\"v2\""], &["W/\"v1\""], &[""], &["\"v1\"", "\"v1\""], &["é"]] {
        refused(206, &with("etag", etag));
    }
    for range in [
        &[][..],
        &["bytes 10-29/101"],
        &["bytes 10-29/*"],
        &["bytes 10-28/100"],
        &["bytes 9-29/100"],
        &["bytes 10-30/100"],
        &["bytes */100"],
        &["items 10-29/100"],
        &["bytes 10-29/100", "bytes 0-9/100"],
        &["bytes 10-29/18446744073709551716"],
        &["bytes +10-29/100"],
        &[""],
    ] {
        refused(206, &with("content-range", range));
    }
    for length in [&[][..], &["19"], &["21"], &["-1"], &["020"], &["20", "20"]] {
        refused(206, &with("content-length", length));
    }
}

#[test]
fn a_status_needs_status_200_and_a_length() {
    let ask = Ask { proof: Proof::Status, ..ask() };
    assert!(ask.check(200, &headers(&[("content-length", "5")])).is_ok());
    assert!(ask.check(206, &headers(&[("content-length", "5")])).is_err());
    assert!(ask.check(200, &headers(&[])).is_err());
    assert!(ask.check(200, &headers(&[("content-length", "five")])).is_err());
}

#[test]
fn a_tail_reaches_the_end_and_names_its_version() {
    let tail = |suffix, known: Option<&str>| Ask {
        proof: Proof::Tail { suffix, known: known.and_then(ETag::strong) },
        ..ask()
    };
    let answer = |range: &str, length: &str| {
        headers(&[
            ("etag", "\"v1\""),
            ("content-range", range),
            ("content-length", length),
            ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ])
    };
    let good = answer("bytes 80-99/100", "20");
    assert!(tail(20, None).check(206, &good).is_ok());
    assert!(tail(20, Some("v0")).check(206, &good).is_ok(), "changed since");
    assert!(tail(200, None).check(206, &answer("bytes 0-99/100", "100")).is_ok(), "a short one");
    for (status, headers) in [
        (200, answer("bytes 80-99/100", "20")),
        (206, answer("bytes 80-98/100", "19")),
        (206, answer("bytes 79-99/100", "21")),
        (206, answer("bytes 80-99/100", "21")),
        (206, answer("bytes 80-18446744073709551615/18446744073709551615", "20")),
        (206, answer("bytes +80-99/100", "20")),
        (206, answer("bytes */100", "20")),
        (206, with("etag", &["W/\"v1\""])),
    ] {
        assert!(tail(20, None).check(status, &headers).is_err(), "{status} {headers:?}");
    }
    let silent: HeaderMap = headers(&[]);
    assert!(tail(20, Some("v1")).check(304, &silent).is_ok());
    assert!(tail(20, Some("v1")).check(304, &headers(&[("etag", "\"v2\"")])).is_err());
    assert!(tail(20, None).check(304, &silent).is_err(), "nothing was known");
    assert!(tail(20, Some("v1")).expects(304) && !tail(20, None).expects(304));
    assert!(!ask().expects(304), "a part has no such condition");
}
