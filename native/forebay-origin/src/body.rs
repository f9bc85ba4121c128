//! The bodies of answers: passed on as they land, or kept whole where they are short.

use std::time::{Duration, Instant};

use forebay_types::{Error, ErrorKind, Result};
use futures::StreamExt;
use object_store::client::{HttpError, HttpErrorKind, HttpResponse};

use crate::ask::Ask;
use crate::metrics::BYTES;
use crate::origin::Sink;

/// How long a store may be silent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// How long to wait for an answer, or for the next bytes of one.
    pub(crate) stall: Duration,
    /// The rate in bytes per second below which a body counts as stalled although something trickles.
    pub(crate) slowest: u64,
}

impl Patience {
    /// How long a body of `length` bytes may take.
    pub(crate) fn over(&self, length: u64) -> Duration {
        self.stall.saturating_add(Duration::from_secs(length / self.slowest.max(1)))
    }
}

/// Passes a body of exactly `length` bytes on. `of_http` says what a body that broke stands for.
pub(crate) async fn deliver<S: Sink + ?Sized>(
    ask: &Ask,
    answer: HttpResponse,
    length: u64,
    patience: Patience,
    sink: &mut S,
    of_http: fn(&Ask, HttpError) -> Error,
) -> Result<()> {
    let began = Instant::now();
    let allowed = patience.over(length);
    let mut body = answer.into_body().bytes_stream();
    let mut missing = length;
    loop {
        let left = allowed.saturating_sub(began.elapsed()).min(patience.stall);
        let next = tokio::time::timeout(left, body.next()).await.map_err(|_| {
            let message = format!("the store stopped sending with {missing} bytes to come");
            ask.error(ErrorKind::TimedOut, message)
        })?;
        let Some(bytes) = next.transpose().map_err(|cause| of_http(ask, cause))? else {
            break;
        };
        let came = bytes.len() as u64;
        missing = missing.checked_sub(came).ok_or_else(|| {
            ask.error(ErrorKind::Origin, "the body is longer than its content-length")
        })?;
        sink.accept(bytes)?;
        BYTES.add(came);
    }
    if missing > 0 {
        let message = format!("the body ended with {missing} bytes to come");
        return Err(ask.error(ErrorKind::Origin, message));
    }
    Ok(())
}

/// Reads a body of at most `most` bytes, each of whose pieces comes within `stall`.
///
/// # Errors
/// `TimedOut`, `Origin`.
pub(crate) async fn whole(
    ask: &Ask,
    answer: HttpResponse,
    most: usize,
    stall: Duration,
) -> Result<Vec<u8>> {
    let mut stream = answer.into_body().bytes_stream();
    let mut body = Vec::new();
    loop {
        let next = tokio::time::timeout(stall, stream.next()).await;
        let next = next
            .map_err(|_| ask.error(ErrorKind::TimedOut, "the store stopped sending its answer"))?;
        let Some(bytes) = next else { return Ok(body) };
        let bytes = bytes.map_err(|cause| {
            ask.error(ErrorKind::Origin, "the store's answer broke off").with_source(cause)
        })?;
        if body.len() + bytes.len() > most {
            let message = "the store's answer is longer than any can be";
            return Err(ask.error(ErrorKind::Origin, message));
        }
        body.extend_from_slice(&bytes);
    }
}

/// The error of a request that got no answer, or whose body broke.
pub(crate) fn of_transport(ask: &Ask, error: HttpError) -> Error {
    if error.kind() == HttpErrorKind::Timeout {
        return ask.error(ErrorKind::TimedOut, "the store did not answer").with_source(error);
    }
    ask.error(ErrorKind::Origin, "the connection to the store failed").with_source(error)
}
