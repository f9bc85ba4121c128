//! One version of one object, as one store sees it: what is cached of it and what is on its way.
//!
//! All streams of a store on the same version share it, so that a range is fetched once however many
//! of them ask. Flights never overlap: they are begun under one lock, for ranges that neither a tier
//! nor another flight holds; a landed flight leaves the map only after the cache has taken its bytes,
//! under the same lock, so that nothing falls between the two.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use forebay_cache::{CELL, CachedObject, FillOutcome, HostCache, MissCause};
use forebay_origin::{Encryption, Status};
use forebay_types::Identity;
use forebay_types::sync::atomic::{AtomicBool, Ordering};
use forebay_types::sync::{Condvar, Mutex};

use crate::ahead::{Ahead, Outcome};
use crate::flight::{Copied, Flight, Purpose};
use crate::metrics::{
    PREFETCH_FETCHED, PREFETCH_UNREAD, PREFETCH_USED, READ_ORIGIN, READ_RAM, READ_SSD,
};
use crate::ram::RamTier;
use crate::spans::{Spans, subtract};

/// What the tiers and flights said at the end of what they could serve.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Everything was served.
    Full,
    /// A flight will bring the next byte, or has failed to.
    Flight(Arc<Flight>),
    /// Nobody has the next byte.
    Miss(MissCause),
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) identity: Arc<Identity>,
    cached: Option<CachedObject>,
    ram: Arc<RamTier>,
    flights: Mutex<BTreeMap<u64, Arc<Flight>>>,
    ahead: Mutex<Ahead>,
    has_ahead: AtomicBool,
    refused: AtomicBool,
    proof: Mutex<Standing>,
    settled: Condvar,
    /// Whether this key was seen under another version before.
    pub(crate) replaced: bool,
}

impl Object {
    pub(crate) fn new(
        identity: Arc<Identity>,
        cache: Option<&Arc<HostCache>>,
        ram: Arc<RamTier>,
        replaced: bool,
        admitted: bool,
    ) -> Object {
        let cached = cache.filter(|_| admitted).map(|cache| cache.object(Arc::clone(&identity)));
        Object {
            identity,
            cached,
            ram,
            flights: Mutex::new(BTreeMap::new()),
            ahead: Mutex::new(Ahead::default()),
            has_ahead: AtomicBool::new(false),
            refused: AtomicBool::new(!admitted),
            proof: Mutex::default(),
            settled: Condvar::new(),
            replaced,
        }
    }

    /// Copies from `position` on, as far as it goes without waiting: how many bytes, how many of them
    /// from the SSD, and why no more.
    pub(crate) fn serve(&self, position: u64, into: &mut [u8]) -> (usize, usize, Stop) {
        let (mut done, mut counted) = (0, Served::default());
        let mut looked_again = None;
        let stop = loop {
            if done == into.len() {
                break Stop::Full;
            }
            let at = position + done as u64;
            let mut cause = if self.was_refused() { MissCause::Cold } else { MissCause::Disk };
            if let Some(cached) = &self.cached {
                let outcome = cached.read(at, &mut into[done..]);
                counted.ssd += outcome.bytes;
                done += outcome.bytes;
                match outcome.miss {
                    None => continue,
                    Some(_) if outcome.bytes > 0 => continue,
                    Some(found) => cause = found,
                }
            }
            let kept = self.ram.read(&self.identity, at, &mut into[done..]);
            if kept > 0 {
                counted.ram += kept;
                done += kept;
                continue;
            }
            let Some(flight) = self.flight_at(at) else {
                // A flight may have gone into the cache between the look there and the one here.
                if matches!(cause, MissCause::Cold | MissCause::Evicted) && looked_again != Some(at)
                {
                    looked_again = Some(at);
                    continue;
                }
                break Stop::Miss(cause);
            };
            match flight.copy(at, &mut into[done..]) {
                Copied::Bytes(bytes) => {
                    counted.origin += bytes;
                    done += bytes;
                }
                Copied::NotYet | Copied::Failed(_) => break Stop::Flight(flight),
            }
        };
        counted.publish();
        self.used(position..position + done as u64);
        (done, counted.ssd, stop)
    }

