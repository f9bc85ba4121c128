//! Checking every cell of a segment, as a reader would check it.
//!
//! Each cell is read by itself: one that the disk refuses is a damaged cell and not the end of the
//! check. What is read is what readers get, pages that the kernel holds included.

use std::io::IoSliceMut;
use std::os::fd::OwnedFd;

use forebay_types::{Identity, Result};
use rustix::io::Errno;

use super::{Content, Front, Inspection, checked};
use crate::cell::{Checksum, ENTRY, Seeds};
use crate::header::{self, Page};
use crate::segment::{pread, release_if_unlinked};
use crate::slice::Slice;
use crate::{CELL, size};

/// What checking a segment found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What it holds; `Broken` counts as damage of the whole segment.
    pub content: Content,
    /// Cells that were checked.
    pub cells: u64,
    /// Bytes that were checked.
    pub bytes: u64,
    /// Where in the object damaged cells begin.
    pub damaged: Vec<u64>,
    /// Whether what was damaged has been dropped.
    pub dropped: bool,
}

impl Inspection {
    /// Checks every cell of the segment of that name. With `drop`, damaged cells lose their entries,
    /// and a segment without a sound header is removed: readers then find a miss at once.
    ///
    /// # Errors
    /// As [`Inspection::segment`]; a cell that cannot be read is damage, not an error.
    pub fn verify(&self, name: &str, drop: bool) -> Result<Verified> {
        let path = checked(name)?;
        let nothing =
            |content| Verified { content, cells: 0, bytes: 0, damaged: Vec::new(), dropped: false };
        let Some(file) = self.file(&path)? else { return Ok(nothing(Content::Gone)) };
        let front = match Front::read(&file) {
            Ok(front) => front,
            Err(Errno::IO) => return self.broken(name, &file, drop, nothing(Content::Broken)),
            Err(found) => return Err(self.failed(name, "read", found)),
        };
        match front.page {
            Page::Ours(ref identity, slice) if header::path(identity, slice) == path => {
                let (verified, bad) = check(&file, identity, slice, &front);
                if !bad.is_empty() && evicted(&file) {
                    return Ok(nothing(Content::Gone));
                }
                let dropped = drop && !bad.is_empty();
                for cell in bad.iter().filter(|_| dropped) {
                    let nothing = [0; size(ENTRY)];
                    rustix::io::pwrite(&file, &nothing, Slice::entry_at(*cell))
                        .map_err(|found| self.failed(name, "changed", found))?;
                }
                release_if_unlinked(&file);
                Ok(Verified { dropped, ..verified })
            }
            Page::Ours(..) | Page::Broken => {
                self.broken(name, &file, drop, nothing(Content::Broken))
            }
            Page::Blank => Ok(nothing(Content::Blank)),
            Page::Foreign => Ok(nothing(Content::Foreign)),
        }
    }

    /// A file whose header says nothing is damage, unless it was only unlinked under our reading.
    fn broken(&self, name: &str, file: &OwnedFd, drop: bool, found: Verified) -> Result<Verified> {
        if evicted(file) {
            return Ok(Verified { content: Content::Gone, ..found });
        }
        let dropped = drop && self.remove(name)?;
        Ok(Verified { dropped, ..found })
    }
}

/// Reads and checks all cells: what was found, and which cells of the slice are bad.
fn check(file: &OwnedFd, identity: &Identity, slice: Slice, front: &Front) -> (Verified, Vec<u64>) {
    let seeds = Seeds::new(identity.hash());
    let mut bytes = vec![0; size(CELL)];
    let (mut cells, mut checked, mut bad) = (0, 0, Vec::new());
    for (cell, entry) in front.table.entries(slice) {
        if entry == [0; size(ENTRY)] {
            continue;
        }
        let length = slice.cell_length(cell);
        let into = &mut bytes[..size(length)];
        let read = pread(file, &mut [IoSliceMut::new(into)], Slice::cell_at(cell));
        let found =
            (read == Ok(into.len())).then(|| seeds.checksum(slice.cell_in_object(cell), into));
        if found.is_none() || found != Checksum::from_entry(entry, length) {
            bad.push(cell);
        }
        cells += 1;
        checked += length;
    }
    let damaged: Vec<u64> = bad.iter().map(|cell| slice.begin() + cell * CELL).collect();
    let lost: u64 = bad.iter().map(|cell| slice.cell_length(*cell)).sum();
    let content = Content::Object {
        identity: Box::new(identity.clone()),
        begin: slice.begin(),
        cached: checked - lost,
    };
    (Verified { content, cells, bytes: checked, damaged, dropped: false }, bad)
}

/// Whether the file was evicted, or is about to be, while it was read: the evictor empties it first.
fn evicted(file: &OwnedFd) -> bool {
    rustix::fs::fstat(file).is_ok_and(|status| status.st_nlink == 0 || status.st_size == 0)
}
