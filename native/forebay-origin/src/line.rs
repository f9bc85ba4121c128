//! The way to a store that is not S3: its requests leave here, and its answers are checked here, against
//! what was asked for, before anything of them is used.
//!
//! What differs between such stores is their [`Dialect`]: who signs, where an answer names its version,
//! and by which words it refuses.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use forebay_types::config::Settings;
use forebay_types::{ETag, Error, ErrorKind, Identity, Result, Version};
use object_store::HeaderMap;
use object_store::client::{HttpClient, HttpRequest, HttpResponse};

use crate::ask::{Ask, Proof, place, single, strong};
use crate::body::{self, Patience};
use crate::call::{Answered, Call};
use crate::connections::Connections;
use crate::keys::STALL_TIMEOUT;
use crate::metrics::{REFUSED, REQUESTS, THROTTLED};
use crate::origin::{Listener, Look, Looked, Sink, Status, TailSink, check_within, hear};
use crate::retry::{self, RetryPolicy};
use crate::s3::{Encryption, advice, found, word};

/// How much of an error's body is looked at for the store's word.
const LONGEST_REFUSAL: usize = 16 << 10;

/// How patient a client is.
#[derive(Debug, Clone)]
pub struct LineSettings {
    /// How long a connection may take to open. 5 s leave room for two lost SYN packets, which are
    /// sent again after 1 s and 3 s.
    pub connect_timeout: Duration,
    /// How long to wait for an answer, or for the next bytes of one: see
    /// `fs.forebay.origin.stall-timeout`.
    pub stall_timeout: Duration,
    /// The rate in bytes per second below which a body counts as stalled although something trickles
    /// in.
    pub slowest: u64,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// How requests other than reads are asked again.
    pub retry: RetryPolicy,
}

impl Default for LineSettings {
    /// As with S3.
    fn default() -> LineSettings {
        let usual = crate::S3Settings::default();
        LineSettings {
            connect_timeout: usual.connect_timeout,
            stall_timeout: usual.stall_timeout,
            slowest: usual.slowest,
            idle_timeout: usual.idle_timeout,
            retry: usual.retry,
        }
    }
}

impl LineSettings {
    /// These settings with what the user configured laid over them.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that is not allowed.
    pub fn configured(self, config: &Settings) -> Result<LineSettings> {
        Ok(LineSettings { stall_timeout: config.require(&STALL_TIMEOUT)?.0, ..self })
    }
}

/// How one kind of store spells what is alike in all of them.
#[async_trait]
pub(crate) trait Dialect: fmt::Debug + Send + Sync {
    /// Adds who makes a request.
    async fn sign(&self, ask: &Ask, request: &mut HttpRequest) -> Result<()>;

    /// Puts the version that an answer names under `etag`, where checks look for it.
    fn name_version(&self, _headers: &mut HeaderMap) {}

    /// The word by which an answer without success says what is wrong.
    fn refusal(&self, headers: &HeaderMap, body: &[u8]) -> String;

    /// What kind of error that is.
    fn kind(&self, status: u16, word: &str, is_write: bool) -> ErrorKind;
}

/// A bucket that calls are sent to.
#[derive(Debug)]
pub(crate) struct Line<D> {
    client: HttpClient,
    /// `scheme://bucket`, for errors.
    shown: String,
    patience: Patience,
    retry: RetryPolicy,
    listener: Option<Arc<dyn Listener>>,
    pub(crate) dialect: D,
}

impl<D: Dialect> Line<D> {
    pub(crate) fn new(
        connections: &Connections,
        listener: Option<Arc<dyn Listener>>,
        settings: &LineSettings,
        plain: bool,
        shown: String,
        dialect: D,
    ) -> Result<Line<D>> {
        let LineSettings { connect_timeout, idle_timeout, .. } = *settings;
        let client = connections.client(&shown, plain, connect_timeout, idle_timeout)?;
        let patience = Patience { stall: settings.stall_timeout, slowest: settings.slowest };
        Ok(Line { client, shown, patience, retry: settings.retry.clone(), listener, dialect })
    }

    pub(crate) fn shown(&self, key: &str) -> String {
        format!("{}/{key}", self.shown)
    }

    pub(crate) fn error(&self, call: &Call, kind: ErrorKind, message: &str) -> Error {
        Error::new(kind, call.operation, self.shown(&call.key), message)
    }

    pub(crate) fn unreadable(&self, call: &Call) -> Error {
        self.error(call, ErrorKind::Origin, "the store's answer can't be read")
    }

    /// Sends one call about what lies at `place`; the answer is a success, and what `proof` asks for.
    ///
    /// # Errors
    /// As `Origin::fetch`; `Unsupported` for a key that can't be sent, `InvalidArgument` for an empty one.
    pub(crate) async fn send(
        &self,
        call: &Call,
        place: &str,
        proof: Proof,
    ) -> Result<HttpResponse> {
        let ask = Ask::new(call.operation, self.shown(&call.key), proof);
        let mut request = call.request(&ask, place)?;
        self.dialect.sign(&ask, &mut request).await?;
        REQUESTS.add(1);
        let patience = self.patience.over(call.body.len() as u64) + call.work;
        let sent = Instant::now();
        let answer = tokio::time::timeout(patience, self.client.execute(request)).await;
        let mut answer = answer
            .map_err(|_| ask.error(ErrorKind::TimedOut, "the store did not answer"))?
            .map_err(|cause| body::of_transport(&ask, cause))?;
        let status = answer.status();
        hear(self.listener.as_deref(), status.as_u16(), sent);
        if !status.is_success() && !ask.expects(status.as_u16()) {
            return Err(self.refused(&ask, answer).await);
        }
        self.dialect.name_version(answer.headers_mut());
        if let Proof::Part { etag, .. } = &ask.proof
            && strong(answer.headers(), "etag").is_some_and(|found| found != *etag)
        {
            REFUSED.add(1);
            return Err(ask.error(ErrorKind::Changed, advice(ErrorKind::Changed)));
        }
        ask.check(status.as_u16(), answer.headers()).inspect_err(|_| REFUSED.add(1))?;
        Ok(answer)
    }

