//! The control port: the pass's counts, the shape, and the end, over plain HTTP and JSON.

use std::convert::Infallible;
use std::future::Future;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{Core, Shape};
use crate::hosting::{Payload, answer, serve};
use crate::url_text::value;

/// A shape's JSON is a hundred bytes.
const LARGEST_BODY: usize = 64 << 10;

/// Serves control requests until the listener fails.
pub(super) async fn requests(listener: TcpListener, core: Arc<Core>) {
    let session = || Session { core: core.clone(), quit: Arc::default() };
    serve(listener, http1::Builder::new(), session).await;
}

/// A control connection. Told to quit, it does so when it ends, so that its answer is out before
/// the process is gone.
struct Session {
    core: Arc<Core>,
    quit: Arc<AtomicBool>,
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.quit.load(Ordering::Acquire) {
            *self.core.quit.told.lock() = true;
            self.core.quit.bell.notify_all();
        }
    }
}

impl Service<Request<Incoming>> for Session {
    type Response = Response<Payload>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Payload>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (core, quit) = (self.core.clone(), self.quit.clone());
        Box::pin(async move {
            let (status, report) = reply(&core, &quit, request).await;
            let mut answer = answer(status, "application/json", format!("{report}\n"));
            if quit.load(Ordering::Acquire) {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(answer)
        })
    }
}

async fn reply(core: &Core, quit: &AtomicBool, request: Request<Incoming>) -> (StatusCode, Value) {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query();
    let ranges = value(query, "ranges").is_some_and(|value| value == "1");
    let refused = |why: String| (StatusCode::BAD_REQUEST, json!({ "error": why }));
    match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/stats") => (StatusCode::OK, core.tally.stats().to_json(ranges)),
        (&Method::POST, "/reset") => {
            let pass = value(query, "pass").unwrap_or_default();
            (StatusCode::OK, core.tally.begin(&pass).to_json(ranges))
        }
        (&Method::GET, "/shape") => (StatusCode::OK, core.shape.read().to_json()),
        (&Method::POST, "/shape") => match Limited::new(body, LARGEST_BODY).collect().await {
            Err(error) => refused(error.to_string()),
            Ok(text) => match Shape::from_json(&text.to_bytes()) {
                Err(why) => refused(why),
                Ok(shape) => {
                    let report = shape.to_json();
                    *core.shape.write() = shape;
                    (StatusCode::OK, report)
                }
            },
        },
        (&Method::GET, "/healthz") => (StatusCode::OK, json!({ "ok": true })),
        (&Method::POST, "/quit") => {
            quit.store(true, Ordering::Release);
            (StatusCode::OK, json!({ "ok": true }))
        }
        (method, path) => {
            (StatusCode::NOT_FOUND, json!({ "error": format!("no {method} {path} here") }))
        }
    }
}
