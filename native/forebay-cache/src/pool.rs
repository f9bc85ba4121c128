//! Disk work that a reader waits for, done on threads that may hang.
//!
//! A disk that stops answering holds whoever asked it, for as long as it likes, and no signal or
//! timeout of a process ends that. So a calling thread never asks a disk that may have to answer
//! first: what the kernel can't give from memory at once is done here, and the caller waits no longer
//! than [`DEADLINE`]. What comes later is thrown away. While anything is *overdue* nobody else waits:
//! they are refused at once, so a hung disk costs the process one deadline and not one per read; when
//! the last overdue call returns, the pool is as before.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_types::sync::atomic::{AtomicUsize, Ordering};
use forebay_types::sync::{Condvar, Mutex, thread};

/// How long a reader waits for the disk: a busy SSD answers in 10 ms and a busy spindle in 100; a store
/// answers in 30 to 100, so whoever has waited this long had better ask there.
pub(crate) const DEADLINE: Duration = Duration::from_millis(200);

/// Threads of one directory: what an SSD needs in flight to give its bandwidth at random reads of
/// 8 KiB, and as many stacks as may be lost to a disk that never answers again.
const MOST_THREADS: usize = 16;

/// How long an idle thread stays.
const IDLE: Duration = Duration::from_secs(10);

/// The disk has not answered in time, or is not asked because it owes answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Late {
    /// This call waited until the deadline.
    Overdue,
    /// Another call is overdue, or no thread can be had.
    Refused,
}

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// Whether nobody will ask any more, so that idle threads may end.
    closed: bool,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Pool {
    state: Mutex<State>,
    came: Condvar,
    overdue: AtomicUsize,
}

/// Where a caller and its job meet.
enum Meeting<R> {
    Waiting,
    Done(Option<R>),
    /// The caller has left.
    Abandoned,
}

impl Pool {
    /// Whether the disk owes an answer.
    pub(crate) fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::Relaxed) > 0
    }

    /// Runs `work` on a thread of the pool and waits for its result until the deadline.
    pub(crate) fn run<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Late> {
        let meeting = Arc::new((Mutex::new(Meeting::Waiting), Condvar::new()));
        let (pool, theirs) = (Arc::clone(self), Arc::clone(&meeting));
        let job = move || {
            if !matches!(*theirs.0.lock(), Meeting::Abandoned) {
                // A panic was printed, and is one more reason to have no result.
                let result = catch_unwind(AssertUnwindSafe(work)).ok();
                let mut place = theirs.0.lock();
                if !matches!(*place, Meeting::Abandoned) {
                    *place = Meeting::Done(result);
                    theirs.1.notify_one();
                    return;
                }
            }
            pool.overdue.fetch_sub(1, Ordering::Relaxed);
        };
        if !self.submit(Box::new(job)) {
            return Err(Late::Refused);
        }
        let until = Instant::now() + DEADLINE;
        let mut place = meeting.0.lock();
        while matches!(*place, Meeting::Waiting) {
            if meeting.1.wait_until(&mut place, until).timed_out() {
                break;
            }
        }
        match std::mem::replace(&mut *place, Meeting::Abandoned) {
            Meeting::Done(Some(result)) => Ok(result),
            Meeting::Done(None) => Err(Late::Refused),
            Meeting::Waiting | Meeting::Abandoned => {
                self.overdue.fetch_add(1, Ordering::Relaxed);
                Err(Late::Overdue)
            }
        }
    }

    /// Has `work` done some time, unless the disk is busy or owes an answer: then never.
    pub(crate) fn later(self: &Arc<Self>, work: impl FnOnce() + Send + 'static) {
        if self.state.lock().jobs.len() < MOST_THREADS {
            let guarded = move || drop(catch_unwind(AssertUnwindSafe(work)));
            self.submit(Box::new(guarded));
        }
    }

    /// Lets threads end as soon as they have nothing to do.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.came.notify_all();
    }

    fn submit(self: &Arc<Self>, job: Job) -> bool {
        if self.is_overdue() {
            return false;
        }
        let mut state = self.state.lock();
        if state.idle <= state.jobs.len() && state.threads < MOST_THREADS {
            let pool = Arc::clone(self);
            let thread = thread::Builder::new().name("forebay-disk".to_owned());
            match thread.spawn(move || pool.serve()) {
                Ok(_) => state.threads += 1,
                Err(_) if state.threads == 0 => return false,
                Err(_) => {}
            }
        }
        state.jobs.push_back(job);
        self.came.notify_one();
        true
    }

    fn serve(&self) {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                job();
                state = self.state.lock();
                continue;
            }
            if state.closed {
                state.threads -= 1;
                return;
            }
            state.idle += 1;
            let waited = self.came.wait_for(&mut state, IDLE);
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state.lock();
        f.debug_struct("Pool")
            .field("jobs", &state.jobs.len())
            .field("threads", &state.threads)
            .field("overdue", &self.overdue.load(Ordering::Relaxed))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn results_come_back_and_many_run_at_once() {
        let pool = Arc::new(Pool::default());
        std::thread::scope(|scope| {
            for n in 0..64u64 {
                let pool = &pool;
                scope.spawn(move || assert_eq!(pool.run(move || n * 2), Ok(n * 2)));
            }
        });
        assert!(pool.state.lock().threads <= MOST_THREADS);
        assert!(!pool.is_overdue());
    }

    #[test]
    fn one_call_waits_for_a_hung_disk_and_the_rest_are_refused_until_it_answers() {
        let pool = Arc::new(Pool::default());
        let (release, hung) = channel::<()>();
        let (ended, end) = channel();
        let work = move || {
            let _ = hung.recv();
            drop(ended);
        };
        assert_eq!(pool.run(work), Err(Late::Overdue));
        assert!(pool.is_overdue());
        let began = Instant::now();
        for _ in 0..1000 {
            assert_eq!(pool.run(|| ()), Err(Late::Refused));
        }
        assert!(began.elapsed() < DEADLINE, "a thousand refusals take no time");
        drop(release);
        let _: Result<(), _> = end.recv();
        // The job ends right after it has let its sender go.
        while pool.is_overdue() {
            std::thread::yield_now();
        }
        assert_eq!(pool.run(|| 7), Ok(7));
    }

    #[test]
    fn a_panic_is_no_result() {
        let pool = Arc::new(Pool::default());
        let panicking = || -> u8 { std::panic::resume_unwind(Box::new(())) };
        assert_eq!(pool.run(panicking), Err(Late::Refused));
        assert_eq!(pool.run(|| 1), Ok(1));
    }
}
