//! What a file system without a wrapped one asks of a store, whichever it is.
//!
//! A directory that must be seen although it holds nothing is a *marker*: an object of no bytes whose key
//! ends with a slash. A store that spells markers in another way translates them.

use async_trait::async_trait;
use bytes::Bytes;
use forebay_types::{Error, ErrorKind, Result};
use futures::StreamExt;

use crate::origin::Origin;
use crate::s3::{Existing, Found, ListAsk, Page, Part, Undeleted, Upload};

/// Objects that are deleted at once, where each takes a request of its own.
const DELETED_AT_ONCE: usize = 16;

/// The bytes of one part.
#[derive(Debug, Clone)]
pub struct PartBody {
    /// From 1 on.
    pub number: u32,
    /// Where the part begins in its object.
    pub offset: u64,
    /// Whether the object ends with it.
    pub last: bool,
    /// The part itself.
    pub bytes: Bytes,
}

/// A bucket or container that is read, listed and written. Every call but those of [`Origin`] asks again
/// by itself where that may help. Errors are those of [`Origin::fetch`], and what a call adds.
#[async_trait]
pub trait Bucket: Origin {
    /// What the store says of an object.
    async fn status(&self, key: &str) -> Result<Found>;

    /// A page of what the bucket holds; it is empty at the end only. `InvalidArgument` where there is no
    /// such bucket.
    async fn list(&self, ask: &ListAsk) -> Result<Page>;

    /// Writes an object at once; returns its ETag. `AlreadyExists` where one is there that is kept.
    async fn put(&self, key: &str, body: Bytes, existing: Existing) -> Result<String>;

    /// Has the store copy an object of `length` bytes, replacing what is there.
    async fn copy(&self, from: &str, to: &str, length: u64) -> Result<()>;

    /// Deletes an object; one that is not there is deleted already.
    async fn delete(&self, key: &str) -> Result<()>;

    /// Deletes objects; returns those that stayed.
    async fn delete_page(&self, keys: &[String]) -> Result<Vec<Undeleted>>;

    /// Begins an object in parts.
    async fn begin_upload(&self, key: &str, existing: Existing) -> Result<Upload>;

    /// Writes one part; all but the last are multiples of 256 KiB and have 5 MiB at least. `NotFound`
    /// where there is no such upload.
    async fn put_part(&self, upload: &Upload, part: PartBody) -> Result<Part>;

    /// Makes an object of parts, which are in the order of their numbers; returns its ETag.
    /// `AlreadyExists` where one is there that is kept, `NotFound` where there is no such upload.
    async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[Part],
        existing: Existing,
    ) -> Result<String>;

    /// Gives up an object in parts.
    async fn abort_upload(&self, upload: &Upload) -> Result<()>;

    /// How many parts of one object the store takes at once.
    fn parts_at_once(&self) -> usize {
        usize::MAX
    }
}

/// Deletes each key by a request of its own.
pub(crate) async fn delete_each<B: Bucket>(bucket: &B, keys: &[String]) -> Vec<Undeleted> {
    let deletions = keys.iter().cloned().map(|key| async move {
        let failed = bucket.delete(&key).await.err()?;
        let denied = failed.kind() == ErrorKind::AccessDenied;
        let code = if denied { "AccessDenied" } else { "Failed" };
        tracing::warn!(error = %failed, "an object was not deleted");
        Some(Undeleted { key, code: code.to_owned() })
    });
    let deleted: Vec<Option<Undeleted>> =
        futures::stream::iter(deletions).buffered(DELETED_AT_ONCE).collect().await;
    deleted.into_iter().flatten().collect()
}

/// What a listing's error means: that nothing is there, a store says of a bucket only.
pub(crate) fn no_bucket(error: Error, shown: String) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let message = "the bucket does not exist; check its name and the endpoint";
    Error::new(ErrorKind::InvalidArgument, "list", shown, message).with_source(error)
}
