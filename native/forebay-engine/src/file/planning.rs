//! The stream's planner, and what it is told.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use forebay_cache::MissCause;
use forebay_plan::{Footer, Habit, Pace, Piece, PlanSettings, Reason, StreamPlanner, Tail};
use forebay_types::metric::Metric;
use forebay_types::sync::Mutex;

use crate::ahead::Outcome;
use crate::engine::Engine;
use crate::metrics::{
    DEPTH, MISS_CHANGED, MISS_COLD, MISS_CORRUPT, MISS_DISK, MISS_EVICTED, MISS_NOT_ADMITTED,
};
use crate::object::Object;
use crate::tail::tail_at_hand;

/// How often a stream looks for a footer among the bytes at hand before it gives up: once per miss,
/// and the tail of a columnar file is there after its first or second.
const FOOTER_TRIES: u8 = 8;

/// Reads kept of a stream that found everything in the cache, for the planner it may need later: the
/// latest ones, since they show which columns are wanted. 4 KiB.
const KEPT_READS: usize = 256;

/// Bytes that one call may have planned: the longest read that Java can ask for. What a call names beyond
/// them is planned by the reads that reach it.
const MOST_BYTES: u64 = 1 << 31;

/// Ranges that one call may have planned, likewise: thirty times those of a read of 2,000 columns.
const MOST_RANGES: usize = 1 << 16;

/// See the module.
#[derive(Debug)]
pub(super) struct Planning {
    tail: u64,
    opened: Instant,
    habit: Arc<Mutex<Habit>>,
    inner: Mutex<Inner>,
    /// What was read before the first miss; nobody's after it.
    warm: Mutex<VecDeque<Range<u64>>>,
    /// Reads inside need not be reported while they hit. Everything is quiet until the first miss.
    quiet_start: AtomicU64,
    quiet_end: AtomicU64,
    /// The reason of the last demand, as its number.
    reason: AtomicUsize,
}

#[derive(Debug)]
struct Inner {
    planner: StreamPlanner,
    tries_left: u8,
    has_taught: bool,
}

impl Planning {
    pub(super) fn new(length: u64, settings: PlanSettings, habit: Arc<Mutex<Habit>>) -> Planning {
        Planning {
            tail: settings.tail,
            opened: Instant::now(),
            habit,
            inner: Mutex::new(Inner {
                planner: StreamPlanner::new(length, settings),
                tries_left: FOOTER_TRIES,
                has_taught: false,
            }),
            warm: Mutex::default(),
            quiet_start: AtomicU64::new(0),
            quiet_end: AtomicU64::new(u64::MAX),
            reason: AtomicUsize::new(Reason::Random.number()),
        }
    }

    /// How many bytes from the end a reader is expected to begin with.
    pub(super) fn tail(&self) -> u64 {
        self.tail
    }

    /// Whether a read that hit must be reported all the same.
    pub(super) fn is_talkative(&self, position: u64, bytes: u64) -> bool {
        let quiet_end = self.quiet_end.load(Ordering::Relaxed);
        if quiet_end == u64::MAX {
            self.keep(position..position.saturating_add(bytes));
            return false;
        }
        position < self.quiet_start.load(Ordering::Relaxed)
            || position.saturating_add(bytes) > quiet_end
    }

    /// Keeps a read for later; readers of one stream that meet here need not wait for each other.
    fn keep(&self, read: Range<u64>) {
        let Some(mut warm) = self.warm.try_lock() else { return };
        match warm.back_mut() {
            Some(last) if last.end == read.start => last.end = read.end,
            Some(_) | None => {
                if warm.len() == KEPT_READS {
                    warm.pop_front();
                }
                warm.push_back(read);
            }
        }
    }

    /// The reason of the last demand.
    pub(super) fn reason(&self) -> Reason {
        let number = self.reason.load(Ordering::Relaxed);
        Reason::ALL.get(number).copied().unwrap_or(Reason::Random)
    }

    /// What to fetch for reads that are asked for at once; the demand itself, to its limits, is always
    /// among it.
    pub(super) fn plan(
        &self,
        engine: &Engine,
        object: &Arc<Object>,
        reads: &[Range<u64>],
        stalled: Duration,
    ) -> Vec<Piece> {
        let reads = &limited(reads)[..];
        let mut inner = self.inner.lock();
        self.look_for_footer(&mut inner, engine, object);
        for read in std::mem::take(&mut *self.warm.lock()) {
            inner.planner.observe(read);
        }
        look_for_chunks(&inner.planner, object, reads);
        inner.planner.set_pace(Pace {
            busy: self.opened.elapsed().saturating_sub(stalled),
            latency: engine.fetcher.meter.latency(),
            bandwidth: engine.fetcher.meter.bandwidth(),
            flights: engine.fetcher.under_way(),
        });
        let plan = inner.planner.read_all(reads);
        self.quiet_start.store(plan.quiet.start, Ordering::Relaxed);
        self.quiet_end.store(plan.quiet.end, Ordering::Relaxed);
        if let Some(demand) = plan.pieces.first() {
            self.reason.store(demand.reason.number(), Ordering::Relaxed);
        }
        DEPTH.set(u64::from(inner.planner.depth()));
        self.teach(&mut inner, false);
        plan.pieces
    }

