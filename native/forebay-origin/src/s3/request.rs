//! Requests that object_store has no call for.
//!
//! Its calls name objects by paths, which have no empty segment and no slash at the end: a directory's
//! marker is `a/b/`. So listing, writing, copying and deleting are built here, key by key as S3 spells
//! them, signed by object_store's own signer, and sent by the same client, past the same checks, as
//! reads are. A key with a `.` or `..` segment can't be sent: URLs take those away.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use forebay_types::{Error, ErrorKind, Result};
use futures::StreamExt;
use object_store::HeaderMap;
use object_store::aws::AwsAuthorizer;
use object_store::client::{HttpClient, HttpRequest, HttpRequestBody, HttpResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::ask::{Ask, Proof};
use super::machine::Machine;
use super::place::Place;
use super::signing::{CannotSign, credential_of};
use super::{S3Settings, failure};
use crate::credentials::{Credentials, SharedCredentials};

/// What S3's signature leaves as it is in a query.
const QUERY: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same in a path, whose slashes part its segments.
const PATH: AsciiSet = QUERY.remove(b'/');

/// S3's own limit of a key, in bytes.
const LONGEST_KEY: usize = 1024;

/// Answers to writes are a few hundred bytes.
const USUAL_ANSWER: usize = 64 << 10;

/// One request, before it is signed.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// What is being done, for errors.
    pub(super) operation: &'static str,
    pub(super) method: &'static str,
    /// The object; empty where the bucket itself is meant.
    pub(super) key: String,
    of_bucket: bool,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    /// How long the store may work before it answers, beyond what every answer may take.
    pub(super) work: Duration,
    /// The longest answer that makes sense.
    pub(super) most: usize,
}

