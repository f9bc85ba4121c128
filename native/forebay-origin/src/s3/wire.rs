//! One HTTP exchange: the place where raw answers are seen.
//!
//! Requests are built and signed in `request`; here each one leaves and each answer arrives.
//! Nothing of an answer goes further than this before it was checked against its own [`Ask`]. So the
//! checks hold for every answer whatever the layers above do with it. Whoever listens hears of each
//! whether it asks for fewer requests.

use std::error::Error as Cause;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use forebay_types::{Error, ErrorKind, Result};
use object_store::client::{
    HttpClient, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};

use super::place::Place;
use super::{S3Settings, failure};
use crate::ask::Ask;
use crate::body::of_transport;
use crate::connections::Connections;
use crate::metrics::{REFUSED, REQUESTS};
use crate::origin::{Listener, hear};

/// An HTTP client that lets only checked answers pass.
#[derive(Debug)]
struct Wire {
    client: HttpClient,
    patience: Duration,
    /// Bytes per second that a body takes at the slowest on its way out.
    slowest: u64,
    listener: Option<Arc<dyn Listener>>,
}

/// The client for requests that carry an [`Ask`].
///
/// # Errors
/// `Unsupported` where the client can't be set up.
pub(super) fn connect(
    settings: &S3Settings,
    place: &Place,
    connections: &Connections,
    listener: Option<Arc<dyn Listener>>,
) -> Result<HttpClient> {
    let shown = format!("s3://{}", settings.bucket);
    let S3Settings { connect_timeout, idle_timeout, .. } = *settings;
    let client = connections.client(&shown, place.plain, connect_timeout, idle_timeout)?;
    let S3Settings { stall_timeout: patience, slowest, .. } = *settings;
    Ok(HttpClient::new(Wire { client, patience, slowest: slowest.max(1), listener }))
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        // Without an ask nothing could be checked.
        let Some(ask) = request.extensions().get::<Ask>().cloned() else {
            return Err(passed_on(Error::new(
                ErrorKind::Internal,
                "fetch",
                request.uri().path(),
                "a request lost what it asks for",
            )));
        };
        self.exchange(&ask, request).await.map_err(passed_on)
    }
}

impl Wire {
    async fn exchange(&self, ask: &Ask, request: HttpRequest) -> Result<HttpResponse> {
        REQUESTS.add(1);
        let outgoing = request.body().content_length() as u64 / self.slowest;
        let patience = self.patience + ask.work() + Duration::from_secs(outgoing);
        let sent = Instant::now();
        let answer = tokio::time::timeout(patience, self.client.execute(request)).await;
        let answer = answer
            .map_err(|_| ask.error(ErrorKind::TimedOut, "the store did not answer"))?
            .map_err(|cause| of_transport(ask, cause))?;
        let status = answer.status();
        hear(self.listener.as_deref(), status.as_u16(), sent);
        if !status.is_success() && !ask.expects(status.as_u16()) {
            return Err(failure::of_answer(ask, answer, self.patience).await);
        }
        ask.check(status.as_u16(), answer.headers()).inspect_err(|_| REFUSED.add(1))?;
        Ok(answer)
    }
}

/// Our error in object_store's clothes; of a kind that it never retries by itself.
fn passed_on(error: Error) -> HttpError {
    let error: Box<dyn Cause + Send + Sync> = Box::new(error);
    HttpError::new_boxed(HttpErrorKind::Unknown, error)
}