    /// Sends one call once and reads its answer.
    pub(crate) async fn answer(&self, call: &Call, place: &str) -> Result<Answered> {
        let proof = Proof::Done { work: call.work };
        let ask = Ask::new(call.operation, self.shown(&call.key), proof.clone());
        let answer = self.send(call, place, proof).await?;
        let headers = answer.headers().clone();
        let stall = self.patience.stall + call.work;
        Ok(Answered { headers, body: body::whole(&ask, answer, call.most, stall).await? })
    }

    /// The same until it succeeds or the policy gives up; see [`retry::until`].
    pub(crate) async fn ask(
        &self,
        call: &Call,
        place: &str,
        unsure: &mut bool,
    ) -> Result<Answered> {
        retry::until(&self.retry, unsure, || self.answer(call, place)).await
    }

    pub(crate) fn retry(&self) -> &RetryPolicy {
        &self.retry
    }

    async fn refused(&self, ask: &Ask, answer: HttpResponse) -> Error {
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let read = body::whole(ask, answer, LONGEST_REFUSAL, self.patience.stall).await;
        let word = word(&self.dialect.refusal(&headers, &read.unwrap_or_default()));
        if matches!(status, 429 | 503) {
            THROTTLED.add(1);
        }
        let kind = self.dialect.kind(status, &word, ask.is_write());
        let code = if word.is_empty() { String::new() } else { format!(", code {word}") };
        ask.error(kind, format!("{}: status {status}{code}", advice(kind)))
    }

    /// One attempt to fetch `range` of a pinned version; `call` is what pins it.
    pub(crate) async fn fetch(
        &self,
        call: Call,
        place: &str,
        identity: &Identity,
        range: Range<u64>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        check_within(identity, &range)?;
        if range.is_empty() {
            return Ok(());
        }
        let Version { etag, length, .. } = identity.version();
        self.part(call, place, etag, *length, range, sink).await
    }

    /// The same of an object of `length` bytes under `etag`.
    pub(crate) async fn part<S: Sink + ?Sized>(
        &self,
        call: Call,
        place: &str,
        etag: &ETag,
        length: u64,
        range: Range<u64>,
        sink: &mut S,
    ) -> Result<()> {
        let proof = Proof::Part { etag: etag.clone(), length, range: range.clone() };
        let ask = Ask::new(call.operation, self.shown(&call.key), proof.clone());
        let call = call.header("range", format!("bytes={}-{}", range.start, range.end - 1));
        let answer = self.send(&call, place, proof).await?;
        let length = range.end - range.start;
        body::deliver(&ask, answer, length, self.patience, sink, body::of_transport).await
    }

    /// One attempt to bring status and last bytes of an object.
    pub(crate) async fn tail(
        &self,
        call: Call,
        place_of: &str,
        look: &Look,
        sink: &mut dyn TailSink,
    ) -> Result<Looked> {
        let suffix = look.suffix.max(1);
        let call = call.header("range", format!("bytes=-{suffix}"));
        let proof = Proof::Tail { suffix, known: look.known.clone() };
        let answer = self.send(&call, place_of, proof.clone()).await?;
        if answer.status() == 304 {
            return Ok(Looked::Unchanged(Encryption::Open));
        }
        let part = single(answer.headers(), "content-range").and_then(place);
        let (start, _, total) = part.ok_or_else(|| self.unreadable(&call))?;
        if sink.begin(&self.status_of(&call, answer.headers(), Some(total))?, start) {
            let ask = Ask::new(call.operation, self.shown(&call.key), proof);
            let length = total - start;
            body::deliver(&ask, answer, length, self.patience, sink, body::of_transport).await?;
        }
        Ok(Looked::Present)
    }

    /// What the headers of an answer say of the object that `call` names. Whoever may read the bucket may
    /// read it: these stores decrypt for their readers.
    ///
    /// # Errors
    /// `Unsupported` where the object has no strong ETag.
    pub(crate) fn status_of(
        &self,
        call: &Call,
        headers: &HeaderMap,
        length: Option<u64>,
    ) -> Result<Status> {
        let etag = strong(headers, "etag").ok_or_else(|| {
            let message = "the object has no strong etag to pin it by";
            self.error(call, ErrorKind::Unsupported, message)
        })?;
        let found = found(&call.key, headers).ok_or_else(|| self.unreadable(call))?;
        let length = length.unwrap_or(found.length);
        Ok(Status {
            version: Version { etag, length, version_id: None },
            version_id: None,
            last_modified: found.modified,
            encryption: Encryption::Open,
        })
    }
}
