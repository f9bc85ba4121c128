use super::*;

use object_store::HeaderValue;

const GOOD: [(&str, &str); 3] =
    [("etag", "\"v1\""), ("content-range", "bytes 10-29/100"), ("content-length", "20")];

fn ask() -> Ask {
    let etag = ETag::strong("v1").unwrap();
    Ask {
        operation: "fetch",
        path: "s3://b/k".into(),
        proof: Proof::Part { etag, length: 100, range: 10..30 },
    }
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
