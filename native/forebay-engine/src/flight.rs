//! A fetch under way, and what has landed of it.
//!
//! A flight covers a run of cells. Its bytes land from the front, and readers copy what they need as
//! soon as it is there. It ends landed, with its bytes shared until the cache has taken them, or
//! failed, with the error kept for the reader who asked for it.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use forebay_plan::Reason;
use forebay_types::sync::atomic::AtomicUsize;
use forebay_types::sync::{Condvar, Mutex};
use forebay_types::{Error, ErrorKind, Result};

use crate::budget::Reservation;
use crate::buffer::Buffer;

/// Who brings the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// A task of the library's own runtime.
    Direct,
    /// A thread of the host, through the file system it wraps.
    Delegate,
}

/// Why a flight was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A reader waits for it.
    Demand,
    /// Nobody has asked yet; the planner had a reason.
    Ahead(Reason),
}

/// A fetch of one run of cells.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) id: u64,
    /// The file that asked for it.
    pub(crate) owner: u64,
    pub(crate) range: Range<u64>,
    pub(crate) carrier: Carrier,
    pub(crate) purpose: Purpose,
    awaited: OnceLock<Instant>,
    phase: Mutex<Phase>,
    landed: Condvar,
    /// Readers that wait at this moment.
    waiting: AtomicUsize,
}

#[derive(Debug)]
enum Phase {
    Queued,
    Airborne { buffer: Buffer, progress: Instant },
    Landed(Bytes),
    Failed(Error),
}

/// What a reader found at a position of a flight.
#[derive(Debug)]
pub(crate) enum Copied {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Not there yet.
    NotYet,
    /// It will never be there.
    Failed(Error),
}

impl Flight {
    pub(crate) fn new(owner: u64, range: Range<u64>, carrier: Carrier, purpose: Purpose) -> Flight {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Flight {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            owner,
            range,
            carrier,
            purpose,
            awaited: match purpose {
                Purpose::Demand => Instant::now().into(),
                Purpose::Ahead(_) => OnceLock::new(),
            },
            phase: Mutex::new(Phase::Queued),
            landed: Condvar::new(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// A reader begins to wait for it.
    pub(crate) fn begin_wait(&self) {
        self.awaited.get_or_init(Instant::now);
    }

    /// Since when a reader waits for it, if one does.
    pub(crate) fn awaited(&self) -> Option<Instant> {
        self.awaited.get().copied()
    }

    /// Bytes it brings in all.
    pub(crate) fn length(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Takes memory for the whole range; from here on bytes may land.
    ///
    /// # Errors
    /// Where there is no memory, or the flight was given up before.
    pub(crate) fn take_off(&self, reservation: Reservation) -> Result<()> {
        let buffer = usize::try_from(self.length())
            .ok()
            .and_then(|capacity| Buffer::new(capacity, reservation))
            .ok_or_else(|| self.error("the system has no memory for this fetch"))?;
        let mut phase = self.phase.lock();
        if !matches!(&*phase, Phase::Queued) {
            return Err(self.error("this fetch was given up meanwhile"));
        }
        *phase = Phase::Airborne { buffer, progress: Instant::now() };
        Ok(())
    }

    /// Appends bytes in order.
    ///
    /// # Errors
    /// Where the flight is not under way (given up meanwhile), or more comes than was asked for.
    pub(crate) fn land(&self, bytes: &[u8]) -> Result<()> {
        let mut phase = self.phase.lock();
        let Phase::Airborne { buffer, progress } = &mut *phase else {
            return Err(self.error("this fetch was given up meanwhile"));
        };
        let taken = buffer.append(bytes);
        *progress = Instant::now();
        drop(phase);
        self.landed.notify_all();
        if taken == bytes.len() {
            Ok(())
        } else {
            Err(self.error("more bytes came than were asked for"))
        }
    }

    /// Ends the flight well: its bytes, where all have landed.
    ///
    /// # Errors
    /// Where bytes are missing; the flight has then failed.
    pub(crate) fn finish(&self) -> Result<Bytes> {
        let mut phase = self.phase.lock();
        let whole = matches!(&*phase, Phase::Airborne { buffer, .. }
            if buffer.bytes().len() as u64 == self.length());
        let result = if whole {
            match std::mem::replace(&mut *phase, Phase::Queued) {
                Phase::Airborne { buffer, .. } => Ok(buffer.freeze()),
                other @ (Phase::Queued | Phase::Landed(_) | Phase::Failed(_)) => {
                    *phase = other;
                    Err(self.error("this fetch was given up meanwhile"))
                }
            }
        } else {
            Err(self.error("fewer bytes came than were asked for"))
        };
        *phase = match &result {
            Ok(bytes) => Phase::Landed(bytes.clone()),
            Err(error) => Phase::Failed(error.clone()),
        };
        drop(phase);
        self.landed.notify_all();
        result
    }

    /// Ends the flight with an error, unless it has ended already. Its memory is freed.
    pub(crate) fn fail(&self, error: Error) {
        let mut phase = self.phase.lock();
        if matches!(&*phase, Phase::Queued | Phase::Airborne { .. }) {
            *phase = Phase::Failed(error);
        }
        drop(phase);
        self.landed.notify_all();
    }

    /// Whether all bytes asked for have landed, so that [`Flight::finish`] will succeed.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(&*self.phase.lock(), Phase::Airborne { buffer, .. }
            if buffer.bytes().len() as u64 == self.length())
    }

    /// Whether it ended, one way or the other.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(&*self.phase.lock(), Phase::Landed(_) | Phase::Failed(_))
    }

    /// Waits until it has ended, or until `deadline`.
    pub(crate) fn wait_for_end(&self, deadline: Instant) {
        let mut phase = self.phase.lock();
        while matches!(&*phase, Phase::Queued | Phase::Airborne { .. }) {
            if self.landed.wait_until(&mut phase, deadline).timed_out() {
                return;
            }
        }
    }

    /// Whether it ended with an error.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(&*self.phase.lock(), Phase::Failed(_))
    }

