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
use runs::worth_joining;
use sequence::Sequence;
use spans::Spans;

use crate::plan::Draft;
use crate::{ColumnSet, Footer, Pace, Piece, Plan, PlanSettings, Priority, ReadPolicy, Reason};

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
    pace: Pace,
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
            pace: Pace::default(),
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

    /// Tells the planner which columns earlier streams over such files read, the latest first.
    pub fn remember(&mut self, past: Vec<ColumnSet>) {
        if let Some(columns) = &mut self.columns {
            columns.remember(past);
        }
    }

    /// Tells the planner how fast bytes come and go; the next reads are planned by it.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Tells the planner of a read that it was not asked about, because the cache answered it before
    /// there was anything to plan. Reads are told in their order, and the footer before them.
    pub fn observe(&mut self, read: Range<u64>) {
        match &mut self.columns {
            Some(columns) => columns.observe(&read),
            None => self.sequence.observe(&read),
        }
    }

    /// The schema's fingerprint and the columns that the stream has read whole, once that is all: when
    /// it has gone on from its first row group, or `ended`.
    #[must_use]
    pub fn lesson(&self, ended: bool) -> Option<(u64, Vec<u32>)> {
        let columns = self.columns.as_ref().filter(|columns| ended || columns.has_left_first())?;
        Some(columns.lesson()).filter(|(_, columns)| !columns.is_empty())
    }

    /// How many row groups ahead were asked for at last.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.columns.as_ref().map_or(0, Columns::depth)
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

    /// Plans reads that are asked for at once, as one: a vectored read. Ranges may be in any order and
    /// reach past the end of the file; those close to each other come by one request. Where no footer
    /// is known, what one range gives reason to fetch ahead may overlap what another demands.
    pub fn read_all(&mut self, ranges: &[Range<u64>]) -> Plan {
        let mut reads: Vec<Range<u64>> =
            ranges.iter().map(|range| range.start..range.end.min(self.length)).collect();
        reads.retain(|range| !range.is_empty());
        reads.sort_by_key(|range| (range.start, range.end));
        let whole = self.length <= self.settings.small_file || !self.settings.enabled;
        match (&mut self.columns, &reads[..]) {
            (_, []) => Plan { pieces: Vec::new(), quiet: 0..0 },
            (_, [read]) => self.read(read.start, read.end - read.start),
            (Some(columns), several) if !whole && !self.settings.policy.is_forward() => {
                let plan = columns.read(several, &mut self.covered, &self.settings, self.pace);
                self.settled(several, plan)
            }
            (_, several) => {
                let plan = self.one_by_one(several);
                self.settled(several, plan)
            }
        }
    }

    /// The reads that follow take what was just asked for, range by range; that they continue each other
    /// says nothing.
    fn settled(&mut self, reads: &[Range<u64>], plan: Plan) -> Plan {
        self.quiet = (0..0, Reason::Random);
        let start = reads.first().map_or(0, |read| read.start);
        let end = reads.iter().map(|read| read.end).max().unwrap_or(0);
        Plan { quiet: start..end, ..plan }
    }

    /// Nothing is known of what lies between the ranges: those apart get a plan each.
    fn one_by_one(&mut self, reads: &[Range<u64>]) -> Plan {
        let mut apart: Vec<Range<u64>> = Vec::new();
        for read in reads {
            match apart.last_mut() {
                Some(last) if worth_joining(last, read, (self.settings.gap, 0)) => {
                    last.end = last.end.max(read.end);
                }
                Some(_) | None => apart.push(read.clone()),
            }
        }
        let plans = apart.iter().map(|read| self.read(read.start, read.end - read.start));
        let mut pieces: Vec<Piece> = plans.flat_map(|plan| plan.pieces).collect();
        pieces.sort_by_key(|piece| piece.priority != Priority::Demand);
        Plan { pieces, quiet: 0..0 }
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
            Some(columns) if !self.settings.policy.is_forward() => {
                columns.read(&[read], &mut self.covered, &self.settings, self.pace)
            }
            Some(_) | None => self.plain(read),
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
        let forward = self.settings.policy.is_forward();
        if !forward && tail.contains(&read.start) && !self.sequence.expects(read.start) {
            let first = !self.covered.meets(&tail);
            self.covered.insert(tail.clone());
            let demand = if first { tail.clone() } else { read };
            return self.exactly(demand, Reason::Tail, tail);
        }
        let limit = self.settings.split_end.map_or(self.length, |end| end.min(self.length));
        let jumps = self.settings.policy == ReadPolicy::Random;
        let sequence = if jumps { None } else { self.sequence.read(&read, limit, &self.settings) };
        let Some(forward) = sequence else {
            return self.exactly(read.clone(), Reason::Random, read);
        };
        let mut draft = Draft::new(&self.settings);
        draft.demand(read, Reason::Sequential);
        draft.cut_into(forward.part);
        for part in self.covered.absent(&forward.ahead) {
            // A window is no larger than a plan's limits; were it refused, it would only be missing.
            let _ = draft.ahead(part, Priority::NextRowGroup, Reason::Sequential);
        }
        self.covered.insert(forward.ahead);
        draft.finish(forward.quiet)
    }
}

#[cfg(test)]
mod tests;
