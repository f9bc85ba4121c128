//! When a segment was last of use, kept in its file's times.
//!
//! A segment's *modification* time is its last fill's, as the kernel keeps it. Its *access* time is
//! ours: the epoch from its creation on, until a read at least a minute after a fill touches it
//! *again*. A scan reads what it has just filled, once; so what was never touched again goes before
//! what was. Times are written down when a segment closes and every few minutes, never by a hit.

use std::os::fd::OwnedFd;
use std::time::{Duration, SystemTime};

use rustix::fs::{Stat, Timespec, Timestamps, UTIME_OMIT, futimens};

/// Reads this soon after a fill belong to what the fill was for.
const SAME_USE: Duration = Duration::from_secs(60);

/// How a segment's last use ranks it. `Once` goes first; within a class, the earliest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Recency {
    /// Filled, and never touched after that use. The time of its last fill.
    Once(i64),
    /// Touched again. The time of the last touch, or of a later fill.
    Again(i64),
}

impl Recency {
    /// What a file's times say, in nanoseconds since the epoch.
    pub(crate) fn of(status: &Stat) -> Recency {
        let modified = nanoseconds(status.st_mtime, status.st_mtime_nsec);
        let accessed = nanoseconds(status.st_atime, status.st_atime_nsec);
        if accessed == 0 { Recency::Once(modified) } else { Recency::Again(accessed.max(modified)) }
    }
}

fn nanoseconds(seconds: i64, rest: u64) -> i64 {
    let rest = i64::try_from(rest).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

/// A segment was just created: not touched again yet.
pub(crate) fn begin(file: &OwnedFd) {
    set_access(file, Timespec { tv_sec: 0, tv_nsec: 0 });
}

/// A segment was touched, and it is now `now`.
pub(crate) fn touch(file: &OwnedFd, now: SystemTime) {
    let Ok(status) = rustix::fs::fstat(file) else { return };
    let Ok(now) = now.duration_since(SystemTime::UNIX_EPOCH) else { return };
    let filled = Duration::from_secs(u64::try_from(status.st_mtime).unwrap_or(0));
    if now.saturating_sub(filled) >= SAME_USE {
        set_access(
            file,
            Timespec {
                tv_sec: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(now.subsec_nanos()),
            },
        );
    }
}

fn set_access(file: &OwnedFd, time: Timespec) {
    let times = Timestamps {
        last_access: time,
        last_modification: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
    };
    // A recency that can't be written only makes the segment look older.
    let _ = futimens(file, &times);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_later_use_counts_as_again() {
        let file: OwnedFd = tempfile::tempfile().unwrap().into();
        begin(&file);
        let recency = || Recency::of(&rustix::fs::fstat(&file).unwrap());
        let now = SystemTime::now();
        touch(&file, now);
        assert!(matches!(recency(), Recency::Once(_)), "part of the same use");
        touch(&file, now + Duration::from_secs(3600));
        assert!(matches!(recency(), Recency::Again(_)));
        assert!(Recency::Once(9) < Recency::Again(1));
    }
}
