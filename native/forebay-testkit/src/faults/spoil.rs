//! What each kind does to a request and to its answer.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, LOCATION,
    RANGE, RETRY_AFTER,
};
use hyper::{Response, StatusCode};

use super::OriginFault;
use super::script::{Step, script};
use crate::hosting::{Payload, answer, whole};

/// The connection is to end without an answer.
#[derive(Debug)]
pub(crate) struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a fault refuses this request")
    }
}

impl std::error::Error for Refused {}

/// Changes what is asked, where the fault begins there.
pub(crate) fn ask_otherwise(kind: OriginFault, headers: &mut HeaderMap) {
    match kind {
        OriginFault::WholeForRange => {
            headers.remove(RANGE);
        }
        OriginFault::OtherRange => {
            if let Some(other) = headers.get(RANGE).and_then(|range| shifted(range.to_str().ok()?))
            {
                headers.insert(RANGE, other);
            }
        }
        OriginFault::OtherVersion => {
            headers.remove(IF_MATCH);
        }
        OriginFault::Refuse
        | OriginFault::Reset
        | OriginFault::Stall
        | OriginFault::Drip
        | OriginFault::HungFirstByte
        | OriginFault::Error500
        | OriginFault::SlowDown
        | OriginFault::RetryAfter
        | OriginFault::TooMany
        | OriginFault::Forbidden
        | OriginFault::Absent
        | OriginFault::Precondition
        | OriginFault::Beyond
        | OriginFault::ErrorIn200
        | OriginFault::WrongContentRange
        | OriginFault::ShortBody
        | OriginFault::LongBody
        | OriginFault::NoLength
        | OriginFault::EtagChanged
        | OriginFault::EtagMissing
        | OriginFault::EtagWeak
        | OriginFault::Redirect => {}
    }
}

/// A range of the same length right before, or one byte shorter where there is no room.
fn shifted(range: &str) -> Option<HeaderValue> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    let length = last.checked_sub(first)? + 1;
    let (first, last) = match first.checked_sub(length) {
        Some(before) => (before, first - 1),
        None => (first, last.checked_sub(1)?),
    };
    HeaderValue::from_str(&format!("bytes={first}-{last}")).ok()
}

