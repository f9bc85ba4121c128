//! The stages of a request, one after the other; `proxy.rs` tells what they are.

use std::future::Future;
use std::net::TcpListener;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderMap};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response, StatusCode, Version};

use super::Core;
use super::ask::{Ask, Intent};
use super::count::Exchange;
use super::download::{Counted, Paced};
use super::log::Line;
use super::pace::Pace;
use super::upload::upload;
use super::upstream::Way;
use crate::faults::{Refused, ask_otherwise, spoil};
use crate::hosting::{Payload, answer, serve};

/// What is buffered between the proxy and a client at most, per connection. Small, so that bytes
/// counted as sent are bytes sent.
const BUFFER: usize = 128 << 10;

/// Serves clients until the listener fails.
pub(super) async fn requests(listener: TcpListener, core: Arc<Core>) {
    let mut http = http1::Builder::new();
    // The upstream's Date passes through; a second one of ours would be a change.
    http.preserve_header_case(true).auto_date_header(false).max_buf_size(BUFFER);
    serve(listener, http, || Client::new(core.clone())).await;
}

/// A client's connection.
struct Client {
    core: Arc<Core>,
    way: Arc<Way>,
}

impl Client {
    fn new(core: Arc<Core>) -> Client {
        core.tally.connected();
        Client { way: Arc::new(Way::new(core.tally.clone())), core }
    }
}

impl Service<Request<Incoming>> for Client {
    type Response = Response<Payload>;
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Payload>, Refused>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (core, way) = (self.core.clone(), self.way.clone());
        Box::pin(async move { pass(core, &way, request).await })
    }
}

async fn pass(
    core: Arc<Core>,
    way: &Way,
    request: Request<Incoming>,
) -> Result<Response<Payload>, Refused> {
    let arrived = Instant::now();
    let shape = core.shape.read().clone();

    let (mut parts, body) = request.into_parts();
    let ask = Ask::of(&parts, &core.data);
    let line = core.log.as_ref().map(|_| Line::of(&parts));
    let faults = core.faults.read().clone().filter(|_| ask.intent == Intent::Get);
    let key = ask.object.as_deref().and_then(|object| object.split_once('/'));
    let fault = faults.as_ref().zip(key).and_then(|(faults, (_, key))| faults.pick(key));
    if let Some(kind) = fault {
        ask_otherwise(kind, &mut parts.headers);
    }
    let mut exchange = Exchange::begin(core.clone(), ask, line);

    parts.version = Version::HTTP_11;
    let answer = forward(&core, way, Request::from_parts(parts, body), &exchange).await;
    let answer = match (fault, faults) {
        (Some(kind), Some(faults)) => spoil(kind, answer, faults.hang).await?,
        (_, _) => answer,
    };

    let due = arrived + shape.delay(exchange.ask.intent);
    if due > Instant::now() {
        tokio::time::sleep_until(due.into()).await;
    }

    exchange.answered(answer.status().as_u16(), range(answer.status(), answer.headers()));
    Ok(answer.map(|body| {
        let paced = match Pace::of(&shape, &core.total, Instant::now()) {
            Some(pace) => Paced::new(body, pace).boxed_unsync(),
            None => body,
        };
        Counted::new(paced, exchange).boxed_unsync()
    }))
}

/// The upstream's answer, or a 502 that says why there is none.
async fn forward(
    core: &Core,
    way: &Way,
    request: Request<Incoming>,
    exchange: &Exchange,
) -> Response<Payload> {
    let (request, expectation) = upload(request, exchange.upload());
    match way.send(&core.upstream, request).await {
        Ok(answer) => {
            expectation.answered();
            let (mut parts, body) = answer.into_parts();
            parts.version = Version::HTTP_11;
            Response::from_parts(parts, body.map_err(Into::into).boxed_unsync())
        }
        Err(error) => {
            let why = format!("forebay-proxy: no answer from {}: {error}\n", core.upstream);
            answer(StatusCode::BAD_GATEWAY, "text/plain", why)
        }
    }
}

/// The part of the object that an answer's body holds.
fn range(status: StatusCode, headers: &HeaderMap) -> Option<Range<u64>> {
    let text = |name| headers.get(name)?.to_str().ok();
    match status {
        StatusCode::OK => Some(0..text(CONTENT_LENGTH)?.parse().ok()?),
        StatusCode::PARTIAL_CONTENT => {
            let (range, _) = text(CONTENT_RANGE)?.strip_prefix("bytes ")?.split_once('/')?;
            let (first, last) = range.split_once('-')?;
            Some(first.parse().ok()?..last.parse::<u64>().ok()?.checked_add(1)?)
        }
        _ => None,
    }
}
