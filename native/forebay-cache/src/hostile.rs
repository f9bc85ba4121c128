//! The cache's files as hostile bytes: what `fuzz/` reads them with.

use std::sync::Arc;

use forebay_types::{ETag, Identity, Location, Version};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::io::pwrite;

use crate::cell::Seeds;
use crate::crc;
use crate::header::{self, Found, HEADER, Page, header};
use crate::ledger;
use crate::segment::Front;
use crate::slice::Slice;

/// Bytes of the object that the segment is one of: 40 cells and a part.
const LENGTH: u64 = 40 * crate::CELL + 77;

/// The input's first byte: 0, and the rest is the whole file; else the rest lies over a good file, from
/// the place that the next two bytes say.
pub fn segment(input: &[u8]) {
    let location = Location {
        store: "s3".into(),
        endpoint: "".into(),
        bucket: "b".into(),
        key: "k".into(),
        settings: 0,
    };
    let Some(etag) = ETag::strong("e") else { return };
    let version = Version { etag, length: LENGTH, version_id: None };
    let (Ok(identity), Some(slice)) = (Identity::new(location, version), Slice::new(LENGTH, 0))
    else {
        return;
    };
    let identity = Arc::new(identity);
    let meant = header(&identity, slice);
    let Ok(file) = memfd_create("segment", MemfdFlags::CLOEXEC) else { return };
    let (at, bytes) = match input {
        [0, whole @ ..] => (0, whole),
        [_, low, high, rest @ ..] => {
            let _ = ftruncate(&file, slice.file_length());
            let _ = pwrite(&file, meant.as_slice(), 0);
            (u64::from(u16::from_le_bytes([*low, *high])), rest)
        }
        short => (0, short),
    };
    let _ = pwrite(&file, bytes, at);
    let Ok(front) = Front::read(&file, &meant, slice) else { return };
    let untouched = at >= HEADER as u64;
    assert!(matches!(front.found, Found::Ours) || !untouched || input.first() == Some(&0));
    let seeds = Seeds::new(identity.hash());
    for (checksum, cell) in front.checksums(slice).zip(0..) {
        let zeros = vec![0; crate::size(slice.cell_length(cell))];
        let good =
            checksum.is_some_and(|sum| sum == seeds.checksum(slice.cell_in_object(cell), &zeros));
        // Guessing a seeded sum takes 2^32 inputs; a fuzzer that does it by chance has earned this line.
        assert!(!good, "an empty cell passed its check");
    }
}

/// A segment's first page, as the tool reads it, which has nothing to compare it with. Its own sum is made
/// right, or no input would get past it.
pub fn page(input: &[u8]) {
    let mut page = [0; HEADER];
    let length = input.len().min(HEADER);
    page[..length].copy_from_slice(&input[..length]);
    let (body, sum) = page.split_at_mut(HEADER - 4);
    sum.copy_from_slice(&crc::of(body).to_le_bytes());
    for read in [input, &page] {
        if let Page::Ours(identity, slice) = header::parse(read) {
            assert_eq!(header(&identity, slice).as_slice(), read, "it was written by nobody");
        }
    }
}

/// A ledger, likewise.
pub fn record(input: &[u8]) {
    let mut record = input.to_vec();
    record.extend(crc::of(input).to_le_bytes());
    for read in [input, &record] {
        let encoded = ledger::Record::decode(read).map(ledger::Record::encode);
        assert!(encoded.is_none_or(|encoded| encoded == read), "it was written by nobody");
    }
}