    /// The whole of `range` if it can be had without waiting; counted nowhere.
    pub(crate) fn peek(&self, range: Range<u64>) -> Option<Vec<u8>> {
        let length = usize::try_from(range.end - range.start).ok()?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).ok()?;
        bytes.resize(length, 0);
        let mut done = 0;
        while done < length {
            let at = range.start + done as u64;
            let from_ssd =
                self.cached.as_ref().map_or(0, |cached| cached.read(at, &mut bytes[done..]).bytes);
            let from_ram = match from_ssd {
                0 => self.ram.read(&self.identity, at, &mut bytes[done..]),
                _ => 0,
            };
            done += from_ssd + from_ram;
            if from_ssd + from_ram == 0 {
                match self.flight_at(at)?.copy(at, &mut bytes[done..]) {
                    Copied::Bytes(bytes) => done += bytes,
                    Copied::NotYet | Copied::Failed(_) => return None,
                }
            }
        }
        Some(bytes)
    }

    /// Begins flights, made by `make`, for the parts of the cell-aligned `range` that nobody has.
    /// `lost` is the part that the tiers failed to give although they may claim to hold it.
    pub(crate) fn begin(
        &self,
        range: Range<u64>,
        lost: Range<u64>,
        largest: u64,
        make: impl Fn(Range<u64>) -> Flight,
    ) -> Vec<Arc<Flight>> {
        let mut flights = self.flights.lock();
        let mut begun = Vec::new();
        for gap in self.missing(range, lost, &flights) {
            let mut start = gap.start;
            while start < gap.end {
                let end = gap.end.min(start + largest);
                let flight = Arc::new(make(start..end));
                flights.insert(start, Arc::clone(&flight));
                begun.push(flight);
                start = end;
            }
        }
        begun
    }

    fn missing(
        &self,
        range: Range<u64>,
        lost: Range<u64>,
        flights: &BTreeMap<u64, Arc<Flight>>,
    ) -> Vec<Range<u64>> {
        let absent = match &self.cached {
            Some(cached) => cached.missing(range.clone()),
            None => vec![range.clone()],
        };
        let mut wanted = Spans::default();
        for gap in absent {
            wanted.insert(gap.start.max(range.start)..gap.end.min(range.end));
        }
        for held in self.ram.held(&self.identity, range.clone()) {
            wanted.remove(held);
        }
        // What they failed to give may have landed since: under this lock it is there, or flies.
        if !lost.is_empty() && !self.tiers_give(lost.start) {
            wanted.insert(lost.start.max(range.start)..lost.end.min(range.end));
        }
        wanted
            .into_runs()
            .flat_map(|gap| subtract(gap, flights.values().map(|flight| flight.range.clone())))
            .collect()
    }

    fn tiers_give(&self, position: u64) -> bool {
        let mut byte = [0];
        self.read_cached(position, &mut byte) > 0
            || self.ram.read(&self.identity, position, &mut byte) > 0
    }

    /// Gives a landed flight's bytes to the cache, else to the RAM tier. `released` runs once the
    /// memory of the flight is free.
    pub(crate) fn landed(
        self: &Arc<Self>,
        cache: Option<&Arc<HostCache>>,
        flight: &Arc<Flight>,
        bytes: Bytes,
        released: impl Fn() + Send + Sync + 'static,
    ) {
        if let Purpose::Ahead(reason) = flight.purpose {
            PREFETCH_FETCHED.add(flight.length());
            self.ahead.lock().insert(flight.range.clone(), reason, flight.owner);
            self.has_ahead.store(true, Ordering::Release);
        }
        let start = flight.range.start;
        let completion = Arc::new(Completion {
            object: Arc::clone(self),
            flight: Some(Arc::clone(flight)),
            released: Box::new(released),
        });
        let admitted = cache.filter(|_| self.is_cached()).is_some_and(|cache| {
            let ticket = Ticket { bytes: bytes.clone(), _completion: Arc::clone(&completion) };
            match cache.fill(&self.identity, start, Bytes::from_owner(ticket)) {
                FillOutcome::Queued => true,
                FillOutcome::Refused(_) => false,
            }
        });
        if !admitted {
            self.refused.store(true, Ordering::Relaxed);
            self.ram.keep(&self.identity, start, &bytes);
        }
    }

    /// Whether it goes to the host's cache.
    pub(crate) fn is_cached(&self) -> bool {
        self.cached.is_some()
    }

    /// Counts the cells of `range` as missed by the directory they would lie in.
    pub(crate) fn count_missed(&self, range: &Range<u64>) {
        if let Some(cached) = &self.cached {
            cached.count_missed(range);
        }
    }

    /// Drops the cells of `range` from the cache.
    pub(crate) fn drop_cells(&self, range: Range<u64>) {
        if let Some(cached) = &self.cached {
            cached.drop_cells(range);
        }
    }

    /// Reads from the cache alone, as far as it goes.
    pub(crate) fn read_cached(&self, at: u64, into: &mut [u8]) -> usize {
        self.cached.as_ref().map_or(0, |cached| cached.read(at, into).bytes)
    }

    /// Whether it is known, without waiting for a disk, that the cache holds nothing of `range`.
    pub(crate) fn is_surely_cold(&self, range: Range<u64>) -> bool {
        self.cached.as_ref().is_none_or(|cached| cached.is_surely_cold(range))
    }

    /// The parts of `range` that the cache does not claim to hold.
    pub(crate) fn not_cached(&self, range: Range<u64>) -> Vec<Range<u64>> {
        self.cached
            .as_ref()
            .map_or_else(|| vec![range.clone()], |cached| cached.missing(range.clone()))
    }

    /// Takes `flight` out of the map, if it is still the one there.
    pub(crate) fn forget(&self, flight: &Flight) {
        let mut flights = self.flights.lock();
        if flights.get(&flight.range.start).is_some_and(|found| found.id == flight.id) {
            flights.remove(&flight.range.start);
        }
    }

    /// Takes out the failed flights of one file, whose errors nobody will ask for any more.
    pub(crate) fn forget_failures_of(&self, owner: u64) {
        self.flights.lock().retain(|_, flight| flight.owner != owner || !flight.has_failed());
    }

    /// Notes that the store answered a request sent at `sent` that this version is the present one.
    pub(crate) fn prove(&self, sent: Instant) {
        let mut proof = self.proof.lock();
        proof.sent = Some(proof.sent.map_or(sent, |before| before.max(sent)));
    }

    /// Takes a HEAD's answer, to a request sent at `sent`: what reading takes, and, where that is no more
    /// than the HEAD itself did, that this version is the present one.
    pub(crate) fn confirmed(&self, status: &Status, sent: Instant) {
        let (pinned, present) = (self.identity.version(), &status.version);
        if (&pinned.etag, pinned.length) == (&present.etag, present.length) {
            self.note(status.encryption);
            if status.encryption != Encryption::ByKey {
                self.prove(sent);
            }
        }
    }

    /// Notes what an answer about this version said of its encryption.
    pub(crate) fn note(&self, encryption: Encryption) {
        if encryption != Encryption::Unknown {
            self.proof.lock().encryption = Some(encryption);
        }
    }

    /// What answers about this version have said of its encryption.
    pub(crate) fn encryption(&self) -> Encryption {
        self.proof.lock().encryption.unwrap_or(Encryption::Unknown)
    }

    /// Whether all of the range is here or on its way.
    pub(crate) fn is_at_hand(&self, range: Range<u64>) -> bool {
        let flights = self.flights.lock();
        self.missing(range, 0..0, &flights).is_empty()
    }

    /// When the last request was sent whose answer proved this version. Waits until `deadline` for a
    /// confirmation under way; `Err` where it still is.
    pub(crate) fn proved(&self, deadline: Instant) -> Result<Option<Instant>, StillAsking> {
        let mut proof = self.proof.lock();
        while proof.asking {
            if self.settled.wait_until(&mut proof, deadline).timed_out() && proof.asking {
                return Err(StillAsking);
            }
        }
        Ok(proof.sent)
    }

    /// Begins a confirmation that [`Question::drop`] ends, unless one is under way.
    pub(crate) fn ask(self: &Arc<Self>) -> Option<Question> {
        let mut proof = self.proof.lock();
        let first = !proof.asking;
        proof.asking = true;
        first.then(|| Question(Arc::clone(self)))
    }

    /// A fetch of `owner`'s that is under way or waits for its turn.
    pub(crate) fn under_way(&self, owner: u64) -> Option<Arc<Flight>> {
        let flights = self.flights.lock();
        flights.values().find(|flight| flight.owner == owner && !flight.has_ended()).map(Arc::clone)
    }

    /// Of what was fetched ahead for one file: bytes read, and bytes not read yet.
    pub(crate) fn ahead_of(&self, owner: u64) -> (u64, u64) {
        self.ahead.lock().standing(owner)
    }

    /// Ends what is counted of one file's look-ahead.
    pub(crate) fn settle(&self, owner: u64) -> Vec<Outcome> {
        let outcomes = self.ahead.lock().settle(owner);
        PREFETCH_UNREAD.add(outcomes.iter().map(|outcome| outcome.wasted).sum());
        outcomes
    }

    /// Whether the cache refused cells of this object before.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    fn flight_at(&self, position: u64) -> Option<Arc<Flight>> {
        let flights = self.flights.lock();
        let (_, flight) = flights.range(..=position).next_back()?;
        flight.range.contains(&position).then(|| Arc::clone(flight))
    }

    fn used(&self, range: Range<u64>) {
        if self.has_ahead.load(Ordering::Acquire) {
            let mut ahead = self.ahead.lock();
            PREFETCH_USED.add(ahead.read(range));
            self.has_ahead.store(!ahead.is_empty(), Ordering::Release);
        }
    }
}

