//! Fetches on their way out.
//!
//! Flights wait in a [`Schedule`] until a connection, their endpoint and memory are free; here they are
//! sent out, and what becomes of them is told to it. It also hears of endpoints that ask for fewer
//! requests.

pub(crate) mod schedule;
mod shared;

use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use forebay_cache::HostCache;
use forebay_origin::{Listener, Origin, Sink};
use forebay_plan::Priority;
use forebay_types::sync::atomic::{AtomicBool, Ordering};
use forebay_types::sync::{Condvar, Mutex};
use forebay_types::{Error, ErrorKind, Result};
use tokio::runtime::Runtime;
use tokio::task::AbortHandle;

use crate::budget::{Budget, Reservation};
use crate::flight::{Flight, Purpose};
use crate::meter::Meter;
use crate::metrics::{FLIGHTS, FLIGHTS_CANCELLED, FLIGHTS_FAILED, SLOWED_DOWN, SLOWED_TO};
use crate::object::{Object, Question};

use schedule::{HELD_BACK, Lane, Leave, Means, Need, Schedule, Turn, Waiting};
use shared::{Brought, Patience};

/// A flight with what it needs to go out.
pub(crate) struct Job {
    pub(crate) flight: Arc<Flight>,
    pub(crate) object: Arc<Object>,
    pub(crate) origin: Arc<dyn Origin>,
    pub(crate) lane: Lane,
}

/// See the module.
pub(crate) struct Fetcher {
    runtime: OnceLock<Option<Runtime>>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) meter: Meter,
    cache: Option<Arc<HostCache>>,
    patience: Patience,
    began: Instant,
    schedule: Mutex<Schedule<Job>>,
    idle: Condvar,
    /// Whether a task will look again at what waits for the disk.
    is_watched: AtomicBool,
}

impl Fetcher {
    pub(crate) fn new(
        budget: Arc<Budget>,
        cache: Option<Arc<HostCache>>,
        most: u32,
    ) -> Arc<Fetcher> {
        Arc::new(Fetcher {
            runtime: OnceLock::new(),
            budget,
            meter: Meter::default(),
            cache,
            patience: Patience::default(),
            began: Instant::now(),
            schedule: Mutex::new(Schedule::new(most)),
            idle: Condvar::new(),
            is_watched: AtomicBool::new(false),
        })
    }

    /// Fetches under way.
    pub(crate) fn under_way(&self) -> u64 {
        self.schedule.lock().under_way().into()
    }

    /// Waits until no fetch waits or is under way: what it brought has been given to the cache.
    pub(crate) fn drain(&self) {
        let mut schedule = self.schedule.lock();
        while !schedule.is_idle() {
            self.idle.wait(&mut schedule);
        }
    }

    /// Queues jobs and sends out what may go.
    pub(crate) fn submit(self: &Arc<Self>, jobs: Vec<Job>, priority: Priority) {
        if jobs.is_empty() {
            return;
        }
        let since = self.now();
        let mut schedule = self.schedule.lock();
        for job in jobs {
            let (id, owner, length) = (job.flight.id, job.flight.owner, job.flight.length());
            let lane = Arc::clone(&job.lane);
            schedule.submit(id, priority, Waiting { owner, length, lane, since, job });
        }
        drop(schedule);
        self.dispatch();
    }

    /// A reader begins to wait for a flight: lets it go as demand if it is queued.
    pub(crate) fn raise(self: &Arc<Self>, flight: &Flight) {
        flight.begin_wait();
        let raised = self.schedule.lock().raise(flight.id);
        if raised {
            self.dispatch();
        }
    }

    /// Drops what `owner` queued and nobody waits for. A reader that looks up just now, and so is not seen
    /// to wait, finds the fetch failed and begins one of its own. What is under way goes on: it is 8 MiB
    /// at most, the cache takes it, and a body that is broken off costs its connection.
    pub(crate) fn cancel(&self, owner: u64) {
        let dropped = self.schedule.lock().cancel(owner, |job| job.flight.is_awaited());
        self.idle.notify_all();
        FLIGHTS_CANCELLED.add(dropped.len() as u64);
        for Job { flight, object, .. } in dropped {
            flight.fail(error("its stream was closed"));
            object.forget(&flight);
        }
    }

