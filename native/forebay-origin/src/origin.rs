//! The contract between what needs bytes and what brings them.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use forebay_types::{ETag, Error, ErrorKind, Identity, Result, Version};

use crate::s3::Encryption;

/// The operation every error of a fetch names.
pub(crate) const FETCH: &str = "fetch";

/// A place objects are read from.
#[async_trait]
pub trait Origin: Send + Sync {
    /// Fetches `range` of the object and version that `identity` names, and gives the body to `sink`
    /// in order as it lands.
    ///
    /// `Ok` means that `sink` accepted exactly `range.end - range.start` bytes. After an error it may
    /// have accepted fewer: correct ones, from `range.start` on. An empty range asks nobody. Dropping
    /// the future cancels the fetch.
    ///
    /// # Errors
    /// - `NotFound`, `AccessDenied`: as the store says.
    /// - `Changed`: the store holds another version than the pinned one.
    /// - `TimedOut`: the store stopped sending.
    /// - `Unsupported`: this origin can't reach the object; another way must be taken.
    /// - `InvalidArgument`: the range isn't within the object, or the object isn't this origin's.
    /// - `Origin`: anything else, among it every answer that contradicts the request.
    /// - What `sink` answered, where it refused bytes.
    async fn fetch(
        &self,
        identity: &Identity,
        range: Range<u64>,
        sink: &mut dyn Sink,
    ) -> Result<()>;

    /// Asks for the present version of `key`: one request, no body, no retries.
    ///
    /// # Errors
    /// As [`Origin::fetch`]; `Unsupported` also where the object has no strong ETag.
    async fn head(&self, key: &str) -> Result<Status>;

    /// Asks for the present version of an object and its last bytes, by one request without retries.
    /// What comes in is given to `sink`, the status first.
    ///
    /// # Errors
    /// As [`Origin::head`]. After [`TailSink::begin`] the status that it was given holds all the same.
    async fn look(&self, look: &Look, sink: &mut dyn TailSink) -> Result<Looked>;
}

/// What a store says about an object besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its present version.
    pub version: Version,
    /// The version id as the store spells it, `null` included, which pins nothing.
    pub version_id: Option<Arc<str>>,
    /// When that was written, to the second.
    pub last_modified: SystemTime,
    /// What reading it takes.
    pub encryption: Encryption,
}

/// A request for the last bytes of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The object's key.
    pub key: String,
    /// How many bytes from the end; a shorter object comes whole.
    pub suffix: u64,
    /// The version that is at hand: where the store has no other, it sends no body.
    pub known: Option<ETag>,
}

/// The answer to a [`Look`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// The object has the known version.
    Unchanged(Encryption),
    /// Its status and last bytes went to the sink.
    Present,
}

/// Where the answer to a [`Look`] goes.
pub trait TailSink: Sink {
    /// Takes the status; says whether the bytes from `start` to the object's end are wanted too.
    fn begin(&mut self, status: &Status, start: u64) -> bool;
}

/// Who hears how a store bears its requests. Called for each answer: don't wait.
pub trait Listener: Send + Sync + std::fmt::Debug {
    /// An answer came that asks for nothing.
    fn answered(&self);

    /// An answer asked for fewer requests; its own request left at `sent`.
    fn slow_down(&self, sent: Instant);
}

/// Tells whoever listens what an answer's status asks for.
pub(crate) fn hear(listener: Option<&dyn Listener>, status: u16, sent: Instant) {
    let Some(listener) = listener else { return };
    match status {
        429 | 503 => listener.slow_down(sent),
        _ => listener.answered(),
    }
}

/// Where a body goes.
pub trait Sink: Send {
    /// Takes the next bytes of the range. Called on a thread that serves other fetches too: copy,
    /// don't wait.
    ///
    /// # Errors
    /// Any error ends the fetch, without another attempt, and is what the fetch returns.
    fn accept(&mut self, bytes: Bytes) -> Result<()>;
}

/// # Errors
/// `InvalidArgument` where `range` is not within the object.
pub(crate) fn check_within(identity: &Identity, range: &Range<u64>) -> Result<()> {
    if range.start <= range.end && range.end <= identity.length() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidArgument,
        FETCH,
        identity.location().display(),
        format!(
            "bytes {}..{} are not within an object of {} bytes",
            range.start,
            range.end,
            identity.length()
        ),
    ))
}
