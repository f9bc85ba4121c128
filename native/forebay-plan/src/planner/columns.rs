//! Readers of a file whose footer is known.
//!
//! A read is classified by where it begins: footer, page index, dictionary, column chunk, or none of
//! these. What decides about look-ahead is whether it reads a chunk *whole*, because a reader that
//! picks pages by index must get exactly those (fetching the rest of their chunks moved 12 MB where
//! 1.4 were wanted). A chunk is read whole by a read that
//! - covers four fifths of it or more; or
//! - begins at or before its start and fills a buffer of 8 MiB, the size into which parquet-mr cuts
//!   reads of whole runs of chunks; or
//! - continues an earlier read, both together beginning at or before the chunk's start and reaching
//!   64 KiB into its data pages. One read alone that begins at the start is no proof: page ranges
//!   and dictionary filters begin there too, with a dictionary of up to a megabyte.
//!
//! The first whole chunk in a row group means the stream *enters* it: [`Course`] takes note, and all
//! columns that the stream has read whole so far (its column set) are asked for at once, and those of
//! the row groups ahead that the course reaches. A column that turns up later is added the same way.
//! In the stream's first row group the set grows as the reader goes, so there each column is asked
//! for as it is met.
//!
//! In ORC a stripe is a row group whose chunks are known only after its own footer was read. So whoever
//! reads a stripe's footer gets those of the next stripes asked for as well: by the time it enters the
//! stripe, look-ahead knows where the next one's columns lie. Where it doesn't yet, the following
//! reads are reported, and the first that finds the chunks known asks for them.

mod ahead;
mod demand;
mod dictionaries;
mod guess;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use demand::{Demand, joined};
use dictionaries::Filter;

use super::bits::Bits;
use super::course::Course;
use super::runs::Around;
use super::spans::Spans;
use crate::plan::Draft;
use crate::{Chunk, ColumnSet, Footer, MAX_PIECE, Pace, Plan, PlanSettings, Reason, RowGroup};

/// How far into a chunk's data pages reads that continue each other must come to count as reading it
/// whole. The Java window's largest fill is 128 KiB, so a reader in small steps is recognised by its
/// second large fill at the latest.
const DEEP: u64 = 64 << 10;

/// One stream over a file whose columns are known.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    footer: Arc<Footer>,
    /// Columns read whole, by number.
    set: Bits,
    /// Chunks asked for, by row group and place in it.
    planned: Bits,
    /// Chunks whose dictionary was asked for to its end.
    dictionaries: Bits,
    /// ORC stripes whose own footer, and whose index, was asked for.
    stripe_footers: Bits,
    stripe_indexes: Bits,
    course: Option<Course>,
    /// What streams before this one read, the latest first, and the columns it is taken to want because
    /// of that.
    past: Vec<ColumnSet>,
    guess: Bits,
    /// Whether the stream has gone on from its first row group.
    left_first: bool,
    filter: Option<Filter>,
    pace: Pace,
    /// When the row group being read was entered, and what the reader needed for the ones before.
    entered: Duration,
    decode: Duration,
    depth: u32,
    /// Reads that continue each other, and how many they are.
    streak: Range<u64>,
    streak_reads: u32,
    /// The chunks around the last read whose reading needs no report: whoever reads on from inside
    /// them, or from their end, has read up to there.
    unreported: Range<u64>,
}

impl Columns {
    pub(super) fn new(footer: Arc<Footer>) -> Columns {
        let chunks = footer.row_group_count().saturating_mul(footer.columns());
        Columns {
            set: Bits::new(footer.columns()),
            planned: Bits::new(chunks),
            dictionaries: Bits::new(chunks),
            stripe_footers: Bits::new(footer.row_group_count()),
            stripe_indexes: Bits::new(footer.row_group_count()),
            course: None,
            past: Vec::new(),
            guess: Bits::new(footer.columns()),
            left_first: false,
            filter: None,
            pace: Pace::default(),
            entered: Duration::ZERO,
            decode: Duration::ZERO,
            depth: 0,
            streak: 0..0,
            streak_reads: 0,
            unreported: 0..0,
            footer,
        }
    }

    pub(super) fn footer(&self) -> &Footer {
        &self.footer
    }

    pub(super) fn heap(&self) -> usize {
        let stripes = self.stripe_footers.heap() + self.stripe_indexes.heap();
        let columns = self.set.heap() + self.guess.heap();
        columns + self.planned.heap() + self.dictionaries.heap() + stripes
    }

    pub(super) fn remember(&mut self, past: Vec<ColumnSet>) {
        self.past = past;
    }

    /// How many row groups ahead were last asked for.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Whether the stream's first row group is behind it.
    pub(super) fn has_left_first(&self) -> bool {
        self.left_first
    }

    /// Plans reads that are asked for at once, in the order of the file.
    pub(super) fn read(
        &mut self,
        reads: &[Range<u64>],
        covered: &mut Spans,
        settings: &PlanSettings,
        pace: Pace,
    ) -> Plan {
        self.pace = pace;
        let footer = Arc::clone(&self.footer);
        let mut draft = Draft::new(settings);
        let (mut demands, mut entered) = (Vec::new(), Vec::new());
        for read in reads {
            self.follow(read);
            demands.push(self.demand(read, &footer, covered));
            self.entered_by(read, reads.len() == 1, &mut entered);
        }
        let demanded = joined(&demands, settings.gap);
        for (range, reason) in &demanded {
            draft.demand(range.clone(), *reason);
        }
        if let ([read], [Demand { reason: Reason::Dictionary, .. }]) = (reads, &demands[..]) {
            self.filter(read.start, covered, settings, &mut draft);
        }
        let demanded: Vec<Range<u64>> = demanded.into_iter().map(|(range, _)| range).collect();
        let gaps = (settings.gap, pace.gap(settings));
        let around = Around { demand: &demanded, covered, gaps };
        let mut waits = false;
        for number in entered {
            waits |= self.ask_from(number, settings, &around, &mut draft);
        }
        let ([read], [demand]) = (reads, &demands[..]) else {
            self.unreported = 0..0;
            return draft.finish(0..0);
        };
        let run = if draft.is_full() || waits { None } else { self.settled_chunks(read) };
        self.unreported = run.clone().unwrap_or_default();
        draft.finish(run.unwrap_or_else(|| demand.settled.clone()))
    }

