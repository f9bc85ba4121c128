//! The contract between what needs bytes and what brings them.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use forebay_types::{Error, ErrorKind, Identity, Result};

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

    /// Asks whether the version that `identity` names is the present one: one request, no body.
    ///
    /// # Errors
    /// `Changed` where it is not; else as [`Origin::fetch`].
    async fn confirm(&self, identity: &Identity) -> Result<()>;
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
