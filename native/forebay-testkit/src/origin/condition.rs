//! Preconditions and ranges: what a request's headers make of an object.

use std::ops::Range;

use hyper::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};

/// What the preconditions of a request say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Met,
    /// If-None-Match names the object's ETag.
    Matches,
    /// If-Match does not.
    Differs,
}

/// Holds a request's preconditions against an object's ETag, or against there being no object.
pub(super) fn condition(headers: &HeaderMap, etag: Option<&str>) -> Condition {
    let named = |name: HeaderName| {
        let all = headers.get_all(name);
        let mut tags =
            all.iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
        tags.any(|tag| etag.is_some_and(|etag| tag.trim() == "*" || bare(tag) == bare(etag)))
    };
    if headers.contains_key(IF_MATCH) && !named(IF_MATCH) {
        Condition::Differs
    } else if headers.contains_key(IF_NONE_MATCH) && named(IF_NONE_MATCH) {
        Condition::Matches
    } else {
        Condition::Met
    }
}

/// An ETag without its quotes, which clients may leave out, as S3 allows.
fn bare(etag: &str) -> &str {
    etag.trim().trim_start_matches("W/").trim_matches('"')
}

/// The part of an object that a Range header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// No range, or one that S3 ignores: malformed, or several at once.
    Whole,
    Of(Range<usize>),
    /// Nothing of the object lies in it.
    Beyond,
}

pub(super) fn part(header: Option<&str>, length: usize) -> Part {
    let spec = header.and_then(|header| header.strip_prefix("bytes="));
    let Some((first, last)) = spec.and_then(|spec| spec.split_once('-')) else {
        return Part::Whole;
    };
    let number = |text: &str| text.parse::<usize>().ok();
    let range = match (number(first), number(last)) {
        (None, Some(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
        (Some(first), None) if last.is_empty() => first..length,
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        _ => return Part::Whole,
    };
    if range.is_empty() { Part::Beyond } else { Part::Of(range) }
}
