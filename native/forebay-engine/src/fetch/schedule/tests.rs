//! The schedule on a virtual clock: fetches take the time that simulated stores take for them.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

fn lane(name: &str) -> Lane {
    name.into()
}

fn waiting(owner: u64, length: u64, to: &str) -> Waiting<u64> {
    Waiting { owner, length, lane: lane(to), since: Duration::ZERO, job: length }
}

/// A process with so much memory, and a disk that keeps up with so many bytes.
struct Host {
    memory: u64,
    used: Cell<u64>,
    disk: Cell<u64>,
    /// Whether other processes wait for its fetches.
    is_shared: Cell<bool>,
}

impl Host {
    fn with(memory: u64) -> Host {
        Host { memory, used: Cell::new(0), disk: Cell::new(u64::MAX), is_shared: Cell::new(false) }
    }
}

impl Means for Host {
    type Memory = ();

    fn memory(&self, bytes: u64, need: Need) -> Option<()> {
        let used = self.used.get() + bytes;
        (used <= self.memory || need == Need::Anyway).then(|| self.used.set(used))
    }

    fn is_disk_behind(&self, coming: u64, is_ahead: bool) -> bool {
        coming > self.disk.get() && (is_ahead || self.is_shared.get())
    }
}

fn next(schedule: &mut Schedule<u64>, now: Duration, host: &Host) -> Option<(u64, Leave)> {
    match schedule.next(now, host) {
        Turn::Goes(job, leave, ()) => Some((job, leave)),
        Turn::WaitsForDisk | Turn::Nobody => None,
    }
}

fn sent(schedule: &mut Schedule<u64>) -> Vec<u64> {
    let host = Host::with(u64::MAX);
    std::iter::from_fn(|| next(schedule, Duration::ZERO, &host).map(|(job, _)| job)).collect()
}

#[test]
fn demand_goes_first_and_look_ahead_leaves_it_a_quarter() {
    let mut schedule = Schedule::new(8);
    for id in 0..10 {
        schedule.submit(id, Priority::NextRowGroup, waiting(1, 100 + id, "s3"));
    }
    schedule.submit(10, Priority::SameRowGroup, waiting(1, 1, "s3"));
    schedule.submit(11, Priority::Demand, waiting(1, 0, "s3"));
    assert_eq!(sent(&mut schedule), [0, 1, 100, 101, 102, 103, 104]);
    schedule.submit(12, Priority::Demand, waiting(1, 7, "s3"));
    assert_eq!(sent(&mut schedule), [7]);
    schedule.submit(13, Priority::Demand, waiting(1, 8, "s3"));
    assert_eq!(sent(&mut schedule), [0; 0], "all eight are in use");
    assert_eq!((schedule.under_way(), schedule.queued()), (8, 6));
}

#[test]
fn a_fetch_that_a_reader_joins_inherits_its_urgency_and_is_not_cancelled() {
    let mut schedule = Schedule::new(8);
    schedule.submit(1, Priority::NextFile, waiting(1, 1, "s3"));
    schedule.submit(2, Priority::NextRowGroup, waiting(1, 2, "s3"));
    schedule.submit(3, Priority::NextRowGroup, waiting(2, 3, "s3"));
    schedule.submit(4, Priority::Demand, waiting(1, 4, "s3"));
    assert!(schedule.raise(1));
    assert!(!schedule.raise(1), "it is as urgent as can be");
    assert!(!schedule.raise(99));
    let joined = |job: &u64| *job == 1;
    assert_eq!(schedule.cancel(1, joined), [4, 2], "what nobody waits for any more, demand too");
    assert_eq!(sent(&mut schedule), [1, 3]);
    assert!(schedule.cancel(1, joined).is_empty());
}