    /// Ends the stream: its directory learns what it read and what was fetched for nothing.
    pub(super) fn finish(&self, outcomes: &[Outcome]) {
        self.teach(&mut self.inner.lock(), true);
        let mut habit = self.habit.lock();
        for outcome in outcomes {
            habit.settle(outcome.reason, outcome.used, outcome.wasted);
        }
    }

    fn teach(&self, inner: &mut Inner, ended: bool) {
        if !inner.has_taught
            && let Some((schema, columns)) = inner.planner.lesson(ended)
        {
            inner.has_taught = true;
            self.habit.lock().saw_columns(schema, &columns);
        }
    }

    /// What the planner makes of the stream.
    pub(super) fn describe(&self) -> String {
        let inner = self.inner.lock();
        match inner.planner.footer() {
            Some(footer) => format!(
                "{} row groups of {} columns, looks {} ahead",
                footer.row_group_count(),
                footer.columns(),
                inner.planner.depth()
            ),
            None => "no footer known".to_owned(),
        }
    }

    fn look_for_footer(&self, inner: &mut Inner, engine: &Engine, object: &Arc<Object>) {
        if inner.tries_left == 0 {
            return;
        }
        inner.tries_left -= 1;
        if let Some(footer) = engine.footers.get(object.identity.as_ref()) {
            self.know(inner, footer);
            return;
        }
        match tail_at_hand(object, self.tail) {
            Some(Tail::Footer(footer)) => {
                engine.footers.insert(Arc::clone(&object.identity), Arc::clone(&footer));
                self.habit.lock().saw_tail(footer.opening());
                self.know(inner, footer);
            }
            Some(Tail::NotColumnar) => inner.tries_left = 0,
            Some(Tail::Broken(reason)) => {
                let object = object.identity.location().display();
                tracing::info!(object, reason, "no look-ahead: the footer is not usable");
                inner.tries_left = 0;
            }
            Some(Tail::NeedMore(_)) | None => {}
        }
    }

    fn know(&self, inner: &mut Inner, footer: Arc<Footer>) {
        let past = self.habit.lock().column_sets(footer.schema_fingerprint());
        inner.planner.set_footer(footer);
        inner.planner.remember(past);
        inner.tries_left = 0;
    }
}

/// Shows the planner what is at hand of the descriptions it lacks.
fn look_for_chunks(planner: &StreamPlanner, object: &Object, reads: &[Range<u64>]) {
    let Some(footer) = planner.footer() else { return };
    for read in reads {
        for (number, range) in planner.undescribed(read.start, read.end.saturating_sub(read.start))
        {
            if let Some(bytes) = object.peek(range) {
                footer.describe(number, &bytes);
            }
        }
    }
}

/// Counts `cells` fetched on demand under the cause they were missing for.
pub(super) fn count_misses(object: &Object, cause: MissCause, cells: u64) {
    let metric: &Metric = match cause {
        MissCause::Cold if object.was_refused() => &MISS_NOT_ADMITTED,
        MissCause::Cold if object.replaced => &MISS_CHANGED,
        MissCause::Cold => &MISS_COLD,
        MissCause::Evicted => &MISS_EVICTED,
        MissCause::Corrupt => &MISS_CORRUPT,
        MissCause::Disk => &MISS_DISK,
    };
    metric.add(cells);
}

/// The first of `reads`, as far as one call may have them planned.
fn limited(reads: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut left = MOST_BYTES;
    let clipped = reads.iter().take(MOST_RANGES).map_while(|read| {
        let end = read.end.min(read.start.saturating_add(left));
        left -= end.saturating_sub(read.start);
        (end > read.start || read.is_empty()).then_some(read.start..end)
    });
    clipped.collect()
}

#[cfg(test)]
mod limits {
    use super::*;

    #[test]
    fn a_call_that_names_more_than_any_reader_can_take_is_planned_in_part() {
        let usual = [5..9, 9..9, 100..1 << 31];
        assert_eq!(limited(&usual), usual);
        assert_eq!(limited(&[7..u64::MAX, 0..1]), vec![7..7 + MOST_BYTES; 1]);
        assert_eq!(limited(&vec![3..4; MOST_RANGES + 1]).len(), MOST_RANGES);
    }
}
