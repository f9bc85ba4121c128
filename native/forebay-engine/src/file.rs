//! One open stream of one pinned version.
//!
//! [`File::read`] serves what is at hand and plans the rest. For a direct store it waits for flights,
//! at most [`PATIENCE`] per call. For a delegate store it never fetches: it answers
//! [`ReadStep::Delegate`], the host takes [`File::claims`], reads those ranges itself, and gives the
//! bytes to [`File::land`].
//!
//! The planner is asked about misses, and after the first one about hits that leave its quiet range;
//! a warm stream never asks it.

mod claims;
mod counts;
mod planning;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use forebay_cache::{CELL, MissCause};
use forebay_plan::{Habit, Piece, PlanSettings, Priority, ReadPolicy};
use forebay_types::sync::Mutex;
use forebay_types::sync::atomic::{AtomicBool, Ordering};
use forebay_types::{Error, ErrorKind, Result};

use crate::flight::{Carrier, Copied, Flight, Purpose};
use crate::metrics::{FILES_OPEN, FILES_OPENED, FLIGHTS_JOINED};
use crate::next_file::NEXT;
use crate::object::{Object, Stop, cells};
use crate::store::Store;

pub use claims::Claim;
use claims::Claims;
use counts::Counts;
pub use counts::FileStatistics;
use planning::Planning;

/// The longest a read waits before it lets its caller look up: interrupts are noticed within it.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// A flight of the host's threads that brings nothing for this long is taken over by whoever waits:
/// a pool thread may be stuck, and readers never depend on it.
const TAKEOVER: Duration = Duration::from_secs(1);

/// What the opener knows about the reads to come.
#[derive(Debug, Clone, Default)]
pub struct ReadHints {
    /// The bytes of the file that belong to this reader's split.
    pub split: Option<Range<u64>>,
    /// How it says it will read.
    pub policy: ReadPolicy,
}

/// The answer to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadStep {
    /// So many bytes were read; fewer than asked means "ask again for the rest".
    Bytes(usize),
    /// The position is at or beyond the end of the object.
    EndOfFile,
    /// Nothing yet, after [`PATIENCE`]; ask again.
    Pending,
    /// The host must fetch: see [`File::claims`].
    Delegate,
}

/// Whether a read that is planned has got its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Served {
    Yes,
    No,
}

/// See the module.
#[derive(Debug)]
pub struct File {
    id: u64,
    store: Arc<Store>,
    object: Arc<Object>,
    planning: Planning,
    claims: Mutex<Claims>,
    closed: AtomicBool,
    counts: Counts,
}

impl File {
    pub(crate) fn new(
        store: Arc<Store>,
        object: Arc<Object>,
        plan: PlanSettings,
        habit: Arc<Mutex<Habit>>,
    ) -> File {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        FILES_OPEN.add(1);
        FILES_OPENED.add(1);
        let planning = Planning::new(object.identity.length(), plan, habit);
        File {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            store,
            object,
            planning,
            claims: Mutex::default(),
            closed: AtomicBool::new(false),
            counts: Counts::default(),
        }
    }