#[test]
fn one_demand_is_always_admitted() {
    let mut schedule = Schedule::new(8);
    schedule.submit(1, Priority::Demand, waiting(1, 50, "s3"));
    schedule.submit(2, Priority::Demand, waiting(1, 60, "s3"));
    schedule.submit(3, Priority::NextFile, waiting(1, 1, "s3"));
    let used_up = Host::with(0);
    let go = |schedule: &mut Schedule<u64>| next(schedule, Duration::ZERO, &used_up);
    let (first, leave) = go(&mut schedule).unwrap();
    assert_eq!(first, 50);
    assert!(go(&mut schedule).is_none(), "one, not all");
    schedule.landed(&leave);
    assert_eq!(go(&mut schedule).unwrap().0, 60);
    assert!(go(&mut schedule).is_none(), "look-ahead never is");
}

#[test]
fn look_ahead_waits_for_the_disk_a_while_and_demand_only_where_others_wait_for_it() {
    let mut schedule = Schedule::new(8);
    let host = Host::with(u64::MAX);
    host.disk.set(100);
    schedule.submit(1, Priority::NextRowGroup, waiting(1, 90, "s3"));
    schedule.submit(2, Priority::NextRowGroup, waiting(1, 20, "s3"));
    let (_, first) = next(&mut schedule, Duration::ZERO, &host).unwrap();
    assert!(matches!(schedule.next(HELD_BACK - MS, &host), Turn::WaitsForDisk), "90 are coming");
    schedule.submit(3, Priority::Demand, waiting(1, 30, "s3"));
    assert_eq!(next(&mut schedule, HELD_BACK - MS, &host).unwrap().0, 30);
    schedule.landed(&first);
    assert_eq!(next(&mut schedule, HELD_BACK - MS, &host).unwrap().0, 20, "they have landed");
    host.disk.set(0);
    schedule.submit(4, Priority::NextRowGroup, waiting(1, 40, "s3"));
    assert!(matches!(schedule.next(HELD_BACK - MS, &host), Turn::WaitsForDisk));
    assert_eq!(next(&mut schedule, HELD_BACK, &host).unwrap().0, 40, "it has waited enough");
    assert!(matches!(schedule.next(HELD_BACK, &host), Turn::Nobody));
    host.is_shared.set(true);
    schedule.submit(5, Priority::Demand, waiting(1, 50, "s3"));
    assert!(matches!(schedule.next(HELD_BACK - MS, &host), Turn::WaitsForDisk));
    assert_eq!(next(&mut schedule, HELD_BACK, &host).unwrap().0, 50);
}

#[test]
fn an_endpoint_that_asks_for_less_gets_less_and_the_others_as_much_as_before() {
    let mut schedule = Schedule::new(32);
    for id in 0..40 {
        let to = if id % 2 == 0 { "busy" } else { "idle" };
        schedule.submit(id, Priority::Demand, waiting(1, id, to));
    }
    for cut in 1..=4 {
        let now = cut * 100 * MS;
        assert_eq!(schedule.slow_down(&lane("busy"), now, now + MS), Some(32 >> cut));
        assert_eq!(schedule.slow_down(&lane("busy"), now - MS, now + MS), None, "of before");
    }
    let first = sent(&mut schedule);
    let (busy, idle): (Vec<u64>, Vec<u64>) = first.iter().partition(|id| *id % 2 == 0);
    assert_eq!((busy.len(), idle.len()), (2, 20), "a full lane blocks nobody else");
    (0..3).for_each(|_| schedule.answered(&lane("busy")));
    assert_eq!(sent(&mut schedule).len(), 1, "it widens again");
}

/// A store that bears so many requests at once, refuses the rest within 1 ms, and takes 30 ms for each.
struct Store {
    bears: usize,
    under_way: usize,
}

/// A fetch on its way through the schedule.
struct Sent {
    id: u64,
    leave: Leave,
    at: Duration,
    refused: bool,
}

/// A process that fetches from stores, and what it saw.
struct Run {
    schedule: Schedule<u64>,
    host: Host,
    stores: Vec<(Lane, Store)>,
    now: Duration,
    length: u64,
    /// By the time of their answer.
    under_way: BTreeMap<(Duration, u64), Sent>,
    /// Demands that wait, by store.
    urgent: BTreeSet<(usize, u64)>,
    refusals: u64,
}

