//! One request before it is signed, and what a store answered.
//!
//! A [`Call`] names an object by its exact key: object_store's own calls name objects by paths, which
//! have no empty segment and no slash at the end, and a directory's marker is `a/b/`. A key with a `.` or
//! `..` segment can't be sent: URLs take those away.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;
use forebay_types::{ErrorKind, Result};
use object_store::HeaderMap;
use object_store::client::{HttpRequest, HttpRequestBody};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ask::Ask;

/// What signatures leave as it is in a query.
const QUERY: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same in a path, whose slashes part its segments.
const PATH: AsciiSet = QUERY.remove(b'/');

/// The limit of a key in S3, and in GCS, in bytes; Azure's is one of letters.
const LONGEST_KEY: usize = 1024;

/// Answers to writes are a few hundred bytes.
const USUAL_ANSWER: usize = 64 << 10;

/// One request, before it is signed.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// What is being done, for errors.
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    /// The object; empty where the bucket itself is meant.
    pub(crate) key: String,
    of_bucket: bool,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// How long the store may work before it answers, beyond what every answer may take.
    pub(crate) work: Duration,
    /// The longest answer that makes sense.
    pub(crate) most: usize,
}

/// What a store answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn new(operation: &'static str, method: &'static str, key: &str) -> Call {
        Call {
            operation,
            method,
            key: key.to_owned(),
            of_bucket: false,
            query: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            work: Duration::ZERO,
            most: USUAL_ANSWER,
        }
    }

    pub(crate) fn of_bucket(operation: &'static str, method: &'static str) -> Call {
        Call { of_bucket: true, ..Call::new(operation, method, "") }
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Call {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Call {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn headers(mut self, headers: &[(&'static str, String)]) -> Call {
        self.headers.extend_from_slice(headers);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Call {
        self.body = body.into();
        self
    }

    /// `place`, the URL of what the call is about, with the call's query.
    pub(crate) fn url(&self, place: &str) -> String {
        let mut url = place.to_owned();
        for (at, (name, value)) in self.query.iter().enumerate() {
            let mark = if at == 0 { '?' } else { '&' };
            // Writing to a String cannot fail.
            let _ = write!(url, "{mark}{name}={}", word(value));
        }
        url
    }

    /// The request, unsigned; it carries `ask` to where its answer arrives.
    ///
    /// # Errors
    /// `InvalidArgument` for what HTTP can't say and for an empty key; `Unsupported` for one that can't be
    /// sent.
    pub(crate) fn request(&self, ask: &Ask, place: &str) -> Result<HttpRequest> {
        if self.key.is_empty() && !self.of_bucket {
            // To delete the object of no name would be to delete the bucket.
            return Err(ask.error(ErrorKind::InvalidArgument, "the key is empty"));
        }
        if let Some(reason) = unsendable(&self.key) {
            return Err(ask.error(ErrorKind::Unsupported, reason));
        }
        let malformed = |what: &str| ask.error(ErrorKind::InvalidArgument, what);
        let length = self.body.len();
        let mut request = HttpRequest::new(HttpRequestBody::from(self.body.clone()));
        *request.method_mut() =
            self.method.parse().map_err(|_| malformed("this is no method of HTTP"))?;
        *request.uri_mut() =
            self.url(place).parse().map_err(|_| malformed("the key makes no valid URL"))?;
        for (name, value) in &self.headers {
            let value = value.parse().map_err(|_| malformed("a header's value is malformed"))?;
            request.headers_mut().insert(*name, value);
        }
        if length > 0 || self.method != "GET" {
            request.headers_mut().insert("content-length", length.into());
        }
        request.extensions_mut().insert(ask.clone());
        Ok(request)
    }
}

/// A key as the path of a URL spells it.
pub(crate) fn spelt(key: &str) -> String {
    utf8_percent_encode(key, &PATH).to_string()
}

/// A text as a query, or one segment of a path, spells it.
pub(crate) fn word(text: &str) -> String {
    utf8_percent_encode(text, &QUERY).to_string()
}

/// Why a key can't be sent, if it can't.
pub(crate) fn unsendable(key: &str) -> Option<&'static str> {
    if key.len() > LONGEST_KEY {
        return Some("the key is longer than a store's 1024 bytes");
    }
    if key.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Some("a key with a '.' or '..' segment can't be sent");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_would_change_is_not_sent() {
        for key in [".", "a/./b", "../a", "a/..", &"k".repeat(1025)] {
            assert!(unsendable(key).is_some(), "{key}");
        }
        for key in ["...", "a.b/..c", "a//b", &"k".repeat(1024)] {
            assert!(unsendable(key).is_none(), "{key}");
        }
    }
}