/// The answer as the fault leaves it. `hang` is how long what hangs does.
///
/// # Errors
/// Where there is to be no answer.
pub(crate) async fn spoil(
    kind: OriginFault,
    good: Response<Payload>,
    hang: Duration,
) -> Result<Response<Payload>, Refused> {
    let refusal = |status, code| Ok(refusal(status, code));
    match kind {
        OriginFault::Refuse => Err(Refused),
        OriginFault::HungFirstByte => {
            tokio::time::sleep(hang).await;
            Ok(good)
        }
        OriginFault::Error500 => refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        OriginFault::SlowDown => refusal(StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        OriginFault::RetryAfter => {
            let mut answer = self::refusal(StatusCode::SERVICE_UNAVAILABLE, "SlowDown");
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            Ok(answer)
        }
        OriginFault::TooMany => refusal(StatusCode::TOO_MANY_REQUESTS, "SlowDown"),
        OriginFault::Forbidden => refusal(StatusCode::FORBIDDEN, "AccessDenied"),
        OriginFault::Absent => refusal(StatusCode::NOT_FOUND, "NoSuchKey"),
        OriginFault::Precondition => refusal(StatusCode::PRECONDITION_FAILED, "PreconditionFailed"),
        OriginFault::Beyond => refusal(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange"),
        OriginFault::ErrorIn200 => refusal(StatusCode::OK, "InternalError"),
        OriginFault::Redirect => {
            let mut answer = self::refusal(StatusCode::TEMPORARY_REDIRECT, "TemporaryRedirect");
            let elsewhere = HeaderValue::from_static("http://127.0.0.1:9/elsewhere");
            answer.headers_mut().insert(LOCATION, elsewhere);
            Ok(answer)
        }
        OriginFault::WholeForRange | OriginFault::OtherRange => Ok(good),
        OriginFault::EtagChanged => Ok(with_header(good, ETAG, Some("\"another\""))),
        OriginFault::EtagMissing => Ok(with_header(good, ETAG, None)),
        OriginFault::EtagWeak => {
            let weak = good.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
            let weak = format!("W/{}", weak.unwrap_or_default());
            Ok(with_header(good, ETAG, Some(&weak)))
        }
        OriginFault::WrongContentRange => {
            let range = good.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
            let wrong = range.map(|range| range.replacen("bytes ", "bytes 1", 1));
            Ok(with_header(good, CONTENT_RANGE, wrong.as_deref()))
        }
        OriginFault::Reset
        | OriginFault::Stall
        | OriginFault::Drip
        | OriginFault::ShortBody
        | OriginFault::LongBody
        | OriginFault::NoLength
        | OriginFault::OtherVersion => Ok(with_body(kind, good, hang).await),
    }
}

fn with_header(
    mut good: Response<Payload>,
    name: HeaderName,
    value: Option<&str>,
) -> Response<Payload> {
    good.headers_mut().remove(&name);
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
        good.headers_mut().insert(name, value);
    }
    good
}

/// The kinds that need the body in hand.
async fn with_body(
    kind: OriginFault,
    good: Response<Payload>,
    hang: Duration,
) -> Response<Payload> {
    let (mut parts, body) = good.into_parts();
    let Ok(body) = body.collect().await else {
        return Response::from_parts(parts, script([Step::Break]));
    };
    let body = body.to_bytes();
    let half = body.slice(..body.len() / 2);
    let rest = body.slice(body.len() / 2..);
    let spoiled = match kind {
        OriginFault::Reset => script([Step::Bytes(half), Step::Break]),
        OriginFault::Stall => script([Step::Bytes(half), Step::Pause(hang), Step::Bytes(rest)]),
        OriginFault::Drip => {
            let pause = hang / 8;
            let drops = body.clone().into_iter().take(64).flat_map(move |byte| {
                [Step::Bytes(Bytes::copy_from_slice(&[byte])), Step::Pause(pause)]
            });
            script(drops.chain([Step::Break]))
        }
        OriginFault::ShortBody => script([Step::Bytes(half)]),
        OriginFault::LongBody => {
            let length = (body.len() + 100).to_string();
            if let Ok(length) = HeaderValue::from_str(&length) {
                parts.headers.insert(CONTENT_LENGTH, length);
            }
            script([Step::Bytes(body), Step::Bytes(Bytes::from_static(&[b'x'; 100]))])
        }
        OriginFault::NoLength => {
            parts.headers.remove(CONTENT_LENGTH);
            script([Step::Bytes(body)])
        }
        OriginFault::OtherVersion => {
            parts.headers.insert(ETAG, HeaderValue::from_static("\"another\""));
            whole(body.iter().map(|byte| !byte).collect::<Vec<u8>>())
        }
        OriginFault::Refuse
        | OriginFault::HungFirstByte
        | OriginFault::Error500
        | OriginFault::SlowDown
        | OriginFault::RetryAfter
        | OriginFault::TooMany
        | OriginFault::Forbidden
        | OriginFault::Absent
        | OriginFault::Precondition
        | OriginFault::Beyond
        | OriginFault::ErrorIn200
        | OriginFault::WholeForRange
        | OriginFault::WrongContentRange
        | OriginFault::EtagChanged
        | OriginFault::EtagMissing
        | OriginFault::EtagWeak
        | OriginFault::OtherRange
        | OriginFault::Redirect => whole(body),
    };
    Response::from_parts(parts, spoiled)
}

fn refusal(status: StatusCode, code: &str) -> Response<Payload> {
    let body =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code></Error>");
    answer(status, "application/xml", body)
}
