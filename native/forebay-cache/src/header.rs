//! A segment's name and its first page.
//!
//! Both are functions of identity and slice alone (no time, no process), so that all who create a
//! segment write the same bytes and creation has no loser. A name is made of hashes only: the
//! location's first, so that all versions and slices of a key lie in one place and a new process can
//! find them; the format's number last, so that segments of other formats never meet. Two levels of
//! sixteen directories keep a listing short at a hundred thousand segments, and cost 1 MiB at most.
//!
//! The page repeats everything the segment's place depends on, so a segment is recognised by
//! comparing it whole; its own checksum serves tools, which have no identity to compare with.

use std::ffi::CString;

use forebay_types::Identity;

use crate::slice::{Slice, TABLE_AT};
use crate::{CELL, SEGMENT, crc, long, size};

/// The number of this format. Anything about cells, tables or headers that changes, changes it.
pub(crate) const FORMAT: u32 = 1;

const MAGIC: [u8; 8] = *b"FOREBAY\x01";

/// Bytes of the page.
pub(crate) const HEADER: usize = size(TABLE_AT);

/// The first page of a segment.
pub(crate) type Header = [u8; HEADER];

/// Where the parts of the page lie.
mod at {
    pub(super) const FORMAT: usize = 8;
    pub(super) const CELL: usize = 12;
    pub(super) const SEGMENT: usize = 16;
    pub(super) const SLICE: usize = 24;
    pub(super) const LENGTH: usize = 32;
    pub(super) const IDENTITY: usize = 36;
    pub(super) const CRC: usize = super::HEADER - 4;
}

const _: () = assert!(at::IDENTITY + forebay_types::identity::MAX_ENCODED <= at::CRC);

/// The page of one slice of an identity.
pub(crate) fn header(identity: &Identity, slice: Slice) -> Box<Header> {
    let mut page = Box::new([0; HEADER]);
    let encoded = identity.encode();
    put(&mut page, 0, &MAGIC);
    put(&mut page, at::FORMAT, &FORMAT.to_le_bytes());
    put(&mut page, at::CELL, &u32::try_from(CELL).unwrap_or(0).to_le_bytes());
    put(&mut page, at::SEGMENT, &SEGMENT.to_le_bytes());
    put(&mut page, at::SLICE, &slice.index.to_le_bytes());
    put(&mut page, at::LENGTH, &u32::try_from(encoded.len()).unwrap_or(0).to_le_bytes());
    put(&mut page, at::IDENTITY, &encoded);
    let crc = crc::of(&page[..at::CRC]);
    put(&mut page, at::CRC, &crc.to_le_bytes());
    page
}

fn put(page: &mut Header, at: usize, bytes: &[u8]) {
    page[at..at + bytes.len()].copy_from_slice(bytes);
}

/// What the first page of a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Exactly the segment that was meant.
    Ours,
    /// Nothing yet: its creator has not written it, or was killed before.
    Blank,
    /// A segment, whole by its own checksum, of another format.
    Foreign,
    /// Anything else.
    Broken,
}

/// Compares what was read (possibly less than a page) with what was meant.
pub(crate) fn recognise(read: &[u8], meant: &Header) -> Found {
    if read == meant.as_slice() {
        return Found::Ours;
    }
    if read.iter().all(|byte| *byte == 0) {
        return Found::Blank;
    }
    if read.len() == HEADER && read[..MAGIC.len()] == MAGIC {
        let format_differs = read[at::FORMAT..at::CELL] != meant[at::FORMAT..at::CELL];
        let crc = crc::of(&read[..at::CRC]).to_le_bytes();
        if format_differs && read[at::CRC..] == crc {
            return Found::Foreign;
        }
    }
    Found::Broken
}

/// What a page says to one who has no identity to compare it with.
#[derive(Debug)]
pub(crate) enum Page {
    /// The segment of this slice of this identity.
    Ours(Box<Identity>, Slice),
    /// As [`Found::Blank`].
    Blank,
    /// As [`Found::Foreign`].
    Foreign,
    /// As [`Found::Broken`].
    Broken,
}

/// Reads a page (possibly less than one) back. Only what [`header`] writes is `Ours`.
pub(crate) fn parse(read: &[u8]) -> Page {
    if read.iter().all(|byte| *byte == 0) {
        return Page::Blank;
    }
    let Ok(page) = <&Header>::try_from(read) else { return Page::Broken };
    let whole = page[at::CRC..] == crc::of(&page[..at::CRC]).to_le_bytes();
    if !whole || page[..MAGIC.len()] != MAGIC {
        return Page::Broken;
    }
    if page[at::FORMAT..at::CELL] != FORMAT.to_le_bytes() {
        return Page::Foreign;
    }
    match parts(page) {
        Some((identity, slice)) if *header(&identity, slice) == *page => {
            Page::Ours(Box::new(identity), slice)
        }
        Some(_) | None => Page::Broken,
    }
}

fn parts(page: &Header) -> Option<(Identity, Slice)> {
    let index = u64::from_le_bytes(*page[at::SLICE..].first_chunk()?);
    let length = u32::from_le_bytes(*page[at::LENGTH..].first_chunk()?);
    let encoded = page[at::IDENTITY..at::CRC].get(..usize::try_from(length).ok()?)?;
    let identity = Identity::decode(encoded)?;
    let slice = Slice::new(identity.length(), index)?;
    Some((identity, slice))
}

/// The directory, two levels deep, that holds all segments of a location.
pub(crate) fn shelf(location: u128) -> String {
    let hex = format!("{location:032x}");
    format!("{}/{}", &hex[..1], &hex[1..2])
}

/// The beginning of the names of all segments of a location.
pub(crate) fn prefix(location: u128) -> String {
    format!("{location:032x}-")
}

/// The path of a segment inside the cache's directory.
pub(crate) fn path(identity: &Identity, slice: Slice) -> CString {
    let location = identity.location_hash();
    let name = format!(
        "{}/{location:032x}-{:032x}-{:x}.{FORMAT}",
        shelf(location),
        identity.hash(),
        slice.index
    );
    // Hexadecimal digits hold no NUL.
    CString::new(name).unwrap_or_default()
}

/// Whether a file's name may be that of a segment of any format: `<hash>-<hash>-<slice>.<format>`.
pub(crate) fn is_segment(name: &[u8]) -> bool {
    let hash = |part: &[u8]| part.len() == 32 && part.iter().all(u8::is_ascii_hexdigit);
    let mut parts = name.splitn(3, |byte| *byte == b'-');
    let (Some(location), Some(identity), Some(rest)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let mut rest = rest.splitn(2, |byte| *byte == b'.');
    let slice = rest.next().is_some_and(|s| !s.is_empty() && s.iter().all(u8::is_ascii_hexdigit));
    let format = rest.next().is_some_and(|f| !f.is_empty() && f.iter().all(u8::is_ascii_digit));
    hash(location) && hash(identity) && slice && format && long(name.len()) < 256
}
