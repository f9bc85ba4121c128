//! The stream's planner, and what it is told.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use forebay_cache::MissCause;
use forebay_plan::{Piece, PlanSettings, StreamPlanner, Tail, parse_tail};
use forebay_types::metric::Metric;
use parking_lot::Mutex;

use crate::engine::Engine;
use crate::metrics::{
    MISS_CHANGED, MISS_COLD, MISS_CORRUPT, MISS_DISK, MISS_EVICTED, MISS_NOT_ADMITTED,
};
use crate::object::Object;

/// How often a stream looks for a footer among the bytes at hand before it gives up: once per miss,
/// and the tail of a columnar file is there after its first or second.
const FOOTER_TRIES: u8 = 8;

/// See the module.
#[derive(Debug)]
pub(super) struct Planning {
    tail: u64,
    inner: Mutex<Inner>,
    /// Reads inside need not be reported while they hit. Everything is quiet until the first miss.
    quiet_start: AtomicU64,
    quiet_end: AtomicU64,
}

#[derive(Debug)]
struct Inner {
    planner: StreamPlanner,
    tries_left: u8,
}

impl Planning {
    pub(super) fn new(length: u64, settings: PlanSettings) -> Planning {
        Planning {
            tail: settings.tail,
            inner: Mutex::new(Inner {
                planner: StreamPlanner::new(length, settings),
                tries_left: FOOTER_TRIES,
            }),
            quiet_start: AtomicU64::new(0),
            quiet_end: AtomicU64::new(u64::MAX),
        }
    }

    /// Whether a read that hit must be reported all the same.
    pub(super) fn is_talkative(&self, position: u64, bytes: u64) -> bool {
        position < self.quiet_start.load(Ordering::Relaxed)
            || position.saturating_add(bytes) > self.quiet_end.load(Ordering::Relaxed)
    }

    /// What to fetch for a read of `demand` bytes at `at`; the demand itself is always among it.
    pub(super) fn plan(
        &self,
        engine: &Engine,
        object: &Arc<Object>,
        at: u64,
        demand: u64,
    ) -> Vec<Piece> {
        let mut inner = self.inner.lock();
        self.look_for_footer(&mut inner, engine, object);
        look_for_chunks(&inner.planner, object, at, demand);
        let plan = inner.planner.read(at, demand);
        self.quiet_start.store(plan.quiet.start, Ordering::Relaxed);
        self.quiet_end.store(plan.quiet.end, Ordering::Relaxed);
        plan.pieces
    }

    fn look_for_footer(&self, inner: &mut Inner, engine: &Engine, object: &Arc<Object>) {
        if inner.tries_left == 0 {
            return;
        }
        inner.tries_left -= 1;
        if let Some(footer) = engine.footers.get(object.identity.as_ref()) {
            inner.planner.set_footer(footer);
            inner.tries_left = 0;
            return;
        }
        match self.tail_at_hand(object) {
            Some(Tail::Footer(footer)) => {
                engine.footers.insert(Arc::clone(&object.identity), Arc::clone(&footer));
                inner.planner.set_footer(footer);
                inner.tries_left = 0;
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

    fn tail_at_hand(&self, object: &Arc<Object>) -> Option<Tail> {
        let length = object.identity.length();
        let end = |bytes: u64| -> Range<u64> { length.saturating_sub(bytes)..length };
        // The last cell first: on the way to a cold file it is the cheapest to find missing.
        let mut tail = object.peek(end(8))?;
        // ORC says by its last bytes how long its postscript is, and there how long its footer is.
        for _ in 0..3 {
            match parse_tail(&tail, length) {
                Tail::NeedMore(bytes) => {
                    let bytes = bytes.min(length);
                    let more = object.peek(end(bytes.max(self.tail.min(length))));
                    tail = more.or_else(|| object.peek(end(bytes)))?;
                }
                decided @ (Tail::Footer(_) | Tail::NotColumnar | Tail::Broken(_)) => {
                    return Some(decided);
                }
            }
        }
        None
    }
}

/// Shows the planner what is at hand of the descriptions it lacks.
fn look_for_chunks(planner: &StreamPlanner, object: &Object, at: u64, demand: u64) {
    let Some(footer) = planner.footer() else { return };
    for (number, range) in planner.undescribed(at, demand) {
        if let Some(bytes) = object.peek(range) {
            footer.describe(number, &bytes);
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
