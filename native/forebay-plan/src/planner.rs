//! One planner per open stream: it is told of the reads and says what to fetch.
//!
//! What it knows about the file decides how it looks at a read:
//! - a *small* file comes whole with the first read;
//! - a file *without a footer* (not yet read, or of a format not understood) has a tail, which comes
//!   whole with the first read near the end, because that is how readers of columns begin; everything
//!   else is [`sequence`]: sequential readers get a growing window, random ones what they ask for;
//! - a file *with a footer* is [`columns`]: whole chunks lead to the stream's other columns and to the
//!   row groups ahead ([`course`] says how far), page ranges to nothing but themselves.
//!
//! Waste is kept small by evidence rather than by statistics: a column is fetched ahead only after
//! this stream has read it whole, a later row group only inside what seems to be the stream's split,
//! a longer window only after the shorter one was used.
//!
//! What was planned ahead once is never planned ahead again by the same stream, even if it has been
//! evicted since: a cache too small for its readers isn't helped by more fetching. Demand is always
//! planned.
//!
//! The quiet range is kept: a read inside it, reported or not, leaves every later decision as it was.
//!
//! Memory: a bit per column and two per column chunk (at most 96 KiB, for a file of 262,144 chunks;
//! about 100 bytes for one of usual size), 1 KiB of ranges, and a reference to the shared footer.

mod bits;
mod columns;
mod course;
mod runs;
mod sequence;
mod spans;

use std::ops::Range;
use std::sync::Arc;

use columns::Columns;
use sequence::Sequence;
use spans::Spans;

use crate::plan::Draft;
use crate::{Footer, Plan, PlanSettings, Priority, Reason};

/// Row groups looked at for one read, at most: a read that spans more is a copy, which needs no chunks.
const MAX_UNDESCRIBED: usize = 8;

/// Plans the reads of one open stream. Reads are reported in the order in which they are asked for.
#[derive(Debug, Clone)]
pub struct StreamPlanner {
    length: u64,
    settings: PlanSettings,
    /// Asked for before it was understood: tail, windows, page index.
    covered: Spans,
    sequence: Sequence,
    columns: Option<Columns>,
    /// The last plan's quiet range and the reason of its demand.
    quiet: (Range<u64>, Reason),
}

impl StreamPlanner {
    /// A planner for a stream over a file of `length` bytes.
    #[must_use]
    pub fn new(length: u64, settings: PlanSettings) -> StreamPlanner {
        StreamPlanner {
            length,
            settings: settings.bounded(),
            covered: Spans::default(),
            sequence: Sequence::default(),
            columns: None,
            quiet: (0..0, Reason::Random),
        }
    }

    /// Tells the planner where the file's columns lie. The first footer counts; one of a file of
    /// another length is ignored. Ends the last plan's quiet range.
    pub fn set_footer(&mut self, footer: Arc<Footer>) {
        if self.columns.is_none() && footer.file_length() == self.length {
            self.columns = Some(Columns::new(footer));
            self.quiet = (0..0, Reason::Random);
        }
    }

    /// The row groups around a read whose chunks aren't known yet: their numbers, and the bytes that
    /// [`Footer::describe`] wants. Only ORC has such.
    #[must_use]
    pub fn undescribed(&self, offset: u64, len: u64) -> Vec<(usize, Range<u64>)> {
        let Some(footer) = self.footer() else { return Vec::new() };
        let met = footer.row_groups_over(&(offset..offset.saturating_add(len.max(1))));
        let ahead = usize::try_from(self.settings.row_groups).unwrap_or(0).saturating_add(1);
        let around = met.start..met.end.saturating_add(ahead).min(footer.row_group_count());
        let unknown = |number| footer.undescribed(number).map(|range| (number, range));
        around.filter_map(unknown).take(MAX_UNDESCRIBED).collect()
    }

    /// The footer, where it is known.
    #[must_use]
    pub fn footer(&self) -> Option<&Footer> {
        self.columns.as_ref().map(Columns::footer)
    }

    /// Plans a read of `len` bytes at `offset`, which may reach past the end of the file.
    pub fn read(&mut self, offset: u64, len: u64) -> Plan {
        let read = offset..offset.saturating_add(len).min(self.length);
        if read.is_empty() {
            return Plan { pieces: Vec::new(), quiet: offset..offset };
        }
        let (quiet, reason) = &self.quiet;
        if quiet.start <= read.start && read.end <= quiet.end {
            return self.exactly(read, *reason, quiet.clone());
        }
        let plan = self.decide(read);
        let reason = plan.pieces.first().map_or(Reason::Random, |piece| piece.reason);
        self.quiet = (plan.quiet.clone(), reason);
        plan
    }

    /// Bytes of memory it occupies, the shared footer not counted.
    #[must_use]
    pub fn weight(&self) -> u32 {
        let columns = self.columns.as_ref().map_or(0, Columns::heap);
        let bytes = size_of::<StreamPlanner>() + self.covered.heap() + columns;
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    fn decide(&mut self, read: Range<u64>) -> Plan {
        if !self.settings.enabled {
            return self.exactly(read, Reason::Random, 0..self.length);
        }
        if self.length <= self.settings.small_file {
            return self.whole(read);
        }
        match &mut self.columns {
            Some(columns) => columns.read(&read, &mut self.covered, &self.settings),
            None => self.plain(read),
        }
    }

    fn exactly(&self, read: Range<u64>, reason: Reason, quiet: Range<u64>) -> Plan {
        let mut draft = Draft::new(&self.settings);
        draft.demand(read, reason);
        draft.finish(quiet)
    }

    /// The first read brings the file; where one misses later, the cache has lost it, and only what
    /// is asked for is fetched again.
    fn whole(&mut self, read: Range<u64>) -> Plan {
        let file = 0..self.length;
        let first = !self.covered.meets(&file);
        self.covered.insert(file.clone());
        self.exactly(if first { file.clone() } else { read }, Reason::Whole, file)
    }

    fn plain(&mut self, read: Range<u64>) -> Plan {
        let tail = self.length.saturating_sub(self.settings.tail)..self.length;
        if tail.contains(&read.start) && !self.sequence.expects(read.start) {
            let first = !self.covered.meets(&tail);
            self.covered.insert(tail.clone());
            let demand = if first { tail.clone() } else { read };
            return self.exactly(demand, Reason::Tail, tail);
        }
        let limit = self.settings.split_end.map_or(self.length, |end| end.min(self.length));
        let Some(forward) = self.sequence.read(&read, limit, &self.settings) else {
            return self.exactly(read.clone(), Reason::Random, read);
        };
        let mut draft = Draft::new(&self.settings);
        draft.demand(read, Reason::Sequential);
        for part in self.covered.absent(&forward.ahead) {
            // A window is far smaller than a plan's limits; were it refused, it would only be missing.
            let _ = draft.ahead(part, Priority::NextRowGroup, Reason::Sequential);
        }
        self.covered.insert(forward.ahead);
        draft.finish(forward.quiet)
    }
}

#[cfg(test)]
mod tests;
