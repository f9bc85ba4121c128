//! What the files of one directory have in common: how long their footers are, which columns their
//! readers want, and whether fetching ahead has paid off.
//!
//! A [`Habit`] belongs to a directory (of a table: partitions share one) and lives as long as the
//! process. Streams tell it what they saw and ask it before they begin. It is a guess, never a promise:
//! the planner follows a remembered column set only as far as the stream's own reads agree with it.
//!
//! Memory: at most [`SCHEMAS`] schemas of [`SETS`] column sets of [`MAX_COLUMNS`] columns, 16 KiB.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::{PlanSettings, Reason};

/// Schemas remembered per directory: tables change their schema seldom, but writers of two versions
/// may be at work for a while.
const SCHEMAS: usize = 2;

/// Column sets remembered per schema: as many different queries may take turns on a table and still
/// find their own set.
const SETS: usize = 8;

/// Wider column sets aren't remembered; a reader of so many columns finds the rest of them close by.
const MAX_COLUMNS: usize = 256;

/// Tails are asked for in multiples of a cell.
const CELL: u64 = 8 << 10;

/// The tail's limits: 16 KiB is what ORC's own reader begins with; 1 MiB takes 12 ms to move, where a
/// second request takes 30.
const TAIL: std::ops::RangeInclusive<u64> = 16 << 10..=1 << 20;

/// How many bytes fetched ahead are looked back at when their use is judged. 256 MiB are four to eight
/// row groups: fewer would let one cancelled query switch look-ahead off.
const JUDGED: u64 = 256 << 20;

/// What may be wasted of them, in percent. Beyond it a busy network loses more than a waiting reader
/// gains: at 30 % every third request is for nothing.
const MAX_WASTE: u64 = 30;

/// Columns read whole by one stream, in rising order.
pub type ColumnSet = Arc<[u32]>;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Habit {
    tail: u64,
    length: Option<u64>,
    schemas: VecDeque<(u64, VecDeque<ColumnSet>)>,
    tallies: [Tally; Reason::ALL.len()],
}

/// Bytes fetched ahead for one reason, as their streams ended.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    used: u64,
    wasted: u64,
    refused: bool,
}

impl Habit {
    /// How many bytes from the end the first read near it should bring: what recent footers took and an
    /// eighth, or what `settings` say while none was seen.
    #[must_use]
    pub fn tail(&self, settings: &PlanSettings) -> u64 {
        if self.tail == 0 {
            return settings.tail;
        }
        let room = (self.tail + self.tail / 8).next_multiple_of(CELL);
        room.clamp(*TAIL.start(), *TAIL.end())
    }

    /// Takes note that `bytes` from the end held what readers of a file begin with. It rises at once and
    /// falls by an eighth per file: a tail too short costs a request, one too long some microseconds.
    pub fn saw_tail(&mut self, bytes: u64) {
        let fallen = self.tail - self.tail / 8 + bytes / 8;
        self.tail = bytes.max(fallen).min(*TAIL.end());
    }

    /// How long the next file may be: as long as the last one.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Takes note of a file's length.
    pub fn saw_length(&mut self, bytes: u64) {
        self.length = Some(bytes);
    }

    /// The column sets that streams over files of this schema had, the latest first.
    #[must_use]
    pub fn column_sets(&self, schema: u64) -> Vec<ColumnSet> {
        let known = self.schemas.iter().find(|(found, _)| *found == schema);
        known.map_or_else(Vec::new, |(_, sets)| sets.iter().cloned().collect())
    }

    /// Remembers the columns that a stream read whole.
    pub fn saw_columns(&mut self, schema: u64, columns: &[u32]) {
        if columns.is_empty() || columns.len() > MAX_COLUMNS {
            return;
        }
        let at = self.schemas.iter().position(|(found, _)| *found == schema);
        let (_, mut sets) = at.and_then(|at| self.schemas.remove(at)).unwrap_or_default();
        let same = sets.iter().position(|set| set[..] == *columns);
        let set = same.and_then(|at| sets.remove(at)).unwrap_or_else(|| columns.into());
        sets.push_front(set);
        sets.truncate(SETS);
        self.schemas.push_front((schema, sets));
        self.schemas.truncate(SCHEMAS);
    }

    /// Takes note of bytes that were fetched ahead for `reason` and then read, or not.
    pub fn settle(&mut self, reason: Reason, used: u64, wasted: u64) {
        let Some(tally) = self.tallies.get_mut(reason.number()) else { return };
        tally.used = tally.used.saturating_add(used);
        tally.wasted = tally.wasted.saturating_add(wasted);
        let total = tally.used.saturating_add(tally.wasted);
        if total >= JUDGED {
            tally.refused = tally.wasted / MAX_WASTE > total / 100;
            tally.used /= 2;
            tally.wasted /= 2;
        }
    }

    /// The reasons for which nothing is fetched ahead any more, since too much of it was wasted.
    #[must_use]
    pub fn refused(&self) -> Refused {
        let bit = |(number, tally): (usize, &Tally)| u16::from(tally.refused) << number;
        Refused(self.tallies.iter().enumerate().map(bit).sum())
    }
}

/// A set of reasons that look-ahead must do without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refused(u16);

impl Refused {
    /// Whether nothing is to be fetched ahead for `reason`.
    #[must_use]
    pub fn contains(self, reason: Reason) -> bool {
        self.0 >> reason.number() & 1 == 1
    }

    /// Whether nothing is refused.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_tail_follows_the_footers_of_its_directory() {
        let settings = PlanSettings::default();
        let mut habit = Habit::default();
        assert_eq!(habit.tail(&settings), settings.tail);
        habit.saw_tail(300 << 10);
        assert_eq!(habit.tail(&settings), 344 << 10, "at once, and a little more");
        for _ in 0..60 {
            habit.saw_tail(3_000);
        }
        assert_eq!(habit.tail(&settings), 16 << 10, "down again, but not to nothing");
        habit.saw_tail(u64::MAX);
        assert_eq!(habit.tail(&settings), MIB);
    }

    #[test]
    fn the_latest_column_sets_come_first_and_each_once() {
        let mut habit = Habit::default();
        for number in 0..20 {
            habit.saw_columns(1, &[number, 50]);
        }
        habit.saw_columns(1, &[15, 50]);
        let sets = habit.column_sets(1);
        assert_eq!(sets.len(), SETS);
        assert_eq!(sets[..2], [ColumnSet::from([15, 50]), ColumnSet::from([19, 50])]);
        assert!(habit.column_sets(2).is_empty());
        for schema in 2..10 {
            habit.saw_columns(schema, &[1]);
        }
        assert!(habit.column_sets(1).is_empty(), "long ago");
        habit.saw_columns(3, &(0..300).collect::<Vec<u32>>());
        assert!(habit.column_sets(3).is_empty(), "too wide");
    }

    #[test]
    fn look_ahead_that_is_wasted_is_given_up_and_comes_back() {
        let mut habit = Habit::default();
        habit.settle(Reason::NextRowGroup, 100 * MIB, 100 * MIB);
        assert!(habit.refused().is_empty(), "too little to judge by");
        habit.settle(Reason::NextRowGroup, 56 * MIB, 0);
        assert!(habit.refused().contains(Reason::NextRowGroup));
        assert!(!habit.refused().contains(Reason::RowGroup));
        habit.settle(Reason::NextRowGroup, 600 * MIB, 0);
        assert!(habit.refused().is_empty());
    }
}