    /// Who tells this fetcher how the endpoint of `lane` bears its requests.
    pub(crate) fn listener(self: &Arc<Self>, lane: Lane) -> Arc<dyn Listener> {
        Arc::new(Ear { fetcher: Arc::downgrade(self), lane })
    }

    /// Sends out what connections and memory allow.
    pub(crate) fn dispatch(self: &Arc<Self>) {
        while let Some((job, slot, reservation)) = self.next() {
            self.send(job, slot, reservation);
        }
    }

    fn next(self: &Arc<Self>) -> Option<(Job, Slot, Reservation)> {
        let turn = self.schedule.lock().next(self.now(), self.as_ref());
        match turn {
            Turn::Goes(job, leave, reservation) => {
                Some((job, Slot { fetcher: Arc::clone(self), leave }, reservation))
            }
            Turn::WaitsForDisk => {
                self.watch();
                None
            }
            Turn::Nobody => None,
        }
    }

    /// Has what waits for the disk looked at again in time. Whatever leaves the write queue does so before.
    fn watch(self: &Arc<Self>) {
        if !self.is_watched.swap(true, Ordering::AcqRel) {
            let fetcher = Arc::clone(self);
            self.spawn(async move {
                tokio::time::sleep(HELD_BACK).await;
                fetcher.is_watched.store(false, Ordering::Release);
                fetcher.dispatch();
            });
        }
    }

    /// The schedule's clock.
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn send(self: &Arc<Self>, job: Job, slot: Slot, reservation: Reservation) {
        FLIGHTS.add(1);
        let landing = Landing { job, cache: self.cache.clone(), slot };
        let flight = &landing.job.flight;
        if let Err(error) = flight.take_off(reservation) {
            flight.fail(error);
            return;
        }
        match self.runtime() {
            Some(runtime) => drop(runtime.spawn(landing.run())),
            None => flight.fail(error("the system refused threads for fetching")),
        }
    }

    /// Asks the origin, in the background, whether a version is the present one.
    pub(crate) fn confirm(&self, question: Question, origin: Arc<dyn Origin>) {
        let Some(runtime) = self.runtime() else { return };
        drop(runtime.spawn(async move {
            let object = question.object();
            let sent = Instant::now();
            match origin.head(&object.identity.location().key).await {
                Ok(status) => {
                    object.confirmed(&status, sent);
                }
                Err(error) => tracing::debug!(%error, "not confirmed ahead"),
            }
        }));
    }

    /// Runs `task` beside the fetches; false where there are no threads for it.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> bool {
        let runtime = self.runtime();
        if let Some(runtime) = runtime {
            drop(runtime.spawn(task));
        }
        runtime.is_some()
    }

    /// Takes a connection for a small request that a reader waits for; such don't queue.
    pub(crate) fn slot(self: &Arc<Self>, lane: Lane) -> Slot {
        let leave = self.schedule.lock().leave(lane, false, 0);
        Slot { fetcher: Arc::clone(self), leave }
    }

    /// The same, with the means to break it off; dropped at once where there are no threads.
    pub(crate) fn begin(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Option<AbortHandle> {
        self.runtime().map(|runtime| runtime.spawn(task).abort_handle())
    }

    /// Two threads suffice: they move bytes from sockets to memory, and while one asks the cache another
    /// takes its place, 16 at most for moments. They are ours, are never
    /// attached to a host's virtual machine, and start with the first fetch.
    fn runtime(&self) -> Option<&Runtime> {
        let start = || {
            let started = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .max_blocking_threads(16)
                .thread_name("forebay-io")
                .enable_all()
                .build();
            started.inspect_err(|error| tracing::warn!(%error, "no threads for fetching")).ok()
        };
        self.runtime.get_or_init(start).as_ref()
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let schedule = self.schedule.lock();
        f.debug_struct("Fetcher")
            .field("waiting", &schedule.queued())
            .field("under_way", &schedule.under_way())
            .finish_non_exhaustive()
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take().flatten() {
            runtime.shutdown_background();
        }
    }
}

