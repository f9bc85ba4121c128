//! Whether the next row group will be read by this stream.
//!
//! A stream doesn't say where its split ends. Spark cuts files at 128 MB at most, Hive at the block
//! size, and whoever looks past the cut fetches what another task, perhaps on another host, will
//! read. Row groups can also be pruned by their statistics. So:
//!
//! - a split end that is known decides, from the first row group on;
//! - else a file of at most 128 MiB that is read from its first row group counts as one split, so
//!   look-ahead starts in the first row group. (Wrong where many cores make Spark cut finer, and for
//!   readers that want one row group only: at most one row group per stream is then fetched for
//!   nothing, or for the neighbour on this host);
//! - else the stream must first move from one row group to the next by itself, and look-ahead stays
//!   within the split it then seems to have: 128 MiB from the multiple of 128 MiB between the
//!   stream's first row group and the one before it, where there is one, and from the first row
//!   group's middle otherwise. A stream that goes further has a larger split, and the guess is
//!   dropped. (Finer splits are looked past by one row group, the neighbour's first: a tenth of what
//!   the stream reads where a split holds nine row groups, a third where it holds two);
//! - a stream that skips a row group or goes back proves that its order isn't the file's: nothing is
//!   fetched ahead until it again moves to a neighbour.

use crate::{Footer, PlanSettings};

/// Spark's `spark.sql.files.maxPartitionBytes`, by default.
const SPLIT: u64 = 128 << 20;

/// How the stream came to the row group it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It is the first one.
    Began,
    /// From the one before it.
    Advanced,
    /// From somewhere else.
    Jumped,
}

/// A stream's way through the row groups.
#[derive(Debug, Clone)]
pub(super) struct Course {
    first: usize,
    current: usize,
    step: Step,
    guessed_end: Option<u64>,
}

impl Course {
    /// The course of a stream that begins with row group `first`.
    pub(super) fn begin(first: usize, footer: &Footer) -> Course {
        Course { first, current: first, step: Step::Began, guessed_end: guess(first, footer) }
    }

    /// The row group being read.
    pub(super) fn current(&self) -> usize {
        self.current
    }

    /// Takes note of the row group that the stream has entered.
    pub(super) fn enter(&mut self, number: usize, footer: &Footer) {
        if number == self.current {
            return;
        }
        self.step = if number == self.current + 1 { Step::Advanced } else { Step::Jumped };
        self.current = number;
        let middle = footer.row_group(number).map(|group| group.split_point);
        if middle.zip(self.guessed_end).is_some_and(|(middle, end)| middle >= end) {
            self.guessed_end = None;
        }
    }

    /// Whether the stream is expected to read row group `number`, which lies ahead of it.
    pub(super) fn reaches(&self, number: usize, footer: &Footer, settings: &PlanSettings) -> bool {
        let Some(middle) = footer.row_group(number).map(|group| group.split_point) else {
            return false;
        };
        match (self.step, settings.split_end) {
            (Step::Jumped, _) => false,
            (Step::Began | Step::Advanced, Some(end)) => middle < end,
            (Step::Began, None) => self.first == 0 && footer.file_length() <= SPLIT,
            (Step::Advanced, None) => self.guessed_end.is_none_or(|end| middle < end),
        }
    }
}

/// Where the split that holds row group `first`, and not the one before, seems to end.
fn guess(first: usize, footer: &Footer) -> Option<u64> {
    let middle = footer.row_group(first)?.split_point;
    let cut = middle / SPLIT * SPLIT;
    let before = first.checked_sub(1).and_then(|before| footer.row_group(before));
    let starts_at_cut = before.is_none_or(|before| before.split_point < cut);
    let start = if starts_at_cut { cut } else { middle };
    start.checked_add(SPLIT)
}
