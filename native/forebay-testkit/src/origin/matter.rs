//! What an object is made of: bytes in memory, or content that is made when it is asked for.

use std::ops::Range;

use bytes::Bytes;

use crate::content;

#[derive(Debug, Clone)]
pub(super) enum Matter {
    Held(Bytes),
    Content { seed: u64, key: String, version: u32, length: u64 },
}

impl Matter {
    pub(super) fn len(&self) -> usize {
        match self {
            Matter::Held(bytes) => bytes.len(),
            Matter::Content { length, .. } => usize::try_from(*length).unwrap_or(usize::MAX),
        }
    }

    /// The bytes of `range`, which must lie inside.
    pub(super) fn slice(&self, range: Range<usize>) -> Bytes {
        match self {
            Matter::Held(bytes) => bytes.slice(range),
            Matter::Content { seed, key, version, .. } => {
                content::bytes(*seed, key, *version, range.start as u64, range.len()).into()
            }
        }
    }
}