impl Run {
    fn submit(&mut self, id: u64, priority: Priority) {
        let to = self.store_of(id);
        let (lane, length) = (Arc::clone(&self.stores[to].0), self.length);
        if priority == Priority::Demand {
            self.urgent.insert((to, id));
        }
        let since = self.now;
        self.schedule.submit(id, priority, Waiting { owner: 1, length, lane, since, job: id });
    }

    fn store_of(&self, id: u64) -> usize {
        usize::try_from(id).unwrap() % self.stores.len()
    }

    fn send(&mut self, id: u64, leave: Leave) {
        let to = self.store_of(id);
        if leave.is_ahead {
            assert!(
                self.urgent.range((to, 0)..(to + 1, 0)).next().is_none(),
                "{id} is less urgent"
            );
        }
        self.urgent.remove(&(to, id));
        let (_, store) = &mut self.stores[to];
        let refused = store.under_way >= store.bears;
        store.under_way += 1;
        let answered = self.now + if refused { MS } else { 30 * MS };
        self.under_way.insert((answered, id), Sent { id, leave, at: self.now, refused });
        assert!(self.under_way.len() <= usize::try_from(self.schedule.most).unwrap());
    }

    /// Takes the next answer; says whether it brought the bytes.
    fn answer(&mut self) -> bool {
        let ((now, _), sent) = self.under_way.pop_first().expect("something is under way");
        self.now = now;
        let to = self.store_of(sent.id);
        let (lane, store) = &mut self.stores[to];
        store.under_way -= 1;
        self.schedule.landed(&sent.leave);
        self.host.used.set(self.host.used.get() - self.length);
        if sent.refused {
            self.schedule.slow_down(lane, sent.at, now);
            self.refusals += 1;
            self.submit(sent.id, Priority::Demand);
        } else {
            self.schedule.answered(lane);
        }
        !sent.refused
    }
}

/// Fetches `jobs` times `length` bytes from stores that bear so much: how long it took, and how many answers
/// asked for less.
fn run(jobs: u64, length: u64, most: u32, memory: u64, bears: &[usize]) -> (Duration, u64) {
    let stores = bears.iter().enumerate();
    let mut run = Run {
        schedule: Schedule::new(most),
        host: Host::with(memory),
        stores: stores
            .map(|(number, bears)| {
                (lane(&number.to_string()), Store { bears: *bears, under_way: 0 })
            })
            .collect(),
        now: Duration::ZERO,
        length,
        under_way: BTreeMap::new(),
        urgent: BTreeSet::new(),
        refusals: 0,
    };
    for id in 0..jobs {
        let urgent = id % 5 == 0;
        run.submit(id, if urgent { Priority::Demand } else { Priority::NextRowGroup });
    }
    let mut served = 0;
    while served < jobs {
        if let Some((id, leave)) = next(&mut run.schedule, run.now, &run.host) {
            assert!(run.host.used.get() <= memory.max(length) + length);
            run.send(id, leave);
        } else {
            served += u64::from(run.answer());
        }
    }
    assert!(run.schedule.is_idle());
    assert_eq!(run.host.used.get(), 0, "every byte of the budget is back");
    (run.now, run.refusals)
}

#[test]
fn a_store_that_throttles_is_used_near_its_limit_with_few_refusals() {
    let (alone, none) = run(4000, 1 << 20, 64, 1 << 30, &[1000]);
    assert_eq!(none, 0);
    let (took, refusals) = run(4000, 1 << 20, 64, 1 << 30, &[16]);
    assert!(refusals < 1200, "{refusals} of 4000 were refused");
    assert!(
        took < alone * 8,
        "{took:?} with a quarter of the requests at once, {alone:?} with all"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn everything_is_fetched_in_order_within_the_budget_whatever_stores_bear(
        jobs in 1_u64..200,
        length in 1_u64..1000,
        most in 1_u32..40,
        spare in 0_u64..5000,
        bears in prop::collection::vec(1_usize..50, 1..4),
    ) {
        // What is fetched ahead must fit, or it stays.
        run(jobs, length, most, length + spare, &bears);
    }
}