    /// Takes note of a read that was answered without a plan, and plans nothing.
    pub(super) fn observe(&mut self, read: &Range<u64>) {
        self.follow(read);
        self.entered_by(read, false, &mut Vec::new());
    }

    /// The row groups that a read enters. `alone`: no other read was asked for with it, so what it leaves
    /// out says something.
    fn entered_by(&mut self, read: &Range<u64>, alone: bool, entered: &mut Vec<usize>) {
        let footer = Arc::clone(&self.footer);
        for number in footer.row_groups_over(read) {
            let Some(group) = footer.row_group(number) else { break };
            let own = footer.stripe_footer(number);
            if own.is_some_and(|own| own.contains(&read.start)) {
                self.come_to(number);
            } else if !self.enter(number, &group, read) {
                continue;
            } else if alone && !self.left_first {
                self.guess(&group, read);
            }
            if !entered.contains(&number) {
                entered.push(number);
            }
        }
    }

    fn follow(&mut self, read: &Range<u64>) {
        let unreported = (self.unreported.start..=self.unreported.end).contains(&read.start)
            && !self.unreported.is_empty();
        if self.streak_reads > 0 && (unreported || read.start == self.streak.end) {
            self.streak.end = read.end;
            self.streak_reads = self.streak_reads.saturating_add(1);
        } else {
            self.streak = read.clone();
            self.streak_reads = 1;
        }
    }

    fn come_to(&mut self, number: usize) {
        let Some(course) = &mut self.course else {
            self.course = Some(Course::begin(number, &self.footer));
            self.entered = self.pace.busy;
            return;
        };
        if course.current() != number {
            let spent = self.pace.busy.saturating_sub(self.entered);
            self.decode = if self.decode.is_zero() { spent } else { (self.decode + spent) / 2 };
            self.entered = self.pace.busy;
            self.left_first = true;
            self.guess.clear();
        }
        course.enter(number, &self.footer);
    }

    fn reads_whole(&self, read: &Range<u64>, chunk: &Chunk) -> bool {
        let range = chunk.range();
        let common = read.end.min(range.end).saturating_sub(read.start.max(range.start));
        let size = range.end - range.start;
        let most = common >= size - size / 5;
        let filled = read.start <= range.start && read.end - read.start >= MAX_PIECE;
        let deep = self.streak_reads > 1
            && self.streak.start <= range.start
            && self.streak.end >= chunk.data().saturating_add(DEEP);
        common > 0 && (most || filled || deep)
    }

    /// Adds the columns that `read` reads whole in a row group; says whether there were any.
    fn enter(&mut self, number: usize, group: &RowGroup<'_>, read: &Range<u64>) -> bool {
        let first = group.chunks.partition_point(|chunk| chunk.range().end <= read.start);
        let met = group.chunks.iter().skip(first).take_while(|c| c.range().start < read.end);
        let whole: Vec<usize> =
            met.filter(|chunk| self.reads_whole(read, chunk)).map(column).collect();
        if whole.is_empty() {
            return false;
        }
        for column in whole {
            self.set.insert(column);
        }
        self.come_to(number);
        true
    }

    /// The adjacent chunks around the read that belong to the column set and are asked for: reading
    /// more of them changes nothing.
    fn settled_chunks(&self, read: &Range<u64>) -> Option<Range<u64>> {
        let number = self.footer.row_groups_over(read).start;
        self.course.as_ref().filter(|course| course.current() == number)?;
        let group = self.footer.row_group(number)?;
        let base = number.saturating_mul(self.footer.columns());
        let settled = |place: usize| {
            group.chunks.get(place).map(Chunk::range).filter(|_| {
                let column = group.chunks.get(place).map(column);
                self.planned.contains(base + place) && column.is_some_and(|c| self.set.contains(c))
            })
        };
        let mut place = group.chunks.partition_point(|chunk| chunk.range().end <= read.start);
        let mut run = settled(place)?;
        let mut before = place;
        while let Some(chunk) = before.checked_sub(1).and_then(settled)
            && chunk.end == run.start
        {
            run.start = chunk.start;
            before -= 1;
        }
        while let Some(chunk) = settled(place + 1)
            && chunk.start == run.end
        {
            run.end = chunk.end;
            place += 1;
        }
        (run.start <= read.start && read.end <= run.end).then_some(run)
    }
}

fn chunk_at(footer: &Footer, offset: u64) -> Option<(usize, Chunk)> {
    let number = footer.row_groups_over(&(offset..offset.saturating_add(1))).start;
    let group = footer.row_group(number)?;
    let place = group.chunks.partition_point(|chunk| chunk.range().end <= offset);
    let chunk = group.chunks.get(place).filter(|chunk| chunk.range().contains(&offset))?;
    Some((number.saturating_mul(footer.columns()).saturating_add(place), *chunk))
}

fn column(chunk: &Chunk) -> usize {
    usize::try_from(chunk.column()).unwrap_or(usize::MAX)
}

fn later(number: usize, step: u32) -> Option<usize> {
    number.checked_add(usize::try_from(step).ok()?)
}