/// What is known of a version's being the present one.
#[derive(Debug, Default)]
struct Standing {
    sent: Option<Instant>,
    asking: bool,
    encryption: Option<Encryption>,
}

/// A confirmation is under way and took too long to wait for.
#[derive(Debug)]
pub(crate) struct StillAsking;

/// A confirmation under way; over when dropped, however it ends.
#[derive(Debug)]
pub(crate) struct Question(Arc<Object>);

impl Question {
    pub(crate) fn object(&self) -> &Object {
        &self.0
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.0.proof.lock().asking = false;
        self.0.settled.notify_all();
    }
}

#[derive(Default)]
struct Served {
    ssd: usize,
    ram: usize,
    origin: usize,
}

impl Served {
    fn publish(&self) {
        for (metric, bytes) in
            [(&READ_SSD, self.ssd), (&READ_RAM, self.ram), (&READ_ORIGIN, self.origin)]
        {
            if bytes > 0 {
                metric.add(bytes as u64);
            }
        }
    }
}

/// The bytes the cache's queue holds until it has written them.
struct Ticket {
    bytes: Bytes,
    // After `bytes`: fields are dropped in this order, and completion means the memory is free.
    _completion: Arc<Completion>,
}

impl AsRef<[u8]> for Ticket {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Ends a flight's stay in the map once both the queue and [`Object::landed`] are done with it.
struct Completion {
    object: Arc<Object>,
    flight: Option<Arc<Flight>>,
    released: Box<dyn Fn() + Send + Sync>,
}

impl Drop for Completion {
    fn drop(&mut self) {
        if let Some(flight) = self.flight.take() {
            self.object.forget(&flight);
        }
        (self.released)();
    }
}

/// `range` widened to whole cells of an object of `length` bytes.
pub(crate) fn cells(range: Range<u64>, length: u64) -> Range<u64> {
    let start = range.start.min(length) / CELL * CELL;
    let end = range.end.min(length).div_ceil(CELL).saturating_mul(CELL).min(length);
    start..end.max(start)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use forebay_types::{ETag, Location, Version};

    pub(crate) fn identity(key: &str, length: u64) -> Arc<Identity> {
        let location = Location {
            store: "s3".into(),
            endpoint: "".into(),
            bucket: "b".into(),
            key: key.into(),
            settings: 0,
        };
        let version = Version { etag: ETag::strong("v1").unwrap(), length, version_id: None };
        Arc::new(Identity::new(location, version).unwrap())
    }

    #[test]
    fn ranges_widen_to_cells_within_the_object() {
        assert_eq!(cells(1..2, 10 * CELL), 0..CELL);
        assert_eq!(cells(CELL..CELL + 1, CELL + 7), CELL..CELL + 7);
        assert_eq!(cells(50..90, 40), 0..40);
    }
}
