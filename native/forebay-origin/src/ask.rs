//! What a request asks for, and whether an answer is an answer to it.
//!
//! An [`Ask`] travels with its request to the place where the raw answer arrives (`wire`), and is
//! held against it there: status, ETag, length and range, from the headers themselves. Nothing here
//! performs I/O. Every header comes from outside: one that occurs twice, or is not text, counts as
//! missing.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use forebay_types::{ETag, Error, ErrorKind, Result};
use object_store::HeaderMap;

/// A request's intent.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// What is being done, for errors.
    pub(crate) operation: &'static str,
    /// The object, for errors.
    pub(crate) path: Arc<str>,
    /// What an answer must prove.
    pub(crate) proof: Proof,
}

/// What an answer must prove before it is used.
#[derive(Debug, Clone)]
pub(crate) enum Proof {
    /// That it is this part of this version.
    Part { etag: ETag, length: u64, range: Range<u64> },
    /// That the object exists and has a version.
    Status,
    /// That it is the last `suffix` bytes of an object that has a version, or the whole of a shorter
    /// one; or that the object is still the one of the `known` tag.
    Tail { suffix: u64, known: Option<ETag> },
    /// That it was done; the store may work so long on it, beyond what every answer may take.
    Done { work: Duration },
    /// That the store holds what was sent, whole (a success) or in part (status 308).
    Stored,
}

impl Ask {
    pub(crate) fn new(operation: &'static str, path: String, proof: Proof) -> Ask {
        Ask { operation, path: path.into(), proof }
    }

    /// Whether an answer without success is one to this request: its condition was not met.
    pub(crate) fn expects(&self, status: u16) -> bool {
        match self.proof {
            Proof::Tail { known: Some(_), .. } => status == 304,
            Proof::Stored => status == 308,
            Proof::Part { .. } | Proof::Status | Proof::Tail { .. } | Proof::Done { .. } => false,
        }
    }

    /// An error about this request.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, self.operation, &*self.path, message)
    }

    /// Whether it is no read of a pinned version.
    pub(crate) fn is_write(&self) -> bool {
        matches!(self.proof, Proof::Done { .. } | Proof::Stored)
    }

    /// How long the store may take over the work itself.
    pub(crate) fn work(&self) -> Duration {
        match self.proof {
            Proof::Done { work } => work,
            Proof::Part { .. } | Proof::Status | Proof::Tail { .. } | Proof::Stored => {
                Duration::ZERO
            }
        }
    }

    /// Whether an answer proves what was asked for.
    ///
    /// # Errors
    /// `Origin`, with what contradicts the request.
    pub(crate) fn check(&self, status: u16, headers: &HeaderMap) -> Result<()> {
        let checked = match &self.proof {
            Proof::Part { etag, length, range } => {
                check_part(status, headers, etag, *length, range)
            }
            Proof::Status => check_status(status, headers),
            Proof::Tail { known: Some(known), .. } if status == 304 => check_same(headers, known),
            Proof::Tail { suffix, .. } => check_tail(status, headers, *suffix),
            // Whoever asked looks for what is to be in the answer.
            Proof::Done { .. } | Proof::Stored => Ok(()),
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

fn check_same(headers: &HeaderMap, known: &ETag) -> std::result::Result<(), String> {
    match headers.contains_key("etag") {
        true if strong(headers, "etag").as_ref() != Some(known) => {
            Err("status 304 with another etag than the known one".to_owned())
        }
        true | false => Ok(()),
    }
}

fn check_tail(status: u16, headers: &HeaderMap, suffix: u64) -> std::result::Result<(), String> {
    if status != 206 {
        return Err(format!("status {status}, where 206 is a part"));
    }
    if strong(headers, "etag").is_none() {
        return Err("it has no strong etag".to_owned());
    }
    let Some((first, last, total)) = single(headers, "content-range").and_then(place) else {
        return Err("its content-range is missing or malformed".to_owned());
    };
    if last.checked_add(1) != Some(total) || first != total.saturating_sub(suffix) {
        return Err(format!("bytes {first}-{last}/{total} are not the last {suffix}"));
    }
    let part = (total - first).to_string();
    if single(headers, "content-length") != Some(&*part) {
        return Err(format!("its content-length is not {part}"));
    }
    if single(headers, "last-modified").is_none() {
        return Err("it does not say when the object was written".to_owned());
    }
    Ok(())
}

/// First and last byte of a part, and the length of the whole.
pub(crate) fn place(content_range: &str) -> Option<(u64, u64, u64)> {
    let (part, total) = content_range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    let number = |text: &str| {
        text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    Some((number(first)?, number(last)?, number(total)?))
}

/// The strong tag under `name`.
pub(crate) fn strong(headers: &HeaderMap, name: &str) -> Option<ETag> {
    ETag::strong(single(headers, name)?)
}

/// The text under `name`, where there is exactly one.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).into_iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        (_, _) => None,
    }
}

#[cfg(test)]
mod tests;
