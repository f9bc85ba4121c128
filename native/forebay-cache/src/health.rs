//! Whether a directory's disk can be trusted with time.
//!
//! Up, or down: three errors within a minute take a directory down, and everything in it is a miss.
//! After half a minute one operation at a time is let through; the first that succeeds brings it
//! back, one that fails starts the wait anew. A full disk is not a sick one.

use std::time::{Duration, Instant};

use forebay_types::sync::Mutex;
use forebay_types::sync::atomic::{AtomicBool, Ordering};

use crate::disk;

/// Errors that take a directory down.
const ERRORS: usize = 3;

/// The time within which they must happen: a lone error now and then is the kernel's to report.
const WITHIN: Duration = Duration::from_secs(60);

/// How long a directory is left alone.
const REST: Duration = Duration::from_secs(30);

/// The health of one directory.
#[derive(Debug, Default)]
pub(crate) struct Health {
    down: AtomicBool,
    errors: Mutex<Vec<Instant>>,
}

/// Whether an operation may go ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// The directory is up.
    Up,
    /// It is down, and this operation is the one that finds out whether it still is.
    Probe,
    /// It is down.
    Down,
}

impl Health {
    /// Asks for leave to use the directory at `now`.
    pub(crate) fn leave(&self, now: impl FnOnce() -> Instant) -> Leave {
        if !self.down.load(Ordering::Relaxed) {
            return Leave::Up;
        }
        let mut errors = self.errors.lock();
        let now = now();
        match errors.last() {
            Some(last) if now.duration_since(*last) < disk::rest(REST) => Leave::Down,
            Some(_) | None => {
                // The next one to ask waits again, until this one has succeeded.
                errors.push(now);
                Leave::Probe
            }
        }
    }

    /// An operation failed at `now`; true where that took the directory down.
    pub(crate) fn failed(&self, now: Instant) -> bool {
        let mut errors = self.errors.lock();
        errors.retain(|at| now.duration_since(*at) < WITHIN);
        errors.push(now);
        errors.len() >= ERRORS && !self.down.swap(true, Ordering::Relaxed)
    }

    /// A probe succeeded.
    pub(crate) fn recovered(&self) {
        self.errors.lock().clear();
        self.down.store(false, Ordering::Relaxed);
    }

    /// Whether the directory is down, without asking for leave.
    pub(crate) fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_errors_in_a_minute_take_it_down_and_a_probe_brings_it_back() {
        let health = Health::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(!health.failed(at(0)));
        assert!(!health.failed(at(50)));
        assert!(!health.failed(at(100)), "the first is older than a minute");
        assert!(health.failed(at(105)));
        assert_eq!(health.leave(|| at(110)), Leave::Down);
        assert_eq!(health.leave(|| at(136)), Leave::Probe);
        assert_eq!(health.leave(|| at(137)), Leave::Down, "one probe at a time");
        health.recovered();
        assert_eq!(health.leave(|| at(138)), Leave::Up);
        assert!(!health.is_down());
    }
}
