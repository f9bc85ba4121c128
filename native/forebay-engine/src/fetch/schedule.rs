//! Which fetch goes out next. Nothing here waits, sends or looks at a clock.
//!
//! Fetches wait in the order of their priority, and within one in the order they came. One goes out when
//! three have room for it: the process's connections, of which look-ahead may use three quarters, so that
//! a reader never waits for all of them; its *lane*, which holds what goes to one endpoint and is as wide
//! as that endpoint bears (see [`Allowance`]), with the same share for look-ahead; and the budget of
//! memory. A lane that is full holds up nobody else. When no demand is under way the first one goes out
//! even if the budget is used up, so that memory held by slow disk writes cannot stop a job.
//!
//! What comes faster than the disk takes it is refused by the cache, and then every process of the host
//! fetches it for itself. So look-ahead waits while the disk is behind, [`HELD_BACK`] at most; a reader
//! that comes to a piece makes it demand, which waits for no disk unless the host's processes are just
//! waiting for each other's fetches.
//!
//! Times are given by the caller, from any clock that doesn't go back.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use forebay_plan::{Allowance, Priority};

/// How long a fetch waits for the disk. One that writes less than a piece of 8 MiB in that time is not
/// worth being read slowly for.
pub(super) const HELD_BACK: Duration = Duration::from_millis(200);

/// The endpoint a fetch goes to, by name.
pub(crate) type Lane = Arc<str>;

type Place = (Reverse<Priority>, u64);

/// A fetch that waits.
#[derive(Debug)]
pub(super) struct Waiting<J> {
    /// The stream that asked for it.
    pub(super) owner: u64,
    /// Bytes it will hold.
    pub(super) length: u64,
    /// Where it goes.
    pub(super) lane: Lane,
    /// When it was submitted.
    pub(super) since: Duration,
    /// What the schedule keeps for its user.
    pub(super) job: J,
}

/// Leave to go out; to be given back by [`Schedule::landed`].
#[derive(Debug)]
pub(super) struct Leave {
    lane: Lane,
    is_ahead: bool,
    bytes: u64,
}

/// How memory is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// If it fits.
    IfItFits,
    /// Whether or not it fits.
    Anyway,
}

/// What a schedule asks of its process.
pub(super) trait Means {
    /// Memory that was found.
    type Memory;

    /// So many bytes.
    fn memory(&self, bytes: u64, need: Need) -> Option<Self::Memory>;

    /// Whether look-ahead, or else demand, has to wait for the disk, with so many bytes on their way to it.
    fn is_disk_behind(&self, coming: u64, is_ahead: bool) -> bool;
}

/// What [`Schedule::next`] found.
#[derive(Debug)]
pub(super) enum Turn<J, M> {
    /// This one goes out.
    Goes(J, Leave, M),
    /// What could go waits for the disk: look again within [`HELD_BACK`].
    WaitsForDisk,
    /// There is none, or no room for one.
    Nobody,
}

/// Fetches under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Flying {
    demand: u32,
    ahead: u32,
}

#[derive(Debug)]
struct Width {
    flying: Flying,
    allowance: Allowance,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Schedule<J> {
    waiting: BTreeMap<Place, Waiting<J>>,
    lanes: HashMap<Lane, Width>,
    flying: Flying,
    /// Bytes under way.
    bytes: u64,
    most: u32,
}

impl Flying {
    fn all(self) -> u32 {
        self.demand + self.ahead
    }

    fn of(&mut self, is_ahead: bool) -> &mut u32 {
        if is_ahead { &mut self.ahead } else { &mut self.demand }
    }

    /// Whether `most` leave room for one more.
    fn has_room(self, most: u32, is_ahead: bool) -> bool {
        let for_ahead = (u64::from(most) * 3 / 4).max(1);
        self.all() < most && (!is_ahead || u64::from(self.ahead) < for_ahead)
    }
}

fn is_ahead(place: &Place) -> bool {
    place.0.0 != Priority::Demand
}

impl<J> Schedule<J> {
    /// For `most` fetches at once.
    pub(super) fn new(most: u32) -> Schedule<J> {
        Schedule {
            waiting: BTreeMap::new(),
            lanes: HashMap::new(),
            flying: Flying::default(),
            bytes: 0,
            most: most.max(1),
        }
    }

    /// Fetches under way.
    pub(super) fn under_way(&self) -> u32 {
        self.flying.all()
    }

    /// Fetches that wait.
    pub(super) fn queued(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits or is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.flying.all() == 0
    }

