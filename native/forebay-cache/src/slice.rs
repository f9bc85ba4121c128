//! Where everything lies in a segment's file.
//!
//! ```text
//! 0        header, one page: repeats the whole identity
//! 4 KiB    table: 4,096 entries of 8 bytes
//! 36 KiB   a hole, which costs nothing
//! 2 MiB    cells, each at its own place whether or not others are there
//! ```
//! Cells begin at 2 MiB so that the kernel can keep a fill of 8 MiB in folios of up to 2 MiB, which
//! are copied faster than single pages. The file has its full length from the start.

use crate::cell::ENTRY;
use crate::{CELL, SEGMENT};

/// Where the table begins: after one page of header.
pub(crate) const TABLE_AT: u64 = 4 << 10;

/// Bytes of a full table.
pub(crate) const TABLE: u64 = SEGMENT / CELL * ENTRY;

/// Where cells begin.
pub(crate) const CELLS_AT: u64 = 2 << 20;

const _: () = assert!(TABLE_AT + TABLE <= CELLS_AT);

/// One slice of an object: which one, and how long it is (the last one is shorter).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slice {
    /// Its number in the object.
    pub(crate) index: u64,
    length: u64,
}

impl Slice {
    /// How many slices an object of `length` bytes has.
    pub(crate) fn count(length: u64) -> u64 {
        length.div_ceil(SEGMENT)
    }

    /// Slice number `index` of an object of `object` bytes; `None` beyond its end.
    pub(crate) fn new(object: u64, index: u64) -> Option<Slice> {
        let begin = index.checked_mul(SEGMENT).filter(|begin| *begin < object)?;
        Some(Slice { index, length: (object - begin).min(SEGMENT) })
    }

    /// Where the slice begins in the object.
    pub(crate) fn begin(self) -> u64 {
        self.index * SEGMENT
    }

    /// Bytes of the object in this slice.
    pub(crate) fn length(self) -> u64 {
        self.length
    }

    /// How many cells it has.
    pub(crate) fn cells(self) -> u64 {
        self.length.div_ceil(CELL)
    }

    /// Bytes of cell `cell` of the slice: `CELL` but for the object's last.
    pub(crate) fn cell_length(self, cell: u64) -> u64 {
        self.length.saturating_sub(cell * CELL).min(CELL)
    }

    /// Where cell `cell` ends, in bytes from the slice's beginning.
    pub(crate) fn cell_end(self, cell: u64) -> u64 {
        ((cell + 1) * CELL).min(self.length)
    }

    /// The number in the object of cell `cell` of the slice.
    pub(crate) fn cell_in_object(self, cell: u64) -> u64 {
        self.index * (SEGMENT / CELL) + cell
    }

    /// Bytes of the segment's file.
    pub(crate) fn file_length(self) -> u64 {
        CELLS_AT + self.length
    }

    /// Where the entry of `cell` lies in the file.
    pub(crate) fn entry_at(cell: u64) -> u64 {
        TABLE_AT + cell * ENTRY
    }

    /// Where `cell` lies in the file.
    pub(crate) fn cell_at(cell: u64) -> u64 {
        CELLS_AT + cell * CELL
    }
}
