//! When a segment was last of use, kept in its file's times.
//!
//! A segment's *modification* time is its last fill's, as the kernel keeps it. Its *access* time is
//! ours: the epoch from its creation on, until a use that is not its fill's own touches it *again*. A
//! scan reads what it has just filled, once; so what was never touched again goes before what was.
//!
//! Uses are written down in batches, never by a hit: a segment remembers that it was used, and the
//! list of open segments asks from time to time. Of a use it is then known only that it came after the
//! last time it asked, so that is the time written. How much later than a fill a use must come to
//! count follows the turnover of the cache: what is too early on a cache that lives for days is all
//! there will ever be on one that a fast network turns over in seconds.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{Stat, Timespec, Timestamps, UTIME_OMIT, futimens};

/// Uses this soon after a fill belong to what the fill was for, however slowly the cache turns over.
const SAME_USE: Duration = Duration::from_secs(60);

/// The part of a segment's stay, if nothing touches it again, that counts as the same use. A quarter
/// leaves it three quarters of its stay to be touched again; docs/adr/0060 has the hit ratios.
const SHARE_OF_STAY: i64 = 4;

/// How a segment's last use ranks it. `Once` goes first; within a class, the earliest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Recency {
    /// Filled, and never touched after that use. The time of its last fill.
    Once(i64),
    /// Touched again. The time of the last touch, or of a later fill.
    Again(i64),
}

impl Recency {
    /// What a file's times say.
    pub(crate) fn of(status: &Stat) -> Recency {
        Times::of(status).recency()
    }
}

/// A segment's times, in nanoseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// Of its last fill.
    pub(crate) filled: i64,
    /// Of its last touch after the use it was filled for; 0 for none.
    pub(crate) touched: i64,
}

impl Times {
    fn of(status: &Stat) -> Times {
        Times {
            filled: nanoseconds(status.st_mtime, status.st_mtime_nsec),
            touched: nanoseconds(status.st_atime, status.st_atime_nsec),
        }
    }

    /// How they rank the segment.
    pub(crate) fn recency(self) -> Recency {
        match self.touched {
            0 => Recency::Once(self.filled),
            touched => Recency::Again(touched.max(self.filled)),
        }
    }

    /// The touch to write down for a use at `at` or later, where one so soon after the fill would
    /// still be the fill's own if it came within `same_use`.
    pub(crate) fn touch(self, at: i64, same_use: i64) -> Option<i64> {
        (at - self.filled >= same_use && at > self.touched).then_some(at)
    }
}

/// What uses of a directory's segments are measured by.
#[derive(Debug)]
pub(crate) struct Measure {
    /// When uses were last written down: what was used since was used at that time or later.
    since: AtomicI64,
    same_use: AtomicI64,
}

impl Measure {
    /// Nothing is known of the turnover at `now`.
    pub(crate) fn new(now: i64) -> Measure {
        let longest = i64::try_from(SAME_USE.as_nanos()).unwrap_or(i64::MAX);
        Measure { since: AtomicI64::new(now), same_use: AtomicI64::new(longest) }
    }

    /// The touch to write down for a use since the last time uses were written down.
    pub(crate) fn touch(&self, times: Times) -> Option<i64> {
        times.touch(self.since.load(Ordering::Relaxed), self.same_use.load(Ordering::Relaxed))
    }

    /// All uses before `now` are written down.
    pub(crate) fn wrote_down(&self, now: i64) {
        self.since.store(now, Ordering::Relaxed);
    }

    /// Of the segments touched once, the oldest was filled at `oldest`; it is `now`.
    pub(crate) fn turns_over(&self, oldest: i64, now: i64) {
        let longest = i64::try_from(SAME_USE.as_nanos()).unwrap_or(i64::MAX);
        let same_use = (now.saturating_sub(oldest) / SHARE_OF_STAY).clamp(0, longest);
        self.same_use.store(same_use, Ordering::Relaxed);
    }
}

/// What time it is, in nanoseconds since the epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

fn nanoseconds(seconds: i64, rest: u64) -> i64 {
    let rest = i64::try_from(rest).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

/// A segment was just created: not touched again yet.
pub(crate) fn begin(file: &OwnedFd) {
    set_access(file, 0);
}

/// A segment was used since uses were last written down.
pub(crate) fn touch(file: &OwnedFd, measure: &Measure) {
    let Ok(status) = rustix::fs::fstat(file) else { return };
    if let Some(at) = measure.touch(Times::of(&status)) {
        set_access(file, at);
    }
}

fn set_access(file: &OwnedFd, at: i64) {
    let last_access = Timespec { tv_sec: at / 1_000_000_000, tv_nsec: at % 1_000_000_000 };
    let last_modification = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    // A recency that can't be written only makes the segment look older.
    let _ = futimens(file, &Timestamps { last_access, last_modification });
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn only_a_later_use_counts_as_again() {
        let file: OwnedFd = tempfile::tempfile().unwrap().into();
        begin(&file);
        let recency = || Recency::of(&rustix::fs::fstat(&file).unwrap());
        let began = now();
        let measure = Measure::new(began);
        touch(&file, &measure);
        assert!(matches!(recency(), Recency::Once(_)), "part of the same use");
        measure.wrote_down(began + 3600 * SECOND);
        touch(&file, &measure);
        assert_eq!(recency(), Recency::Again(began + 3600 * SECOND));
        assert!(Recency::Once(9) < Recency::Again(1));
    }

    #[test]
    fn the_faster_the_turnover_the_sooner_a_use_counts() {
        let measure = Measure::new(0);
        let filled = Times { filled: 100 * SECOND, touched: 0 };
        measure.wrote_down(105 * SECOND);
        assert_eq!(measure.touch(filled), None, "within a minute of the fill");
        measure.turns_over(98 * SECOND, 106 * SECOND);
        assert_eq!(measure.touch(filled), Some(105 * SECOND), "what stays for 8 s is another's");
        measure.turns_over(0, 100_000 * SECOND);
        assert_eq!(measure.touch(filled), None, "a minute at most");
        let touched = Times { touched: 170 * SECOND, ..filled };
        measure.wrote_down(165 * SECOND);
        assert_eq!(measure.touch(touched), None, "another process has seen a later one");
    }
}
