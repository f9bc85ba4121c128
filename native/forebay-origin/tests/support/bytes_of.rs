//! Objects' contents, identities, and a sink that keeps what it gets.

use bytes::Bytes;
use forebay_origin::Sink;
use forebay_types::{ETag, Identity, Location, Result, Version};

/// `length` bytes that differ from place to place and from seed to seed.
pub(crate) fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&next());
    }
    bytes.truncate(length);
    bytes
}

/// The name of `length` bytes at `key`, pinned by `etag`.
pub(crate) fn identity(bucket: &str, key: &str, etag: &str, length: u64) -> Identity {
    let location = Location {
        store: "s3".into(),
        endpoint: "".into(),
        bucket: bucket.into(),
        key: key.into(),
        settings: 0,
    };
    let etag = ETag::strong(etag).expect("a strong tag");
    Identity::new(location, Version { etag, length, version_id: None }).expect("short enough")
}

/// Keeps everything.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Vec<u8>);

impl Sink for Kept {
    fn accept(&mut self, bytes: Bytes) -> Result<()> {
        self.0.extend_from_slice(&bytes);
        Ok(())
    }
}
