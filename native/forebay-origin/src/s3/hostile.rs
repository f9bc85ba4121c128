//! The store's answers, and keys that it lists, as hostile bytes: what `fuzz/` reads them with.

use super::{failure, listing};
use crate::ask::{Ask, Proof};
use crate::call::{spelt, unsendable};
use forebay_types::ETag;
use object_store::HeaderMap;
use percent_encoding::percent_decode_str;

/// A status and headers, one per line, then a body behind an empty line.
pub fn answer(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.trim().parse().ok()).unwrap_or(206);
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let known = ["etag", "content-range", "content-length", "last-modified"];
        let name = known.into_iter().find(|known| known.eq_ignore_ascii_case(name.trim()));
        if let (Some(name), Ok(value)) = (name, value.trim().parse()) {
            headers.append(name, value);
        }
    }
    let part = ETag::strong("e").map(|etag| Proof::Part { etag, length: 1 << 20, range: 8..4096 });
    let tail = Proof::Tail { suffix: 4096, known: ETag::strong("e") };
    for proof in part.into_iter().chain([Proof::Status, tail]) {
        let ask = Ask::new("fetch", "k".to_owned(), proof);
        let _ = ask.check(status, &headers);
    }
    let code = failure::code_of(body.as_bytes());
    assert!(code.len() <= input.len(), "a code is a part of its body");
}

/// A page of a listing, as its body, of each kind of store.
pub fn page(input: &[u8]) {
    let pages = [listing::page(input), crate::gcs::page(input), crate::azure::page(input)];
    for page in pages.into_iter().flatten() {
        let keys: usize = page.objects.iter().map(|object| object.key.len()).sum();
        assert!(keys <= input.len(), "keys are parts of their page");
    }
}

/// A key: named exactly, or not at all.
pub fn key(key: &str) {
    if unsendable(key).is_none() {
        let spelt = spelt(key);
        let read = percent_decode_str(&spelt).decode_utf8();
        assert_eq!(read.as_deref(), Ok(key), "another object would be asked for");
    }
}
