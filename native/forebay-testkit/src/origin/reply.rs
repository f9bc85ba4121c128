//! Requests and what the bucket answers.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, LAST_MODIFIED};
use hyper::header::{HeaderName, HeaderValue, IF_MATCH, RANGE};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};

use super::condition::{Condition, Part, condition, part};
use super::list::{Listing, XML, escape};
use super::matter::Matter;
use super::{Bucket, Object, Seen, Shelf, clock};
use crate::faults::{Refused, ask_otherwise, spoil};
use crate::hosting::{Payload, answer, serve, whole};
use crate::url_text::{bucket_and_key, pairs};

type Answer = Response<Payload>;

/// Serves the bucket until the listener fails.
pub(super) async fn requests(listener: TcpListener, shelf: Arc<Shelf>) {
    let mut http = http1::Builder::new();
    http.preserve_header_case(true);
    serve(listener, http, || {
        let shelf = shelf.clone();
        shelf.connections.fetch_add(1, Ordering::Relaxed);
        service_fn(move |request| reply(shelf.clone(), request))
    })
    .await;
}

async fn reply(shelf: Arc<Shelf>, request: Request<Incoming>) -> Result<Answer, Refused> {
    let (mut parts, body) = request.into_parts();
    let (bucket, key) = bucket_and_key(parts.uri.path());
    let key = key.unwrap_or_default();
    let asked = |name| header(&parts.headers, name);
    let (range, if_match) = (asked(RANGE), asked(IF_MATCH));
    let faults = shelf.faults.read().clone().filter(|_| parts.method == Method::GET);
    let fault = faults.as_ref().filter(|_| !key.is_empty()).and_then(|faults| faults.pick(&key));
    if let Some(kind) = fault {
        ask_otherwise(kind, &mut parts.headers);
    }
    let answer = if bucket == Bucket::NAME {
        match body.collect().await {
            Ok(body) => shelf.answer(&parts, &key, body.to_bytes()),
            Err(_) => refusal(StatusCode::BAD_REQUEST, "IncompleteBody", &key),
        }
    } else {
        refusal(StatusCode::NOT_FOUND, "NoSuchBucket", &bucket)
    };
    let seen = Seen {
        method: parts.method.to_string(),
        key,
        range,
        if_match,
        status: answer.status().as_u16(),
        bytes: if parts.method == Method::HEAD { 0 } else { answer.body().size_hint().lower() },
    };
    shelf.sum.lock().add(&seen);
    if !shelf.terse.load(Ordering::Relaxed) {
        shelf.seen.lock().push(seen);
    }
    match (fault, faults) {
        (Some(kind), Some(faults)) => spoil(kind, answer, faults.hang).await,
        (_, _) => Ok(answer),
    }
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

impl Shelf {
    fn answer(&self, parts: &Parts, key: &str, body: Bytes) -> Answer {
        if let Some(what) = unknown(parts) {
            return refusal(StatusCode::NOT_IMPLEMENTED, "NotImplemented", what);
        }
        match (&parts.method, key) {
            (&Method::GET, "") => self.list(parts.uri.query()),
            (&Method::HEAD, "") => Response::new(whole(Bytes::new())),
            (&Method::GET | &Method::HEAD, _) => self.read(parts, key),
            (&Method::PUT, key) if !key.is_empty() => self.write(&parts.headers, key, body),
            (&Method::DELETE, key) if !key.is_empty() => {
                self.objects.lock().by_key.remove(key);
                let mut answer = Response::new(whole(Bytes::new()));
                *answer.status_mut() = StatusCode::NO_CONTENT;
                answer
            }
            (method, key) => {
                let what = format!("{method} {key}");
                refusal(StatusCode::NOT_IMPLEMENTED, "NotImplemented", &what)
            }
        }
    }

    fn list(&self, query: Option<&str>) -> Answer {
        match Listing::parse(query) {
            Ok(listing) => {
                let page = listing.page(Bucket::NAME, &self.objects.lock());
                answer(StatusCode::OK, "application/xml", page)
            }
            Err(parameter) => refusal(StatusCode::BAD_REQUEST, "InvalidArgument", parameter),
        }
    }

    fn read(&self, parts: &Parts, key: &str) -> Answer {
        let Some(object) = self.objects.lock().by_key.get(key).cloned() else {
            return refusal(StatusCode::NOT_FOUND, "NoSuchKey", key);
        };
        match condition(&parts.headers, Some(&object.etag)) {
            Condition::Differs => {
                refusal(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", key)
            }
            Condition::Matches => {
                let mut answer = Response::new(whole(Bytes::new()));
                *answer.status_mut() = StatusCode::NOT_MODIFIED;
                describe(answer.headers_mut(), &object);
                answer
            }
            Condition::Met => slice(parts, &object, key),
        }
    }

    fn write(&self, headers: &HeaderMap, key: &str, body: Bytes) -> Answer {
        let mut objects = self.objects.lock();
        let etag = objects.by_key.get(key).map(|object| object.etag.clone());
        if condition(headers, etag.as_deref()) != Condition::Met {
            return match etag {
                None => refusal(StatusCode::NOT_FOUND, "NoSuchKey", key),
                Some(_) => refusal(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", key),
            };
        }
        let etag = objects.put(key, Matter::Held(body));
        let mut answer = Response::new(whole(Bytes::new()));
        set(answer.headers_mut(), ETAG, &etag);
        answer
    }
}

/// The asked part of an object.
fn slice(parts: &Parts, object: &Object, key: &str) -> Answer {
    let length = object.bytes.len();
    let range = parts.headers.get(RANGE).and_then(|range| range.to_str().ok());
    let (status, body) = match part(range, length) {
        Part::Whole => (StatusCode::OK, object.bytes.slice(0..length)),
        Part::Of(range) => (StatusCode::PARTIAL_CONTENT, object.bytes.slice(range)),
        Part::Beyond => {
            let mut answer = refusal(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", key);
            set(answer.headers_mut(), CONTENT_RANGE, &format!("bytes */{length}"));
            return answer;
        }
    };
    let body_length = body.len();
    // The body of a HEAD is left out by hyper, its length is not.
    let mut answer = Response::new(whole(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    describe(headers, object);
    set(headers, CONTENT_LENGTH, &body_length.to_string());
    if object.sealed {
        set(headers, HeaderName::from_static("x-amz-server-side-encryption"), "aws:kms");
    }
    if let Part::Of(range) = part(range, length) {
        let text = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        set(headers, CONTENT_RANGE, &text);
    }
    answer
}

/// The first thing about a request that this store does not know, if any.
fn unknown(parts: &Parts) -> Option<&'static str> {
    let aspects = ["acl", "tagging", "uploads", "uploadId", "attributes", "versionId", "delete"];
    let aspect = aspects.into_iter().find(|it| pairs(parts.uri.query()).any(|(n, _)| n == *it));
    let chunked = parts.headers.get("x-amz-content-sha256");
    let chunked = chunked.is_some_and(|hash| hash.as_bytes().starts_with(b"STREAMING-"));
    let copied = parts.headers.contains_key("x-amz-copy-source");
    aspect.or(chunked.then_some("aws-chunked")).or(copied.then_some("x-amz-copy-source"))
}

fn describe(headers: &mut HeaderMap, object: &Object) {
    set(headers, ETAG, &object.etag);
    set(headers, LAST_MODIFIED, &clock::header(object.written));
    set(headers, ACCEPT_RANGES, "bytes");
    set(headers, hyper::header::CONTENT_TYPE, "application/octet-stream");
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// S3's XML of an error about `resource`.
fn refusal(status: StatusCode, code: &str, resource: &str) -> Answer {
    let resource = escape(resource);
    let body = format!(
        "{XML}<Error><Code>{code}</Code><Message>{}</Message><Resource>{resource}</Resource>\
         <RequestId>0</RequestId></Error>",
        status.canonical_reason().unwrap_or("refused"),
    );
    answer(status, "application/xml", body)
}
