//! When fetches go out.
//!
//! Flights wait here in the order of their priority until a connection and memory are free. Demand
//! goes before look-ahead; look-ahead may use three quarters of the connections, so that a reader
//! never waits for all of them; and when no demand is under way the first one goes out even if the
//! budget is used up, so that memory held by slow disk writes cannot stop a job.
//!
//! What comes faster than the disk takes it is refused by the cache, and then every process of the host
//! fetches it for itself. So look-ahead waits while the write queue is full, [`HELD_BACK`] at most; a
//! reader that comes to a piece makes it demand, which waits for no disk unless the host's processes are
//! just waiting for each other's fetches.

mod shared;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use forebay_cache::HostCache;
use forebay_origin::{Origin, Sink};
use forebay_plan::Priority;
use forebay_types::sync::{Condvar, Mutex};
use forebay_types::{Error, ErrorKind, Result};
use tokio::runtime::Runtime;
use tokio::task::AbortHandle;

use crate::budget::{Budget, Reservation};
use crate::flight::{Flight, Purpose};
use crate::meter::Meter;
use crate::metrics::{FLIGHTS, FLIGHTS_CANCELLED, FLIGHTS_FAILED};
use crate::object::{Object, Question};

use shared::{Brought, Patience};

/// How long a fetch waits for the disk. One that writes less than a piece of 8 MiB in that time is not
/// worth being read slowly for.
const HELD_BACK: Duration = Duration::from_millis(200);

/// A flight with what it needs to go out.
pub(crate) struct Job {
    pub(crate) flight: Arc<Flight>,
    pub(crate) object: Arc<Object>,
    pub(crate) origin: Arc<dyn Origin>,
}

/// See the module.
pub(crate) struct Fetcher {
    runtime: OnceLock<Option<Runtime>>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) meter: Meter,
    cache: Option<Arc<HostCache>>,
    limit: usize,
    patience: Patience,
    queue: Mutex<Queue>,
    idle: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: BTreeMap<(Reverse<Priority>, u64), Waiting>,
    demand: usize,
    ahead: usize,
    /// Bytes under way.
    demand_bytes: u64,
    ahead_bytes: u64,
    /// Whether a task will look again at what is held back.
    is_watched: bool,
}

struct Waiting {
    job: Job,
    since: Instant,
}

impl Fetcher {
    pub(crate) fn new(
        budget: Arc<Budget>,
        cache: Option<Arc<HostCache>>,
        limit: usize,
    ) -> Arc<Fetcher> {
        Arc::new(Fetcher {
            runtime: OnceLock::new(),
            budget,
            meter: Meter::default(),
            cache,
            limit,
            patience: Patience::default(),
            queue: Mutex::new(Queue::default()),
            idle: Condvar::new(),
        })
    }

    /// Fetches under way.
    pub(crate) fn under_way(&self) -> u64 {
        let queue = self.queue.lock();
        (queue.demand + queue.ahead) as u64
    }

    /// Waits until no fetch waits or is under way: what it brought has been given to the cache.
    pub(crate) fn drain(&self) {
        let mut queue = self.queue.lock();
        while queue.demand + queue.ahead > 0 || !queue.waiting.is_empty() {
            self.idle.wait(&mut queue);
        }
    }

    /// Queues jobs and sends out what may go.
    pub(crate) fn submit(self: &Arc<Self>, jobs: Vec<Job>, priority: Priority) {
        if jobs.is_empty() {
            return;
        }
        let mut queue = self.queue.lock();
        let since = Instant::now();
        for job in jobs {
            queue.waiting.insert((Reverse(priority), job.flight.id), Waiting { job, since });
        }
        drop(queue);
        self.dispatch();
    }

    /// A reader begins to wait for a flight: lets it go as demand if it is queued.
    pub(crate) fn raise(self: &Arc<Self>, flight: &Flight) {
        flight.begin_wait();
        let mut queue = self.queue.lock();
        let found = queue.waiting.keys().find(|(_, id)| *id == flight.id).copied();
        let Some(place) = found.filter(|(priority, _)| priority.0 != Priority::Demand) else {
            return;
        };
        if let Some(waiting) = queue.waiting.remove(&place) {
            queue.waiting.insert((Reverse(Priority::Demand), flight.id), waiting);
        }
        drop(queue);
        self.dispatch();
    }