    /// Copies from position `at` of the object as much as has landed.
    pub(crate) fn copy(&self, at: u64, into: &mut [u8]) -> Copied {
        let phase = self.phase.lock();
        let skip = usize::try_from(at - self.range.start).unwrap_or(usize::MAX);
        let bytes = match &*phase {
            Phase::Queued => return Copied::NotYet,
            Phase::Airborne { buffer, .. } => buffer.bytes(),
            Phase::Landed(bytes) => {
                let bytes = bytes.clone();
                drop(phase);
                return copy_from(&bytes, skip, into);
            }
            Phase::Failed(error) => return Copied::Failed(error.clone()),
        };
        copy_from(bytes, skip, into)
    }

    /// Whether a reader waits for it at this moment.
    pub(crate) fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }

    /// Waits until something may have changed at position `at`, or until `deadline`.
    pub(crate) fn wait(&self, at: u64, deadline: Instant) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.wait_for_bytes(at, deadline);
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }

    fn wait_for_bytes(&self, at: u64, deadline: Instant) {
        let mut phase = self.phase.lock();
        loop {
            let arrived = match &*phase {
                Phase::Queued => false,
                Phase::Airborne { buffer, .. } => {
                    buffer.bytes().len() as u64 > at - self.range.start
                }
                Phase::Landed(_) | Phase::Failed(_) => true,
            };
            if arrived || self.landed.wait_until(&mut phase, deadline).timed_out() {
                return;
            }
        }
    }

    /// How long nothing has landed, for a flight under way.
    pub(crate) fn idle(&self) -> Option<Duration> {
        match &*self.phase.lock() {
            Phase::Airborne { progress, .. } => Some(progress.elapsed()),
            Phase::Queued | Phase::Landed(_) | Phase::Failed(_) => None,
        }
    }

    fn error(&self, message: &str) -> Error {
        let path = format!("bytes {}-{}", self.range.start, self.range.end);
        Error::new(ErrorKind::Origin, "fetch", path, message)
    }
}

fn copy_from(bytes: &[u8], skip: usize, into: &mut [u8]) -> Copied {
    match bytes.get(skip..) {
        None | Some([]) => Copied::NotYet,
        Some(rest) => {
            let taken = rest.len().min(into.len());
            into[..taken].copy_from_slice(&rest[..taken]);
            Copied::Bytes(taken)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    fn airborne(range: Range<u64>) -> Flight {
        let flight = Flight::new(1, range, Carrier::Direct, Purpose::Demand);
        let reservation = Budget::new(1 << 20).try_reserve(flight.length()).unwrap();
        flight.take_off(reservation).unwrap();
        flight
    }

    #[test]
    fn bytes_are_readable_as_they_land_and_after() {
        let flight = airborne(100..108);
        let mut into = [0; 8];
        assert!(matches!(flight.copy(100, &mut into), Copied::NotYet));
        flight.land(b"abcd").unwrap();
        assert!(matches!(flight.copy(102, &mut into), Copied::Bytes(2)));
        assert_eq!(&into[..2], b"cd");
        flight.land(b"efgh").unwrap();
        assert!(flight.is_whole());
        assert_eq!(flight.finish().unwrap(), "abcdefgh");
        assert!(matches!(flight.copy(107, &mut into), Copied::Bytes(1)));
    }

    #[test]
    fn a_short_or_long_body_fails_the_flight() {
        let short = airborne(0..4);
        short.land(b"abc").unwrap();
        assert!(short.finish().is_err());
        assert!(matches!(short.copy(0, &mut [0]), Copied::Failed(_)));
        let long = airborne(0..4);
        assert!(long.land(b"abcde").is_err());
    }

    #[test]
    fn a_flight_given_up_takes_nothing_more() {
        let flight = airborne(0..4);
        flight.fail(Error::new(ErrorKind::Origin, "fetch", "k", "reset"));
        assert!(flight.land(b"abcd").is_err());
        assert!(flight.finish().is_err());
        flight.wait(0, Instant::now() + Duration::from_secs(60));
    }
}