    /// Has a fetch wait for its turn.
    pub(super) fn submit(&mut self, id: u64, priority: Priority, waiting: Waiting<J>) {
        self.waiting.insert((Reverse(priority), id), waiting);
    }

    /// Makes a waiting fetch a demand, since a reader waits for it; false if there was nothing to change.
    pub(super) fn raise(&mut self, id: u64) -> bool {
        let found = self.waiting.keys().find(|(_, waiting)| *waiting == id).copied();
        let Some(waiting) = found.filter(is_ahead).and_then(|place| self.waiting.remove(&place))
        else {
            return false;
        };
        self.submit(id, Priority::Demand, waiting);
        true
    }

    /// Takes out what `owner` asked for, look-ahead and demand alike, but for what is `awaited`.
    pub(super) fn cancel(&mut self, owner: u64, awaited: impl Fn(&J) -> bool) -> Vec<J> {
        let goes = |waiting: &Waiting<J>| waiting.owner == owner && !awaited(&waiting.job);
        let gone = self.waiting.extract_if(.., |_, waiting| goes(waiting));
        gone.map(|(_, waiting)| waiting.job).collect()
    }

    /// The next fetch that may go out at `now`, with the memory that was found for it.
    pub(super) fn next<M: Means>(&mut self, now: Duration, means: &M) -> Turn<J, M::Memory> {
        let Some((place, waiting)) = self.first_with_room() else { return Turn::Nobody };
        let (is_ahead, length) = (is_ahead(&place), waiting.length);
        let waited = now.saturating_sub(waiting.since);
        if waited < HELD_BACK && means.is_disk_behind(self.bytes + length, is_ahead) {
            return Turn::WaitsForDisk;
        }
        let memory = match means.memory(length, Need::IfItFits) {
            None if !is_ahead && self.flying.demand == 0 => means.memory(length, Need::Anyway),
            other => other,
        };
        let Some(memory) = memory else { return Turn::Nobody };
        let Some(waiting) = self.waiting.remove(&place) else { return Turn::Nobody };
        let leave = self.leave(waiting.lane, is_ahead, length);
        Turn::Goes(waiting.job, leave, memory)
    }

    fn first_with_room(&self) -> Option<(Place, &Waiting<J>)> {
        self.waiting
            .iter()
            // What comes later is no more urgent, so once these have no room none has.
            .take_while(|(place, _)| self.flying.has_room(self.most, is_ahead(place)))
            .find(|(place, waiting)| self.lane_has_room(&waiting.lane, is_ahead(place)))
            .map(|(place, waiting)| (*place, waiting))
    }

    fn lane_has_room(&self, lane: &Lane, is_ahead: bool) -> bool {
        let has_room = |width: &Width| width.flying.has_room(width.allowance.requests(), is_ahead);
        self.lanes.get(lane).is_none_or(has_room)
    }

    /// Counts a request for so many bytes in that does not wait for its turn.
    pub(super) fn leave(&mut self, lane: Lane, is_ahead: bool, bytes: u64) -> Leave {
        *self.flying.of(is_ahead) += 1;
        *self.lane(&lane).flying.of(is_ahead) += 1;
        self.bytes += bytes;
        Leave { lane, is_ahead, bytes }
    }

    /// Ends what was given leave to.
    pub(super) fn landed(&mut self, leave: &Leave) {
        *self.flying.of(leave.is_ahead) -= 1;
        *self.lane(&leave.lane).flying.of(leave.is_ahead) -= 1;
        self.bytes -= leave.bytes;
    }

    /// Hears that an endpoint answered, and did not ask for fewer requests.
    pub(super) fn answered(&mut self, lane: &Lane) {
        self.lane(lane).allowance.answered();
    }

    /// Hears at `now` that an endpoint asked for fewer requests, in answer to one that left at `sent`; says
    /// how many it may get from now on, if that is new.
    pub(super) fn slow_down(&mut self, lane: &Lane, sent: Duration, now: Duration) -> Option<u32> {
        let allowance = &mut self.lane(lane).allowance;
        allowance.slow_down(sent, now).then(|| allowance.requests())
    }

    fn lane(&mut self, lane: &Lane) -> &mut Width {
        let most = self.most;
        self.lanes
            .entry(Arc::clone(lane))
            .or_insert_with(|| Width { flying: Flying::default(), allowance: Allowance::new(most) })
    }
}

#[cfg(test)]
mod tests;
