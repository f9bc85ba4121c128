//! Which bytes are meant: a place ([`Location`]) and a version of what lies there ([`Version`]).
//!
//! An [`Identity`] is the two together. Its canonical encoding is repeated in the header of every
//! segment, its 128-bit hash seeds every check of a cell and names files; maps in memory compare the
//! whole identity, never the hash alone. The hash of the location without the version is the prefix
//! of file names, so that a new process can find which versions of a key a host holds.

use std::fmt;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use crate::{Error, ErrorKind, Result};

/// A strong entity tag, without its quotes: Hadoop 3.3 reports it bare, 3.4 and the wire quoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ETag(Arc<str>);

impl ETag {
    /// Reads a tag as a store or Hadoop spells it. `None` for a weak, empty or unprintable tag: it
    /// cannot pin a version.
    #[must_use]
    pub fn strong(text: &str) -> Option<ETag> {
        let text = text.trim();
        let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        let printable = bare.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'"');
        (!bare.is_empty() && !text.starts_with("W/") && printable).then(|| ETag(bare.into()))
    }

    /// The tag without quotes.
    #[must_use]
    pub fn bare(&self) -> &str {
        &self.0
    }

    /// The tag as HTTP spells it.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an object lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// The kind of store, such as `s3`.
    pub store: Arc<str>,
    /// The endpoint the store answers at; empty for the store's own default.
    pub endpoint: Arc<str>,
    /// The bucket or container.
    pub bucket: Arc<str>,
    /// The key, exactly as the store knows it.
    pub key: Arc<str>,
    /// A hash of every setting that changes the content read, such as decryption; 0 for none.
    pub settings: u64,
}

impl Location {
    fn encode_into(&self, out: &mut Vec<u8>) {
        for field in [&self.store, &self.endpoint, &self.bucket, &self.key] {
            put_text(out, field);
        }
        out.extend_from_slice(&self.settings.to_le_bytes());
    }

    /// `s3://bucket/key`, for messages.
    #[must_use]
    pub fn display(&self) -> String {
        format!("{}://{}/{}", self.store, self.bucket, self.key)
    }
}

/// Which version of an object is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    /// The strong ETag. Never replaced by the version id: suspended versioning reuses `null`.
    pub etag: ETag,
    /// The object's length in bytes.
    pub length: u64,
    /// The store's version id where it has one that is not `null`.
    pub version_id: Option<Arc<str>>,
}

impl Version {
    fn encode_into(&self, out: &mut Vec<u8>) {
        put_text(out, self.etag.bare());
        out.extend_from_slice(&self.length.to_le_bytes());
        put_text(out, self.version_id.as_deref().unwrap_or_default());
    }
}

/// A place and a version: the name of an immutable run of bytes.
#[derive(Debug, Clone)]
pub struct Identity {
    location: Location,
    version: Version,
    hash: u128,
    location_hash: u128,
}

/// The longest encoding a segment's header has room for: S3's longest key is 1,024 bytes, the other
/// fields are short.
pub const MAX_ENCODED: usize = 3072;

impl Identity {
    /// # Errors
    /// `InvalidArgument` where the encoding would be longer than [`MAX_ENCODED`].
    pub fn new(location: Location, version: Version) -> Result<Identity> {
        let mut encoded = Vec::with_capacity(256);
        location.encode_into(&mut encoded);
        let location_hash = xxh3_128(&encoded);
        version.encode_into(&mut encoded);
        if encoded.len() > MAX_ENCODED {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "identify",
                location.display(),
                "endpoint, bucket, key and version together are too long to be cached",
            ));
        }
        Ok(Identity { hash: xxh3_128(&encoded), location_hash, location, version })
    }

    /// Where the object lies.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Which version of it.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The object's length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.version.length
    }

    /// xxh3-128 of the canonical encoding.
    #[must_use]
    pub fn hash(&self) -> u128 {
        self.hash
    }

    /// xxh3-128 of the location alone: equal for all versions of a key.
    #[must_use]
    pub fn location_hash(&self) -> u128 {
        self.location_hash
    }

    /// The canonical encoding: every field with its length before it, so that no two identities
    /// share one. At most [`MAX_ENCODED`] bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.location.encode_into(&mut out);
        self.version.encode_into(&mut out);
        out
    }

    /// Reads a canonical encoding back, as a tool finds it in a segment's header; `None` for bytes
    /// that [`Identity::encode`] cannot have written.
    #[must_use]
    pub fn decode(encoded: &[u8]) -> Option<Identity> {
        let mut rest = encoded;
        let (store, endpoint) = (take_text(&mut rest)?, take_text(&mut rest)?);
        let (bucket, key) = (take_text(&mut rest)?, take_text(&mut rest)?);
        let settings = take_u64(&mut rest)?;
        let etag = ETag::strong(&take_text(&mut rest)?)?;
        let length = take_u64(&mut rest)?;
        let version_id = Some(take_text(&mut rest)?).filter(|id| !id.is_empty());
        let location = Location { store, endpoint, bucket, key, settings };
        let identity = Identity::new(location, Version { etag, length, version_id }).ok()?;
        (rest.is_empty() && identity.encode() == encoded).then_some(identity)
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.location == other.location && self.version == other.version
    }
}

impl Eq for Identity {}

impl std::hash::Hash for Identity {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u128(self.hash);
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn take_text(rest: &mut &[u8]) -> Option<Arc<str>> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, after) = after.split_at_checked(length)?;
    *rest = after;
    std::str::from_utf8(text).ok().map(Into::into)
}

fn take_u64(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = rest.split_first_chunk::<8>()?;
    *rest = after;
    Some(u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests;
