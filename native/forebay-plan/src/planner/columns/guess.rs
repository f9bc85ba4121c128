//! Which columns a stream will read, guessed from those that streams before it read.
//!
//! Different queries read different columns of one table, so the latest set is no guess by itself. A
//! remembered set is followed only while the stream's own reads are what a reader of that set would do:
//! readers go through a row group in the order of the file, and join chunks that lie side by side into
//! one read. The first read already tells most sets apart; the columns it was right about are then
//! all on their way after one wait instead of one wait each. A read that doesn't fit drops the guess,
//! and a guess never reaches beyond the stream's first row group: after that its own reads are known.

use std::ops::Range;

use super::{Columns, column};
use crate::{Chunk, ColumnSet, MAX_PIECE, RowGroup};

impl Columns {
    /// Follows the latest remembered set that `read`, which reads columns whole, agrees with.
    pub(super) fn guess(&mut self, group: &RowGroup<'_>, read: &Range<u64>) {
        self.guess.clear();
        let found = self.past.iter().find(|past| self.agrees(past, group, read)).cloned();
        for column in found.iter().flat_map(|past| past.iter()) {
            self.guess.insert(usize::try_from(*column).unwrap_or(usize::MAX));
        }
    }

    fn agrees(&self, past: &ColumnSet, group: &RowGroup<'_>, read: &Range<u64>) -> bool {
        let of_past = |chunk: &Chunk| past.binary_search(&chunk.column()).is_ok();
        let passed = |chunk: &Chunk| chunk.range().end <= read.end;
        let same = |chunk: &Chunk| of_past(chunk) == self.set.contains(column(chunk));
        if !group.chunks.iter().take_while(|chunk| passed(chunk)).all(same) {
            return false;
        }
        // A reader of this set would have read on, unless its buffer was full.
        let next = group.chunks.partition_point(passed);
        let on = group
            .chunks
            .get(next)
            .is_some_and(|chunk| chunk.range().start == read.end && of_past(chunk) && next > 0);
        !on || read.end - read.start >= MAX_PIECE
    }

    /// The columns that this stream read whole in its first row group, once it has left it or ended.
    pub(in super::super) fn lesson(&self) -> (u64, Vec<u32>) {
        let columns = 0..u32::try_from(self.footer.columns()).unwrap_or(u32::MAX);
        let read = |column: &u32| usize::try_from(*column).is_ok_and(|c| self.set.contains(c));
        (self.footer.schema_fingerprint(), columns.filter(read).collect())
    }
}
