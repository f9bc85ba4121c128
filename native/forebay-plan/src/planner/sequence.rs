//! Readers of bytes that nobody understands: text, sequence files, and every format whose footer
//! this crate can't read.
//!
//! A reader is *sequential* once its reads continue each other, or because its opener said so. Then a
//! window of bytes ahead of it is kept asked for, in eighths, each a request of its own: whenever an
//! eighth has been read the next one is asked for, so that the connections never run dry. The window
//! doubles each time the reader has gone half of it further. So what is ahead is never much more than
//! what has been read, and a reader that stops early has wasted about as much as it used. Everything
//! else is *random* and gets what it asks for.

use std::ops::Range;

use crate::plan::CUT;
use crate::{PlanSettings, ReadPolicy};

/// Parts of a window, and so connections of one reader. See `PlanSettings::sequential_max`.
const PARTS: u64 = 8;

/// No smaller part: 1 MiB takes 12 ms to move, and a request's wait is 30.
const SMALLEST_PART: u64 = 1 << 20;

/// A first read at offset 0 this long comes from a reader of records (Spark's buffer is 64 KiB, the
/// Java window's first fill 4 KiB); a shorter one may only look at a magic number.
const EAGER: u64 = 32 << 10;

/// Reads that must continue each other before a reader that began in the middle counts as
/// sequential. Two are common in ORC, where a column's index and its data often lie side by side.
const PROOF: u32 = 3;

/// The same from offset 0, where the second read is proof enough.
const PROOF_FROM_START: u32 = 2;

/// What a sequence of reads calls for.
pub(super) struct Forward {
    /// Bytes to ask for now.
    pub(super) ahead: Range<u64>,
    /// The longest piece to ask for them in.
    pub(super) part: u64,
    /// Where reads change nothing.
    pub(super) quiet: Range<u64>,
}

/// Where a reader is and what has been asked for ahead of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Sequence {
    /// Reads that continue each other, and how many they are.
    streak: Range<u64>,
    reads: u32,
    /// 0 until the reader counts as sequential.
    window: u64,
    /// Where the reader was when the window was filled last, and when it grew.
    filled_at: u64,
    grown_at: u64,
    /// Up to where bytes have been asked for.
    frontier: u64,
}

impl Sequence {
    /// Whether a read at `start` continues a reader that counts as sequential.
    pub(super) fn expects(&self, start: u64) -> bool {
        self.window > 0 && (self.filled_at..=self.frontier).contains(&start)
    }

    /// Takes note of a read that needs no plan.
    pub(super) fn observe(&mut self, read: &Range<u64>) {
        if self.window == 0 {
            self.follow(read);
        }
    }

    /// Takes note of a read; `limit` is where asking ahead ends. `None` means random.
    pub(super) fn read(
        &mut self,
        read: &Range<u64>,
        limit: u64,
        settings: &PlanSettings,
    ) -> Option<Forward> {
        if self.window == 0 {
            self.follow(read);
            if !self.is_proven(settings) {
                return None;
            }
            let whole = settings.policy == ReadPolicy::WholeFile;
            self.window = if whole { settings.sequential_max } else { settings.sequential_first };
            self.frontier = read.end;
            self.grown_at = read.end;
            return Some(self.fill(read, limit, settings));
        }
        if !self.expects(read.start) {
            *self = Sequence::default();
            return self.read(read, limit, settings);
        }
        self.frontier = self.frontier.max(read.end);
        if read.end.saturating_sub(self.grown_at) >= self.window / 2 {
            self.window = self.window.saturating_mul(2).min(settings.sequential_max);
            self.grown_at = read.end;
        }
        let left = self.frontier - read.end;
        if left <= self.window - self.part(settings).min(self.window) && self.frontier < limit {
            return Some(self.fill(read, limit, settings));
        }
        let (part, quiet) = (self.part(settings), self.quiet(read, limit, settings));
        Some(Forward { ahead: self.frontier..self.frontier, part, quiet })
    }

    fn part(&self, settings: &PlanSettings) -> u64 {
        (self.window / PARTS).max(SMALLEST_PART).min(settings.piece)
    }

    fn follow(&mut self, read: &Range<u64>) {
        if self.reads > 0 && read.start == self.streak.end {
            self.streak.end = read.end;
            self.reads = self.reads.saturating_add(1);
        } else {
            self.streak = read.clone();
            self.reads = 1;
        }
    }

    fn is_proven(&self, settings: &PlanSettings) -> bool {
        let origin = self.streak.start;
        if settings.policy.is_forward() {
            return true;
        }
        match self.reads {
            1 if settings.split_start == Some(origin) => true,
            1 => origin == 0 && self.streak.end >= EAGER,
            reads if origin == 0 => reads >= PROOF_FROM_START,
            reads => reads >= PROOF,
        }
    }

    fn fill(&mut self, read: &Range<u64>, limit: u64, settings: &PlanSettings) -> Forward {
        let from = self.frontier;
        self.filled_at = read.start;
        // Whole parts, ending where pieces are cut: no request for the few bytes left over.
        let part = self.part(settings);
        let reach = read.end.saturating_add(self.window);
        let parts = reach.saturating_sub(from) / part * part;
        let end = if reach >= limit { limit } else { (from + parts) / CUT * CUT };
        self.frontier = end.max(from);
        let quiet = self.quiet(read, limit, settings);
        Forward { ahead: from..self.frontier, part, quiet }
    }

    /// Reads in here leave all but the first part of the window ahead and don't make it grow, or the
    /// limit has been reached.
    fn quiet(&self, read: &Range<u64>, limit: u64, settings: &PlanSettings) -> Range<u64> {
        let used = self.frontier.saturating_sub(self.window - self.part(settings).min(self.window));
        let grows = self.grown_at.saturating_add(self.window / 2);
        let end = if self.frontier < limit { used.min(grows).saturating_sub(1) } else { limit };
        read.start..end.max(read.end)
    }
}