    /// The object's length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.object.identity.length()
    }

    /// Reads from `position` into `into`. `demand` is how many bytes from `position` on the caller
    /// needs: more than `into` holds if it reads a long range in short calls and wants it planned
    /// once; fewer if the rest of `into` is welcome only where it costs nothing.
    ///
    /// # Errors
    /// `Closed`, or what the origin answered.
    pub fn read(&self, position: u64, into: &mut [u8], demand: u64) -> Result<ReadStep> {
        self.check_open()?;
        if into.is_empty() {
            return Ok(ReadStep::Bytes(0));
        }
        let Some(left) = self.length().checked_sub(position).filter(|left| *left > 0) else {
            return Ok(ReadStep::EndOfFile);
        };
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        let demand = demand.clamp(1, left);
        let into = &mut into[..wanted];
        let mut deadline = None;
        loop {
            let (done, from_ssd, mut stop) = self.object.serve(position, into);
            if from_ssd > 0 && self.store.validation.draws() {
                self.validate(position, &into[..done]);
            }
            let at = position + done as u64;
            if done as u64 >= demand {
                stop = Stop::Full;
            }
            if let Some(step) =
                self.settle(at, demand.saturating_sub(done as u64), done, stop, &mut deadline)?
            {
                if let ReadStep::Bytes(bytes) = step {
                    self.served(position, bytes as u64);
                }
                return Ok(step);
            }
        }
    }

    /// Has what was just served compared with what the origin holds.
    fn validate(&self, position: u64, served: &[u8]) {
        if let Ok(origin) = self.store.origin() {
            let engine = &self.store.engine;
            self.store.validation.sample(engine, &self.object, origin, position, served);
        }
    }

    /// Decides what follows from where serving stopped; `None` to serve again.
    fn settle(
        &self,
        at: u64,
        demand: u64,
        done: usize,
        stop: Stop,
        deadline: &mut Option<Instant>,
    ) -> Result<Option<ReadStep>> {
        let partial = (done > 0).then_some(ReadStep::Bytes(done));
        match stop {
            Stop::Full => Ok(Some(ReadStep::Bytes(done))),
            Stop::Flight(flight) if flight.has_failed() => {
                let Copied::Failed(error) = flight.copy(at, &mut [0]) else { return Ok(partial) };
                if partial.is_some() {
                    return Ok(partial);
                }
                self.object.forget(&flight);
                let ours = flight.owner == self.id && flight.purpose == Purpose::Demand;
                // Somebody else's failure is theirs; this reader asks by itself.
                if ours { Err(error) } else { Ok(None) }
            }
            Stop::Flight(flight) => Ok(partial.or_else(|| self.wait(&flight, at, deadline))),
            Stop::Miss(cause) => match self.store.carrier() {
                Carrier::Delegate => Ok(Some(partial.unwrap_or(ReadStep::Delegate))),
                Carrier::Direct => {
                    self.fetch(at, demand, cause)?;
                    Ok(partial)
                }
            },
        }
    }

    /// Waits for `flight`; `None` when there may be something to serve.
    fn wait(&self, flight: &Flight, at: u64, deadline: &mut Option<Instant>) -> Option<ReadStep> {
        let began = Instant::now();
        let until = *deadline.get_or_insert_with(|| {
            if flight.owner != self.id {
                FLIGHTS_JOINED.add(1);
            }
            self.store.engine.fetcher.raise(flight);
            began + PATIENCE
        });
        if began >= until {
            return Some(ReadStep::Pending);
        }
        flight.wait(at, until);
        let reason = match flight.purpose {
            Purpose::Demand => self.planning.reason(),
            Purpose::Ahead(reason) => reason,
        };
        self.counts.stalled(reason, began.elapsed());
        if flight.carrier == Carrier::Delegate && flight.idle().is_some_and(|t| t > TAKEOVER) {
            self.object.forget(flight);
            flight.fail(self.error("the thread that fetched this stopped bringing bytes"));
        }
        None
    }

    /// Begins the fetches of every range at once, without waiting: a vectored read, planned as one.
    /// Ranges are clipped to the object. For a delegate store there is nothing to begin.
    ///
    /// # Errors
    /// `Closed`, or a client that cannot be made.
    pub fn want(&self, ranges: &[Range<u64>]) -> Result<()> {
        self.check_open()?;
        if self.store.carrier() == Carrier::Delegate {
            return Ok(());
        }
        let cells = self.begin_planned(ranges, 0..0, Served::No)?;
        planning::count_misses(&self.object, MissCause::Cold, cells);
        Ok(())
    }

    fn fetch(&self, at: u64, demand: u64, cause: MissCause) -> Result<()> {
        // The tiers failed to give the cell at `at`. If it is the disk that fails, what it claims to
        // hold beyond that cell is worth nothing either.
        let lost = match cause {
            MissCause::Cold | MissCause::Evicted | MissCause::Corrupt => at..at + 1,
            MissCause::Disk => at..at.saturating_add(demand),
        };
        let wanted = at..at.saturating_add(demand);
        let lost = cells(lost, self.length());
        let cells = self.begin_planned(&[wanted], lost, Served::No)?;
        planning::count_misses(&self.object, cause, cells);
        Ok(())
    }

    /// Plans reads that are asked for together. What was waited for so far isn't the reader's own time.
    fn plan(&self, reads: &[Range<u64>]) -> Vec<Piece> {
        let stalled = self.counts.stalled_in_all();
        self.planning.plan(&self.store.engine, &self.object, reads, stalled)
    }

    /// Plans reads and begins their fetches; says how many cells are fetched because of the demand.
    /// What has been served is never fetched again, whatever became of it in the cache.
    fn begin_planned(&self, reads: &[Range<u64>], lost: Range<u64>, served: Served) -> Result<u64> {
        let origin = self.store.origin()?;
        let mut cells_fetched = 0;
        for piece in self.plan(reads) {
            let inside =
                |read: &Range<u64>| read.start <= piece.range.start && piece.range.end <= read.end;
            let (purpose, priority) = match (piece.priority, served) {
                (Priority::Demand, Served::No) => (Purpose::Demand, Priority::Demand),
                (Priority::Demand, Served::Yes) if reads.iter().any(inside) => continue,
                // What a demand takes along, such as the rest of a footer.
                (Priority::Demand, Served::Yes) => {
                    (Purpose::Ahead(piece.reason), Priority::SameRowGroup)
                }
                (Priority::SameRowGroup | Priority::NextRowGroup | Priority::NextFile, _) => {
                    (Purpose::Ahead(piece.reason), piece.priority)
                }
            };
            let begun = self.begin(&piece, lost.clone(), purpose, Carrier::Direct);
            if purpose == Purpose::Demand {
                let cells = |flight: &Arc<Flight>| flight.length().div_ceil(CELL);
                cells_fetched += begun.iter().map(cells).sum::<u64>();
            }
            let jobs =
                begun.into_iter().map(|flight| self.store.job(flight, &self.object, &origin));
            self.store.engine.fetcher.submit(jobs.collect(), priority);
        }
        Ok(cells_fetched)
    }

    fn begin(
        &self,
        piece: &Piece,
        lost: Range<u64>,
        purpose: Purpose,
        carrier: Carrier,
    ) -> Vec<Arc<Flight>> {
        let whole = cells(piece.range.clone(), self.length());
        let begun = self.object.begin(whole, lost, forebay_plan::MAX_PIECE, |part| {
            Flight::new(self.id, part, carrier, purpose)
        });
        if purpose == Purpose::Demand {
            begun.iter().for_each(|flight| self.object.count_missed(&flight.range));
        }
        let bytes = begun.iter().map(|flight| flight.length()).sum();
        self.counts.began(purpose, piece.reason, begun.len(), bytes);
        begun
    }

    fn served(&self, position: u64, bytes: u64) {
        self.counts.served(bytes);
        if self.planning.is_talkative(position, bytes) {
            match self.store.carrier() {
                Carrier::Direct => {
                    let read = position..position + bytes;
                    if let Err(error) = self.begin_planned(&[read], 0..0, Served::Yes) {
                        tracing::debug!(%error, "look-ahead is off for this read");
                    }
                }
                Carrier::Delegate => self.queue_ahead(position, bytes),
            }
        }
    }

    /// What this stream did so far.
    #[must_use]
    pub fn statistics(&self) -> FileStatistics {
        self.counts.statistics()
    }

    /// One line that explains the stream to whoever debugs it.
    #[must_use]
    pub fn describe(&self) -> String {
        let identity = &self.object.identity;
        let (used, unread) = self.object.ahead_of(self.id);
        format!(
            "{} etag {} length {}: {}; {}",
            identity.location().display(),
            identity.version().etag,
            identity.length(),
            self.counts.describe(used, unread),
            self.planning.describe(),
        )
    }

    /// Ends the stream: later calls answer `Closed`, look-ahead that hasn't begun is dropped. Closing
    /// twice does nothing.
    pub fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            FILES_OPEN.subtract(1);
            self.store.engine.fetcher.cancel(self.id);
            self.abandon_all();
            self.object.forget_failures_of(self.id);
            let mut outcomes = self.object.settle(self.id);
            // A stream that read no more than the footer tells nothing of the columns.
            if self.statistics().bytes > self.planning.tail() {
                outcomes.extend(self.object.settle(NEXT));
            }
            self.planning.finish(&outcomes);
        }
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            let path = self.object.identity.location().display();
            return Err(Error::new(ErrorKind::Closed, "read", path, "the stream is closed"));
        }
        Ok(())
    }

    fn error(&self, message: &str) -> Error {
        Error::new(ErrorKind::Origin, "fetch", self.object.identity.location().display(), message)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.close();
    }
}
