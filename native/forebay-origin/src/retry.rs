//! Asking again.
//!
//! [`RetryPolicy`] decides, without a clock of its own; [`Retrying`] acts. What has landed is kept: a
//! further attempt begins at the byte the last one came to, and its answer is checked against the
//! same pinned version, so the parts of a body that came by several answers belong together.

use std::ops::Range;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use forebay_types::{ErrorKind, Identity, Result};

use crate::metrics::{ERRORS, RETRIES};
use crate::origin::{Look, Looked, Origin, Sink, Status, TailSink};

/// When to ask again, and after which pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts after the first. Three bridge a node of the store that restarts or a connection that
    /// idled too long; whoever called has a slower way left (its own client, with its own retries).
    pub retries: u32,
    /// The pause before the first retry; each further one is twice as long. 200 ms, 400 ms, 800 ms
    /// are long enough for a store that asked for fewer requests. There is no jitter: how many
    /// requests run at once is bounded elsewhere.
    pub pause: Duration,
    /// No attempt begins later than this after the first one. 20 s leave time for one stall (10 s by
    /// default) and one attempt that cures it.
    pub total: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            retries: 3,
            pause: Duration::from_millis(200),
            total: Duration::from_secs(20),
        }
    }
}

impl RetryPolicy {
    /// The pause before another attempt, or `None` to give up.
    ///
    /// `attempt` counts from 0 and has just failed with `kind`, `elapsed` after the first one began.
    #[must_use]
    pub fn next(&self, attempt: u32, elapsed: Duration, kind: ErrorKind) -> Option<Duration> {
        if !kind.is_transient() || attempt >= self.retries {
            return None;
        }
        let pause = self.pause.saturating_mul(1u32.checked_shl(attempt).unwrap_or(u32::MAX));
        (elapsed.saturating_add(pause) <= self.total).then_some(pause)
    }
}

/// Attempts until one succeeds or `policy` gives up. `unsure` tells whether one failed of which the store
/// may have done its part.
pub(crate) async fn until<T, F>(
    policy: &RetryPolicy,
    unsure: &mut bool,
    attempt: impl Fn() -> F + Send,
) -> Result<T>
where
    F: Future<Output = Result<T>> + Send,
{
    let began = Instant::now();
    let mut failed = 0;
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        *unsure |= error.kind().is_transient();
        let Some(pause) = policy.next(failed, began.elapsed(), error.kind()) else {
            return Err(error);
        };
        tracing::debug!(attempt = failed, ?pause, %error, "asking again");
        RETRIES.add(1);
        tokio::time::sleep(pause).await;
        failed += 1;
    }
}

/// An origin that asks again.
#[derive(Debug, Clone)]
pub struct Retrying<O> {
    origin: O,
    policy: RetryPolicy,
}

impl<O> Retrying<O> {
    /// `origin`, asked again as `policy` says.
    pub fn new(origin: O, policy: RetryPolicy) -> Retrying<O> {
        Retrying { origin, policy }
    }

    /// The origin itself, one attempt at a time.
    pub fn origin(&self) -> &O {
        &self.origin
    }
}

#[async_trait]
impl<O: Origin> Origin for Retrying<O> {
    async fn fetch(
        &self,
        identity: &Identity,
        range: Range<u64>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let began = Instant::now();
        let mut landing = Landing { sink, at: range.start, refused: false };
        let mut attempt = 0;
        loop {
            let rest = landing.at..range.end;
            let Err(error) = self.origin.fetch(identity, rest, &mut landing).await else {
                return Ok(());
            };
            if landing.refused {
                return Err(error);
            }
            let Some(pause) = self.policy.next(attempt, began.elapsed(), error.kind()) else {
                ERRORS.add(1);
                return Err(error);
            };
            tracing::debug!(attempt, at = landing.at, ?pause, %error, "asking again");
            RETRIES.add(1);
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn head(&self, key: &str) -> Result<Status> {
        self.origin.head(key).await
    }

    async fn look(&self, look: &Look, sink: &mut dyn TailSink) -> Result<Looked> {
        self.origin.look(look, sink).await
    }
}

/// A sink that knows how far the body has come.
struct Landing<'a> {
    sink: &'a mut dyn Sink,
    at: u64,
    refused: bool,
}

impl Sink for Landing<'_> {
    fn accept(&mut self, bytes: Bytes) -> Result<()> {
        let length = bytes.len() as u64;
        let accepted = self.sink.accept(bytes);
        match &accepted {
            Ok(()) => self.at = self.at.saturating_add(length),
            Err(_) => self.refused = true,
        }
        accepted
    }
}

#[cfg(test)]
mod tests;
