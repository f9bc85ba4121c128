//! What each directory was good for: bytes read from it, cells missed, filled, evicted, errors.
//!
//! A process counts into the [`Tally`] of a directory, one addition each. Its metrics are set from
//! there when somebody asks for them. And now and then the thread that writes cells adds what is new
//! to the file `statistics` in the directory, so that its owner sees what all processes did since it
//! was made. What a process counted in its last seconds goes with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use forebay_types::metric::{Metric, Unit};
use parking_lot::Mutex;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Read,
    Missed,
    Filled,
    Evicted,
    Errors,
}

/// Kinds of what is counted.
pub(crate) const KINDS: usize = 5;

/// One directory's counts in this process, on lines of memory of their own: every read changes one.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Tally([AtomicU64; KINDS]);

impl Tally {
    pub(crate) fn add(&self, what: Counted, n: u64) {
        self.0[what as usize].fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> [u64; KINDS] {
        std::array::from_fn(|kind| self.0[kind].load(Ordering::Relaxed))
    }
}

/// What all processes did with a directory since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectoryStatistics {
    /// Bytes read from it.
    pub read: u64,
    /// Cells that had to be fetched because it did not have them.
    pub missed: u64,
    /// Bytes of cells written to it.
    pub filled: u64,
    /// Bytes of disk that evicting freed.
    pub evicted: u64,
    /// Errors of its disk.
    pub errors: u64,
}

impl From<[u64; KINDS]> for DirectoryStatistics {
    fn from([read, missed, filled, evicted, errors]: [u64; KINDS]) -> DirectoryStatistics {
        DirectoryStatistics { read, missed, filled, evicted, errors }
    }
}

/// Directories with metrics of their own; more than anybody has disks for a cache.
const MOST: usize = 8;

macro_rules! rows {
    ($($number:literal)*) => {
        [$([
            Metric::counter(
                concat!("cache.directory.", $number, ".read.bytes"),
                Unit::Bytes,
                "Bytes read from the first of the cache's directories; `.1.` is the second, up to `.7.`.",
            ),
            Metric::counter(
                concat!("cache.directory.", $number, ".missed.cells"),
                Unit::Count,
                "Cells fetched on demand that would lie in it.",
            ),
            Metric::counter(
                concat!("cache.directory.", $number, ".filled.bytes"),
                Unit::Bytes,
                "Bytes of cells written to it.",
            ),
            Metric::counter(
                concat!("cache.directory.", $number, ".evicted.bytes"),
                Unit::Bytes,
                "Bytes of disk that this process freed in it.",
            ),
            Metric::counter(
                concat!("cache.directory.", $number, ".errors"),
                Unit::Count,
                "Errors of its disk; each was a miss.",
            ),
        ]),*]
    };
}

static ROWS: [[Metric; KINDS]; MOST] = rows!(0 1 2 3 4 5 6 7);

/// The tallies that the rows show, by the directory's place in the configuration.
static SHOWN: Mutex<[Weak<Tally>; MOST]> = Mutex::new([const { Weak::new() }; MOST]);

/// From now on the rows of directory number `position` show this tally.
pub(crate) fn show(position: usize, tally: &Arc<Tally>) {
    if let Some(place) = SHOWN.lock().get_mut(position) {
        *place = Arc::downgrade(tally);
    }
}

/// The metrics of every directory in use, as they are now, and the first one's in any case.
#[must_use]
pub fn directory_metrics() -> Vec<&'static Metric> {
    let shown = SHOWN.lock().clone();
    let mut metrics = Vec::new();
    for (position, (rows, tally)) in ROWS.iter().zip(shown).enumerate() {
        let tally = tally.upgrade();
        for (row, count) in rows.iter().zip(tally.iter().flat_map(|tally| tally.counts())) {
            row.set(count);
        }
        if position == 0 || tally.is_some() {
            metrics.extend(rows);
        }
    }
    metrics
}