impl Means for Fetcher {
    type Memory = Reservation;

    fn memory(&self, bytes: u64, need: Need) -> Option<Reservation> {
        match need {
            Need::IfItFits => self.budget.try_reserve(bytes),
            Need::Anyway => Some(self.budget.reserve_anyway(bytes)),
        }
    }

    fn is_disk_behind(&self, coming: u64, is_ahead: bool) -> bool {
        self.cache.as_ref().is_some_and(|cache| match is_ahead {
            true => cache.is_behind(coming),
            false => cache.has_no_room(coming) && cache.is_shared_now(),
        })
    }
}

/// What one endpoint's answers say, passed on for as long as there is somebody to hear it.
#[derive(Debug)]
struct Ear {
    fetcher: Weak<Fetcher>,
    lane: Lane,
}

impl Listener for Ear {
    fn answered(&self) {
        if let Some(fetcher) = self.fetcher.upgrade() {
            fetcher.schedule.lock().answered(&self.lane);
        }
    }

    fn slow_down(&self, sent: Instant) {
        let Some(fetcher) = self.fetcher.upgrade() else { return };
        let sent = sent.saturating_duration_since(fetcher.began);
        let slowed = fetcher.schedule.lock().slow_down(&self.lane, sent, fetcher.now());
        if let Some(requests) = slowed {
            SLOWED_DOWN.add(1);
            SLOWED_TO.set(requests.into());
            let endpoint = &*self.lane;
            tracing::info!(endpoint, requests, "the store asks for fewer requests at once");
        }
    }
}

/// A connection in use; free again when dropped.
pub(crate) struct Slot {
    fetcher: Arc<Fetcher>,
    leave: Leave,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.fetcher.schedule.lock().landed(&self.leave);
        self.fetcher.idle.notify_all();
        self.fetcher.dispatch();
    }
}

/// One flight from take-off to the cache. Dropped in between (a panic, the runtime's end), it fails
/// the flight, so that no reader waits for ever.
struct Landing {
    job: Job,
    cache: Option<Arc<HostCache>>,
    // Last: fields are dropped in this order, and a free connection means the memory is free too.
    slot: Slot,
}

impl Landing {
    async fn run(self) {
        let Job { flight, object, .. } = &self.job;
        let claim = self.claim().await;
        let claimed = Instant::now();
        let fetched = self.bring().await;
        if let Ok(Brought::FromStore { sent }) = fetched {
            // Before its end is seen: who waits for it asks for the proof next.
            object.prove(sent);
        }
        match fetched.and_then(|brought| Ok((brought, flight.finish()?))) {
            Ok((Brought::FromCache, _)) => object.forget(flight),
            Ok((Brought::FromStore { .. }, bytes)) => {
                let (fetcher, length) = (Arc::clone(&self.slot.fetcher), flight.length());
                let released = move || {
                    // Until here, other processes know that these cells come.
                    if claim.is_some() {
                        fetcher.patience.learn(length, claimed.elapsed());
                    }
                    fetcher.dispatch();
                };
                object.landed(self.cache.as_ref(), flight, bytes, released);
            }
            Err(error) => {
                FLIGHTS_FAILED.add(1);
                tracing::debug!(%error, "a fetch failed");
                flight.fail(error);
            }
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.job.flight.fail(error("the fetch was broken off"));
        if matches!(self.job.flight.purpose, Purpose::Ahead(_)) {
            // Nobody asked, so nobody is owed the error.
            if self.job.flight.has_failed() {
                self.job.object.forget(&self.job.flight);
            }
        }
    }
}

struct FlightSink {
    flight: Arc<Flight>,
    /// When its first bytes came.
    first: Option<Instant>,
}

impl Sink for FlightSink {
    fn accept(&mut self, bytes: Bytes) -> Result<()> {
        self.first.get_or_insert_with(Instant::now);
        self.flight.land(&bytes)
    }
}

pub(crate) fn error(message: &str) -> Error {
    Error::new(ErrorKind::Origin, "fetch", "look-ahead", message)
}