/// What a store answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Call {
    pub(super) fn new(operation: &'static str, method: &'static str, key: &str) -> Call {
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

    pub(super) fn of_bucket(operation: &'static str, method: &'static str) -> Call {
        Call { of_bucket: true, ..Call::new(operation, method, "") }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Call {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Call {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn headers(mut self, headers: &[(&'static str, String)]) -> Call {
        self.headers.extend_from_slice(headers);
        self
    }

    pub(super) fn body(mut self, body: impl Into<Bytes>) -> Call {
        self.body = body.into();
        self
    }
}

/// A bucket that calls are sent to.
#[derive(Debug)]
pub(super) struct Requests {
    client: HttpClient,
    /// The URL before the key, without a slash at its end.
    base: String,
    bucket: String,
    region: String,
    credentials: Arc<SharedCredentials>,
    machine: Machine,
    stall: Duration,
}

impl Requests {
    pub(super) fn new(
        settings: &S3Settings,
        place: &Place,
        client: HttpClient,
        credentials: Arc<SharedCredentials>,
    ) -> Requests {
        let base = if place.virtual_hosted {
            place.endpoint.clone()
        } else {
            format!("{}/{}", place.endpoint, settings.bucket)
        };
        let S3Settings { bucket, region, stall_timeout, .. } = settings.clone();
        let machine = Machine::default();
        Requests { client, base, bucket, region, credentials, machine, stall: stall_timeout }
    }

    /// The bucket's and key's spelling in a header that names another object.
    pub(super) fn source(&self, key: &str) -> String {
        format!("{}/{}", self.bucket, spelt(key))
    }

    /// Sends one call; the answer is a success, and what `proof` asks for.
    ///
    /// # Errors
    /// As `Origin::fetch`; `Unsupported` for a key that can't be sent, `InvalidArgument` for an empty one.
    pub(super) async fn send(&self, call: &Call, proof: Proof) -> Result<HttpResponse> {
        let shown = format!("s3://{}/{}", self.bucket, call.key);
        let ask = Ask::new(call.operation, shown, proof);
        if call.key.is_empty() && !call.of_bucket {
            // To delete the object of no name would be to delete the bucket.
            return Err(ask.error(ErrorKind::InvalidArgument, "the key is empty"));
        }
        if let Some(reason) = unsendable(&call.key) {
            return Err(ask.error(ErrorKind::Unsupported, reason));
        }
        let request = self.request(&ask, call).await?;
        let answer = self.client.execute(request).await;
        answer.map_err(|cause| failure::of_http(&ask, cause))
    }

    /// Sends one call and reads its answer.
    ///
    /// # Errors
    /// As [`Requests::send`].
    pub(super) async fn answer(&self, call: &Call) -> Result<Answered> {
        let answer = self.send(call, Proof::Done { work: call.work }).await?;
        let headers = answer.headers().clone();
        let error = |kind, message: &str| {
            Error::new(kind, call.operation, format!("s3://{}/{}", self.bucket, call.key), message)
        };
        let mut stream = answer.into_body().bytes_stream();
        let mut body = Vec::new();
        loop {
            // A store that copies sends spaces while it works.
            let next = tokio::time::timeout(self.stall + call.work, stream.next()).await;
            let next = next
                .map_err(|_| error(ErrorKind::TimedOut, "the store stopped sending its answer"))?;
            let Some(bytes) = next else { break };
            let bytes = bytes.map_err(|cause| {
                error(ErrorKind::Origin, "the store's answer broke off").with_source(cause)
            })?;
            if body.len() + bytes.len() > call.most {
                return Err(error(
                    ErrorKind::Origin,
                    "the store's answer is longer than any can be",
                ));
            }
            body.extend_from_slice(&bytes);
        }
        let code = failure::code_of(&body);
        // What it worked on may have failed after it had said that it succeeds.
        if !code.is_empty() && !call.work.is_zero() {
            return Err(error(
                ErrorKind::Origin,
                &format!("the store began and then failed: code {code}"),
            ));
        }
        Ok(Answered { headers, body })
    }

    async fn request(&self, ask: &Ask, call: &Call) -> Result<HttpRequest> {
        let malformed = |what: &str| ask.error(ErrorKind::InvalidArgument, what);
        let length = call.body.len();
        let mut request = HttpRequest::new(HttpRequestBody::from(call.body.clone()));
        *request.method_mut() =
            call.method.parse().map_err(|_| malformed("this is no method of HTTP"))?;
        *request.uri_mut() =
            self.url(call).parse().map_err(|_| malformed("the key makes no valid URL"))?;
        for (name, value) in &call.headers {
            let value = value.parse().map_err(|_| malformed("a header's value is malformed"))?;
            request.headers_mut().insert(*name, value);
        }
        if length > 0 || call.method != "GET" {
            request.headers_mut().insert("content-length", length.into());
        }
        request.extensions_mut().insert(ask.clone());
        self.sign(ask, &mut request).await?;
        Ok(request)
    }

    fn url(&self, call: &Call) -> String {
        let mut url = format!("{}/{}", self.base, spelt(&call.key));
        for (at, (name, value)) in call.query.iter().enumerate() {
            let mark = if at == 0 { '?' } else { '&' };
            // Writing to a String cannot fail.
            let _ = write!(url, "{mark}{name}={}", utf8_percent_encode(value, &QUERY));
        }
        url
    }

    async fn sign(&self, ask: &Ask, request: &mut HttpRequest) -> Result<()> {
        let refused = |reason: CannotSign| ask.error(reason.kind(), reason.to_string());
        let held = self.credentials.current();
        let credential = match held.as_deref() {
            Some(Credentials::Anonymous) => return Ok(()),
            Some(Credentials::Keys { access_key, secret_key, session_token }) => {
                credential_of(access_key, secret_key, session_token.as_ref()).map_err(refused)?
            }
            Some(Credentials::Of(who)) => {
                let machine = &self.machine;
                machine.credential(*who, &self.region, ask.operation, &ask.path).await?
            }
            None => return Err(refused(CannotSign::NoneYet)),
        };
        let authorizer = AwsAuthorizer::new(&credential, "s3", &self.region);
        authorizer.try_authorize(request, None).map_err(|cause| {
            ask.error(ErrorKind::Internal, "the request could not be signed").with_source(cause)
        })
    }
}

/// A key as URLs spell it.
pub(super) fn spelt(key: &str) -> String {
    utf8_percent_encode(key, &PATH).to_string()
}

/// Why a key can't be sent, if it can't.
pub(super) fn unsendable(key: &str) -> Option<&'static str> {
    if key.len() > LONGEST_KEY {
        return Some("the key is longer than S3's 1024 bytes");
    }
    if key.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Some("a key with a '.' or '..' segment can't be sent");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::Connections;

    fn url_of(key: &str, path_style: bool) -> String {
        let settings = S3Settings {
            endpoint: Some("http://store.local:9000".to_owned()),
            bucket: "lake".to_owned(),
            path_style,
            ..S3Settings::default()
        };
        let place = Place::of(&settings).unwrap();
        let client =
            super::super::wire::connect(&settings, &place, &Connections::default(), None).unwrap();
        let requests = Requests::new(&settings, &place, client, Arc::default());
        requests.url(&Call::new("list", "GET", key).query("prefix", "a b/+"))
    }

    #[test]
    fn a_key_is_spelt_byte_for_byte() {
        for (key, spelt) in [
            ("a/b=1/c d", "a/b%3D1/c%20d"),
            ("%2F+", "%252F%2B"),
            ("a//b/", "a//b/"),
            ("ü", "%C3%BC"),
            ("a\nb", "a%0Ab"),
            ("", ""),
        ] {
            let url = format!("http://store.local:9000/lake/{spelt}?prefix=a%20b%2F%2B");
            assert_eq!(url_of(key, true), url);
            let url = format!("http://lake.store.local:9000/{spelt}?prefix=a%20b%2F%2B");
            assert_eq!(url_of(key, false), url);
        }
    }

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
