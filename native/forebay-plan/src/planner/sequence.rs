//! Readers of bytes that nobody understands: text, sequence files, and every format whose footer
//! this crate can't read.
//!
//! A reader is *sequential* once its reads continue each other. Then a window of bytes ahead of it is
//! kept asked for: when less than half of the window is left, the window doubles and is filled up.
//! So what is ahead is never much more than what has been read, and a reader that stops early has
//! wasted about as much as it used. Everything else is *random* and gets what it asks for.

use std::ops::Range;

use crate::PlanSettings;

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
    /// Where the reader was when the window was filled last.
    filled_at: u64,
    /// Up to where bytes have been asked for.
    frontier: u64,
}

impl Sequence {
    /// Whether a read at `start` continues a reader that counts as sequential.
    pub(super) fn expects(&self, start: u64) -> bool {
        self.window > 0 && (self.filled_at..=self.frontier).contains(&start)
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
            self.window = settings.sequential_first;
            self.frontier = read.end;
            return Some(self.fill(read, limit));
        }
        if !self.expects(read.start) {
            *self = Sequence::default();
            return self.read(read, limit, settings);
        }
        self.frontier = self.frontier.max(read.end);
        if self.frontier - read.end < self.window / 2 && self.frontier < limit {
            self.window = self.window.saturating_mul(2).min(settings.sequential_max);
            return Some(self.fill(read, limit));
        }
        Some(Forward { ahead: self.frontier..self.frontier, quiet: self.quiet(read, limit) })
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
        match self.reads {
            1 if settings.split_start == Some(origin) => true,
            1 => origin == 0 && self.streak.end >= EAGER,
            reads if origin == 0 => reads >= PROOF_FROM_START,
            reads => reads >= PROOF,
        }
    }

    fn fill(&mut self, read: &Range<u64>, limit: u64) -> Forward {
        let from = self.frontier;
        self.filled_at = read.start;
        self.frontier = read.end.saturating_add(self.window).min(limit).max(from);
        Forward { ahead: from..self.frontier, quiet: self.quiet(read, limit) }
    }

    /// Reads in here leave at least half of the window, or the limit has been reached.
    fn quiet(&self, read: &Range<u64>, limit: u64) -> Range<u64> {
        let end = if self.frontier < limit { self.frontier - self.window / 2 } else { limit };
        read.start..end.max(read.end)
    }
}
