//! Fills wait here until they are written.
//!
//! One queue per directory, one thread `forebay-fill` per queue, started by the first fill and
//! ended when nothing came for half a minute. What may wait is bounded in bytes over all
//! directories; a fill that does not fit is refused, and so only not cached.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_types::sync::atomic::{AtomicU64, Ordering};
use forebay_types::sync::{Condvar, Mutex, thread};

use crate::write::{Run, Unwritten, Writer};
use crate::{long, metrics};

/// A task that takes this long stands before a disk that hangs: 8 MiB, the longest, take a spindle a
/// tenth of it. Nothing more is taken until it ends, so that what comes stays in memory and is of use.
const STUCK: Duration = Duration::from_secs(2);

/// How long an idle thread stays.
const IDLE: Duration = Duration::from_secs(30);

/// What became of bytes offered to the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FillOutcome {
    /// They wait to be written.
    Queued,
    /// They will not be cached.
    Refused(RefusedFill),
}

/// Why bytes will not be cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedFill {
    /// Too many bytes wait already.
    NotAdmitted,
    /// The directory is left alone after errors, or its thread cannot be started.
    Disk,
    /// They are no whole cells of this object.
    Misfit,
}

/// The bytes that wait, over all directories of a cache.
#[derive(Debug)]
pub(crate) struct Waiting {
    bytes: AtomicU64,
    most: u64,
}

impl Waiting {
    pub(crate) fn new(most: u64) -> Waiting {
        Waiting { bytes: AtomicU64::new(0), most }
    }

    /// Lets `bytes` wait, if they may.
    pub(crate) fn admit(&self, bytes: u64) -> bool {
        let more = |waiting: u64| waiting.checked_add(bytes).filter(|sum| *sum <= self.most);
        let admitted = self.bytes.try_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if admitted {
            metrics::FILL_QUEUE.add(bytes);
        }
        admitted
    }

    /// `bytes` no longer wait.
    pub(crate) fn release(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        metrics::FILL_QUEUE.subtract(bytes);
    }

    /// How many bytes wait.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether `coming` more bytes would leave no room for a piece that a reader waits for.
    pub(crate) fn is_behind(&self, coming: u64) -> bool {
        self.bytes().saturating_add(coming) > self.most - self.most / 6
    }

    /// Whether `coming` more bytes find no room at all.
    pub(crate) fn is_full(&self, coming: u64) -> bool {
        self.bytes().saturating_add(coming) > self.most
    }
}

/// Something the thread does.
#[derive(Debug)]
pub(crate) enum Task {
    /// Write this.
    Write(Run),
    /// Write down which open segments were touched.
    NoteTouches,
    /// Write down what the directory was good for.
    NoteStatistics,
}

impl Task {
    fn bytes(&self) -> u64 {
        match self {
            Task::Write(run) => long(run.bytes.len()),
            Task::NoteTouches | Task::NoteStatistics => 0,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    tasks: VecDeque<Task>,
    /// Whether there is a thread.
    running: bool,
    /// Since when it is at a task.
    busy: Option<Instant>,
    /// Whether the cache is being dropped.
    closed: bool,
}

impl State {
    fn is_stuck(&self) -> bool {
        self.busy.is_some_and(|since| since.elapsed() > STUCK)
    }
}

/// One directory's queue.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    came: Condvar,
    done: Condvar,
    writer: Mutex<Writer>,
    waiting: Arc<Waiting>,
}

impl Queue {
    pub(crate) fn new(writer: Writer, waiting: Arc<Waiting>) -> Queue {
        Queue {
            state: Mutex::default(),
            came: Condvar::new(),
            done: Condvar::new(),
            writer: Mutex::new(writer),
            waiting,
        }
    }

    /// Adds a task, whose bytes were admitted; false where no thread can be had for it, or the disk
    /// hangs.
    pub(crate) fn push(self: &Arc<Self>, task: Task) -> bool {
        let mut state = self.state.lock();
        if state.is_stuck() {
            // What waits behind it holds memory that fetches need now.
            let forgotten = self.forget(&mut state);
            drop(state);
            drop(forgotten);
            return false;
        }
        if !state.running {
            let queue = Arc::clone(self);
            let thread = thread::Builder::new().name("forebay-fill".to_owned());
            if thread.spawn(move || queue.run()).is_err() {
                return false;
            }
            state.running = true;
        }
        state.tasks.push_back(task);
        self.came.notify_one();
        true
    }

    /// Whether it takes nothing because the disk hangs.
    pub(crate) fn is_stuck(&self) -> bool {
        self.state.lock().is_stuck()
    }

    /// Waits until everything that was queued is done.
    pub(crate) fn drain(&self) {
        let mut state = self.state.lock();
        while state.busy.is_some() || !state.tasks.is_empty() {
            self.done.wait(&mut state);
        }
    }

    /// Drops what waits and lets the thread end.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let forgotten = self.forget(&mut state);
        drop(state);
        drop(forgotten);
        self.came.notify_all();
    }

    /// Takes out all that waits. To be dropped without the lock: whoever is told by a task's end may ask
    /// for more.
    fn forget(&self, state: &mut State) -> VecDeque<Task> {
        let tasks = std::mem::take(&mut state.tasks);
        self.waiting.release(tasks.iter().map(Task::bytes).sum());
        tasks
    }

    fn run(&self) {
        let _ending = Ending { queue: self };
        while let Some(task) = self.next() {
            self.perform(&task);
            // Who is told by the task's end that there is room, finds it; who drains finds the memory free.
            self.waiting.release(task.bytes());
            drop(task);
            self.state.lock().busy = None;
            self.done.notify_all();
        }
        self.writer.lock().note_statistics();
    }

    /// The next task; `None` when the thread is to end, and then it counts as ended.
    fn next(&self) -> Option<Task> {
        let mut state = self.state.lock();
        let since = Instant::now();
        loop {
            if let Some(task) = state.tasks.pop_front() {
                state.busy = Some(Instant::now());
                return Some(task);
            }
            if state.closed || since.elapsed() >= IDLE {
                state.running = false;
                return None;
            }
            self.came.wait_until(&mut state, since + IDLE);
        }
    }

    fn perform(&self, task: &Task) {
        match task {
            Task::NoteTouches => self.writer.lock().note_touches(),
            Task::NoteStatistics => self.writer.lock().note_statistics(),
            Task::Write(run) => match self.writer.lock().write(run) {
                Ok(()) => {}
                Err(Unwritten::NotAdmitted | Unwritten::Foreign) => metrics::FILLS_REFUSED.add(1),
                Err(Unwritten::Evicted | Unwritten::Disk) => metrics::FILLS_FAILED.add(1),
            },
        }
    }
}

/// Leaves the queue usable if the thread ends by a panic: nobody waits for what will not be done.
struct Ending<'a> {
    queue: &'a Queue,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.queue.state.lock();
            state.running = false;
            state.busy = None;
            let forgotten = self.queue.forget(&mut state);
            drop(state);
            drop(forgotten);
            self.queue.done.notify_all();
        }
    }
}
