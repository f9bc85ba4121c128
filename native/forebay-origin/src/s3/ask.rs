//! What a request asks for, and whether an answer is an answer to it.
//!
//! An [`Ask`] travels with its request to the place where the raw answer arrives (`wire`), and is
//! held against it there: status, ETag, length and range, from the headers themselves. Nothing here
//! performs I/O. Every header comes from outside: one that occurs twice, or is not text, counts as
//! missing.

use std::ops::Range;
use std::sync::Arc;

use forebay_types::{ETag, Error, ErrorKind, Result};
use object_store::HeaderMap;

/// A request's intent.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// What is being done, for errors.
    pub(super) operation: &'static str,
    /// The object, for errors.
    pub(super) path: Arc<str>,
    /// What an answer must prove.
    pub(super) proof: Proof,
}

/// What an answer must prove before it is used.
#[derive(Debug, Clone)]
pub(super) enum Proof {
    /// That it is this part of this version.
    Part { etag: ETag, length: u64, range: Range<u64> },
    /// That the object exists and has a version.
    Status,
}

impl Ask {
    /// An error about this request.
    pub(super) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, self.operation, &*self.path, message)
    }

    /// Whether a successful answer proves what was asked for.
    ///
    /// # Errors
    /// `Origin`, with what contradicts the request.
    pub(super) fn check(&self, status: u16, headers: &HeaderMap) -> Result<()> {
        let checked = match &self.proof {
            Proof::Part { etag, length, range } => {
                check_part(status, headers, etag, *length, range)
            }
            Proof::Status => check_status(status, headers),
        };
        checked.map_err(|reason| {
            let message = format!("the store's answer contradicts the request: {reason}");
            self.error(ErrorKind::Origin, message)
        })
    }
}

fn check_part(
    status: u16,
    headers: &HeaderMap,
    etag: &ETag,
    length: u64,
    range: &Range<u64>,
) -> std::result::Result<(), String> {
    let part = range.end.saturating_sub(range.start).to_string();
    let place = format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1));
    if status != 206 {
        return Err(format!("status {status}, where 206 is a part"));
    }
    if strong(headers, "etag").as_ref() != Some(etag) {
        return Err("its etag is not the pinned one".to_owned());
    }
    if single(headers, "content-range") != Some(&*place) {
        return Err(format!("its content-range is not '{place}'"));
    }
    if single(headers, "content-length") != Some(&*part) {
        return Err(format!("its content-length is not {part}"));
    }
    Ok(())
}

fn check_status(status: u16, headers: &HeaderMap) -> std::result::Result<(), String> {
    if status != 200 {
        return Err(format!("status {status}, where 200 is a status"));
    }
    match single(headers, "content-length") {
        Some(length) if length.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
        Some(_) | None => Err("its content-length is missing or no number".to_owned()),
    }
}

/// The strong tag under `name`.
pub(super) fn strong(headers: &HeaderMap, name: &str) -> Option<ETag> {
    ETag::strong(single(headers, name)?)
}

/// The text under `name`, where there is exactly one.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).into_iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        (_, _) => None,
    }
}

#[cfg(test)]
mod tests;