    /// Drops the look-ahead that `owner` queued and that nobody waits for.
    pub(crate) fn cancel(&self, owner: u64) {
        let mut dropped = Vec::new();
        self.queue.lock().waiting.retain(|(priority, _), Waiting { job, .. }| {
            let keep = priority.0 == Priority::Demand || job.flight.owner != owner;
            if !keep {
                dropped.push((Arc::clone(&job.flight), Arc::clone(&job.object)));
            }
            keep
        });
        self.idle.notify_all();
        FLIGHTS_CANCELLED.add(dropped.len() as u64);
        for (flight, object) in dropped {
            flight.fail(error("its stream was closed"));
            object.forget(&flight);
        }
    }

    /// Sends out what connections and memory allow.
    pub(crate) fn dispatch(self: &Arc<Self>) {
        while let Some((job, slot, reservation)) = self.next() {
            self.send(job, slot, reservation);
        }
    }

    fn next(self: &Arc<Self>) -> Option<(Job, Slot, Reservation)> {
        let mut queue = self.queue.lock();
        let (place, first) = queue.waiting.first_key_value()?;
        let (place, length, since) = (*place, first.job.flight.length(), first.since);
        let is_demand = place.0.0 == Priority::Demand;
        if since.elapsed() < HELD_BACK && self.holds_back(&mut queue, is_demand, length) {
            return None;
        }
        let room = queue.demand + queue.ahead < self.limit
            && (is_demand || queue.ahead < (self.limit * 3 / 4).max(1));
        let reservation = match self.budget.try_reserve(length) {
            _ if !room => None,
            None if is_demand && queue.demand == 0 => Some(self.budget.reserve_anyway(length)),
            other => other,
        }?;
        let Waiting { job, .. } = queue.waiting.remove(&place)?;
        if is_demand {
            queue.demand += 1;
            queue.demand_bytes += length;
        } else {
            queue.ahead += 1;
            queue.ahead_bytes += length;
        }
        Some((job, Slot { fetcher: Arc::clone(self), is_demand, bytes: length }, reservation))
    }

    /// Whether a fetch of `length` bytes waits for the disk. Whatever leaves the write queue has it looked
    /// at again, and so does the time.
    fn holds_back(self: &Arc<Self>, queue: &mut Queue, is_demand: bool, length: u64) -> bool {
        let Some(cache) = &self.cache else { return false };
        let coming = queue.demand_bytes + queue.ahead_bytes + length;
        let held = if is_demand {
            cache.has_no_room(coming) && cache.is_shared_now()
        } else {
            cache.is_behind(coming)
        };
        if held && !std::mem::replace(&mut queue.is_watched, true) {
            let fetcher = Arc::clone(self);
            self.spawn(async move {
                tokio::time::sleep(HELD_BACK).await;
                fetcher.queue.lock().is_watched = false;
                fetcher.dispatch();
            });
        }
        held
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
    pub(crate) fn slot(self: &Arc<Self>) -> Slot {
        self.queue.lock().demand += 1;
        Slot { fetcher: Arc::clone(self), is_demand: true, bytes: 0 }
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
        let queue = self.queue.lock();
        f.debug_struct("Fetcher")
            .field("waiting", &queue.waiting.len())
            .field("demand", &queue.demand)
            .field("ahead", &queue.ahead)
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

/// A connection in use; free again when dropped.
pub(crate) struct Slot {
    fetcher: Arc<Fetcher>,
    is_demand: bool,
    /// Bytes under way.
    bytes: u64,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut queue = self.fetcher.queue.lock();
        if self.is_demand {
            queue.demand -= 1;
            queue.demand_bytes -= self.bytes;
        } else {
            queue.ahead -= 1;
            queue.ahead_bytes -= self.bytes;
        }
        drop(queue);
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
        match fetched.and_then(|brought| Ok((brought, flight.finish()?))) {
            Ok((Brought::FromCache, _)) => object.forget(flight),
            Ok((Brought::FromStore { sent }, bytes)) => {
                object.prove(sent);
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
