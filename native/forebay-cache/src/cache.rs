//! The face of the cache: opening it, finding objects in it, filling it.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use forebay_types::sync::{Mutex, mpsc, thread};
use forebay_types::{ETag, Identity, Location, Version};

use crate::claim::{Claim, Claims};
use crate::directory::{Directory, Refusal};
use crate::fill::{FillOutcome, Queue, RefusedFill, Task, Waiting};
use crate::ledger::Ledger;
use crate::object::{CachedObject, Shared};
use crate::open_segments::OpenSegments;
use crate::recency::Recency;
use crate::slice::Slice;
use crate::versions::used_at;
use crate::write::{Run, Writer};
use crate::{CELL, CacheSettings, SEGMENT, evict, long, metrics, size, statistics, versions};

/// How often a process writes recency down for the others; one that makes room does so before it. A
/// crash loses this much.
const NOTE_TOUCHES: Duration = Duration::from_secs(15);

/// How often what a directory was good for is written down: a process that ends loses this much.
const NOTE_STATISTICS: Duration = Duration::from_secs(2);

/// How long a directory may take to open, once per process: less than a user notices, and more than any
/// disk needs that works.
const OPENING: Duration = Duration::from_secs(2);

/// One place and what writes to it.
#[derive(Debug)]
struct Disk {
    directory: Arc<Directory>,
    /// Decides, together with a segment's name, whether the segment lies here.
    id: u64,
    queue: Arc<Queue>,
    claims: Claims,
}

/// What a cache and its objects share.
#[derive(Debug)]
pub(crate) struct Core {
    disks: Vec<Disk>,
    waiting: Arc<Waiting>,
    pub(crate) open_segments: Arc<OpenSegments>,
    objects: Mutex<Objects>,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Objects {
    known: HashMap<Arc<Identity>, Weak<Shared>>,
    /// When entries without an object are next removed: at this many.
    tidy_at: usize,
    touches_noted: Instant,
    statistics_noted: Instant,
}

/// The host's cache, as one process sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HostCache {
    core: Arc<Core>,
}

impl HostCache {
    /// Opens the cache in the directories of `settings`, creating what is missing. Nothing is
    /// scanned. A directory that may not be used is left out, with a note that says why.
    ///
    /// # Errors
    /// Where no directory may be used.
    pub fn open(settings: CacheSettings) -> Result<HostCache, Refusal> {
        let mut notes = Vec::new();
        let mut refusal = Refusal::new(
            Path::new(""),
            "no cache directory is configured; set fs.forebay.cache.dirs",
        );
        let waiting = Arc::new(Waiting::new(settings.queue));
        let open_segments = Arc::new(OpenSegments::new(settings.open_segments));
        let mut disks = Vec::new();
        let share = settings.budget.map(|all| all / long(settings.directories.len()).max(1));
        for (position, parent) in settings.directories.iter().enumerate() {
            match Disk::open_in_time(parent, share, settings.free_floor, &waiting, &open_segments) {
                Ok((disk, said)) => {
                    statistics::show(position, disk.directory.tally());
                    disks.push(disk);
                    notes.extend(said);
                }
                Err(reason) => {
                    notes.push(reason.to_string());
                    refusal = reason;
                }
            }
        }
        if disks.is_empty() {
            return Err(refusal);
        }
        let core = Core {
            disks,
            waiting,
            open_segments,
            objects: Mutex::new(Objects {
                known: HashMap::new(),
                tidy_at: 64,
                touches_noted: Instant::now(),
                statistics_noted: Instant::now(),
            }),
            notes,
        };
        Ok(HostCache { core: Arc::new(core) })
    }

    /// What the user should be told, once: directories left out, a budget that is not the one
    /// configured.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.core.notes
    }

    /// The directories in use, for the log.
    pub fn directories(&self) -> impl Iterator<Item = &Path> {
        self.core.disks.iter().map(|disk| disk.directory.path())
    }

    /// The object with this identity, whether or not anything of it is cached.
    #[must_use]
    pub fn object(&self, identity: Arc<Identity>) -> CachedObject {
        let mut objects = self.core.objects.lock();
        if objects.touches_noted.elapsed() >= NOTE_TOUCHES {
            objects.touches_noted = Instant::now();
            for disk in &self.core.disks {
                disk.queue.push(Task::NoteTouches);
            }
        }
        if objects.statistics_noted.elapsed() >= NOTE_STATISTICS {
            objects.statistics_noted = Instant::now();
            self.note_statistics();
        }
        if objects.known.len() >= objects.tidy_at {
            objects.known.retain(|_, shared| shared.strong_count() > 0);
            objects.tidy_at = (objects.known.len() * 2).max(64);
        }
        let known = objects.known.get(&identity).and_then(Weak::upgrade);
        let shared = known.unwrap_or_else(|| {
            let shared = Arc::new(Shared::new(Arc::clone(&identity)));
            objects.known.insert(identity, Arc::downgrade(&shared));
            shared
        });
        CachedObject::new(Arc::clone(&self.core), shared)
    }

    /// Offers the bytes of an object from `offset` on. Returns at once; whole cells among them are
    /// written later, or never. `offset` must be a cell's; what follows the last whole cell is
    /// ignored, except at the object's end.
    ///
    /// The caller vouches that the answer which brought these bytes proved their version.
    pub fn fill(&self, identity: &Arc<Identity>, offset: u64, bytes: Bytes) -> FillOutcome {
        let Some(bytes) = whole_cells(identity.length(), offset, bytes) else {
            return FillOutcome::Refused(RefusedFill::Misfit);
        };
        let total = long(bytes.len());
        if !self.core.waiting.admit(total) {
            metrics::FILLS_REFUSED.add(1);
            return FillOutcome::Refused(RefusedFill::NotAdmitted);
        }
        let mut rest = bytes;
        let mut at = offset;
        let mut outcome = FillOutcome::Queued;
        while !rest.is_empty() {
            // `whole_cells` keeps the range inside the object.
            let Some(slice) = Slice::new(identity.length(), at / SEGMENT) else { break };
            let part = rest.split_to(rest.len().min(size(SEGMENT - at % SEGMENT)));
            let length = long(part.len());
            let disk = self.core.disk_of(identity, slice);
            let run = Run {
                identity: Arc::clone(identity),
                slice,
                first: at % SEGMENT / CELL,
                bytes: part,
            };
            at += length;
            let directory = &disk.directory;
            let refused = if directory.is_full() {
                Some(RefusedFill::NotAdmitted)
            } else if !directory.may_use()
                || directory.is_overdue()
                || !disk.queue.push(Task::Write(run))
            {
                Some(RefusedFill::Disk)
            } else {
                None
            };
            if let Some(why) = refused {
                self.core.waiting.release(length);
                metrics::FILLS_REFUSED.add(1);
                outcome = FillOutcome::Refused(why);
            }
        }
        outcome
    }

    /// Tells the host's other processes that this one is about to fetch `range` of an object, unless one
    /// of them does already.
    pub fn claim(&self, identity: &Identity, range: Range<u64>) -> Claim {
        let Some(slice) = Slice::new(identity.length(), range.start / SEGMENT) else {
            return Claim::Unknown;
        };
        let disk = self.core.disk_of(identity, slice);
        if disk.directory.is_full() {
            // Nothing will be there for the others.
            return Claim::Unknown;
        }
        disk.claims.claim(&disk.directory, identity, range)
    }

    /// Waits until every fill that was queued is written or given up.
    pub fn drain(&self) {
        for disk in &self.core.disks {
            disk.queue.drain();
        }
    }

    /// Has written down soon what the directories were good for.
    pub fn note_statistics(&self) {
        for disk in &self.core.disks {
            disk.queue.push(Task::NoteStatistics);
        }
    }

    /// Whether the disks, though at work, don't keep up: `coming` more bytes would leave no room in the
    /// queue for a piece that a reader waits for.
    #[must_use]
    pub fn is_behind(&self, coming: u64) -> bool {
        self.core.waiting.is_behind(coming) && self.is_at_work()
    }

    /// Whether the disks, though at work, have no room in their queue for `coming` more bytes.
    #[must_use]
    pub fn has_no_room(&self, coming: u64) -> bool {
        self.core.waiting.is_full(coming) && self.is_at_work()
    }

    /// Whether processes of this host have just waited for each other's fetches: then what the cache
    /// refuses is fetched once more by each of them.
    #[must_use]
    pub fn is_shared_now(&self) -> bool {
        self.core.disks.iter().any(|disk| disk.claims.is_waited_for())
    }

    #[cfg(test)]
    pub(crate) fn pretend_full(&self, rest: std::time::Duration) {
        self.core.disks.iter().for_each(|disk| disk.directory.is_full_for(rest));
    }

    fn is_at_work(&self) -> bool {
        !self.core.disks.iter().any(|disk| disk.queue.is_stuck())
    }

    /// Bytes of fills that wait, which the process's memory holds.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.core.waiting.bytes()
    }

    /// The version of the object at `location` that this host used last. A hint: it may be long
    /// overwritten, and another one may have been used since. May wait for the disk, up to its deadline.
    #[must_use]
    pub fn last_version(&self, location: &Location) -> Option<Version> {
        let hash = location_hash(location)?;
        let mut latest: Option<(Recency, Identity)> = None;
        for Disk { directory, .. } in self.core.disks.iter().filter(|disk| disk.directory.may_use())
        {
            let (theirs, location) = (Arc::clone(directory), location.clone());
            let look = move || versions::latest(&theirs, &location, hash);
            let Ok(found) = directory.wait_for("find the versions of an object", look) else {
                continue;
            };
            let later = |(recency, _): &(Recency, Identity)| {
                latest.as_ref().is_none_or(|(other, _)| used_at(*other) < used_at(*recency))
            };
            match found {
                Ok(found) => latest = found.filter(later).or(latest),
                Err(error) => {
                    let _ = directory.fault("find the versions of an object", error);
                }
            }
        }
        latest.map(|(_, identity)| identity.version().clone())
    }

    /// Removes every cached version of the object at `location`: how many segments. A fault leaves
    /// segments behind, which is harmless, since they are found only by their version.
    pub fn purge_location(&self, location: &Location) -> usize {
        let Some(location) = location_hash(location) else { return 0 };
        let purge = |disk: &Disk| {
            evict::purge(&disk.directory, location).unwrap_or_else(|error| {
                let _ = disk.directory.fault("purge an object", error);
                0
            })
        };
        self.core.disks.iter().map(purge).sum()
    }
}

impl Disk {
    /// [`Disk::open`] on a thread of its own: a mount that hangs must not hang who starts.
    fn open_in_time(
        parent: &Path,
        budget: Option<u64>,
        free_floor: u64,
        waiting: &Arc<Waiting>,
        open_segments: &Arc<OpenSegments>,
    ) -> Result<(Disk, Option<String>), Refusal> {
        let (tell, told) = mpsc::sync_channel(1);
        let (place, waiting) = (parent.to_owned(), Arc::clone(waiting));
        let open_segments = Arc::clone(open_segments);
        let thread = thread::Builder::new().name("forebay-disk".to_owned());
        let open = move || {
            // Nobody listens any more where this came too late.
            let _ = tell.send(Disk::open(&place, budget, free_floor, &waiting, open_segments));
        };
        if let Err(error) = thread.spawn(open) {
            return Err(Refusal::new(parent, format!("no thread to open it ({error})")));
        }
        told.recv_timeout(OPENING).unwrap_or_else(|_| {
            let waited = format!("did not answer within {} s", OPENING.as_secs());
            Err(Refusal::new(parent, waited))
        })
    }

    fn open(
        parent: &Path,
        budget: Option<u64>,
        free_floor: u64,
        waiting: &Arc<Waiting>,
        open_segments: Arc<OpenSegments>,
    ) -> Result<(Disk, Option<String>), Refusal> {
        let mut note = None;
        let directory = Arc::new(Directory::open_in(parent)?);
        let mut ledger = Ledger::new(Arc::clone(&directory), budget);
        let path = directory.path();
        match ledger.look() {
            Ok(Some(record)) => note = doubt(record.budget, budget, path, parent),
            // Busy: another process is making it. It will be looked at when it is needed.
            Ok(None) => {}
            Err(error) => {
                let reason = format!(
                    "its ledger cannot be used ({error}); free some space, make it writable, or \
                     name another place"
                );
                return Err(Refusal::new(path, reason));
            }
        }
        let id = xxhash_rust::xxh3::xxh3_64(path.as_os_str().as_encoded_bytes());
        let writer = Writer::new(Arc::clone(&directory), ledger, open_segments, free_floor);
        let queue = Arc::new(Queue::new(writer, Arc::clone(waiting)));
        Ok((Disk { directory, id, queue, claims: Claims::default() }, note))
    }
}

impl Core {
    /// The directory a segment lies in, if it is cached.
    pub(crate) fn directory_of(&self, identity: &Identity, slice: Slice) -> &Arc<Directory> {
        &self.disk_of(identity, slice).directory
    }

    /// Rendezvous hashing: each segment has its own order of the directories, and lies in the first.
    /// A directory that is added or lost moves no segment between the others.
    fn disk_of(&self, identity: &Identity, slice: Slice) -> &Disk {
        let weight = |disk: &Disk| {
            let mut name = [0; 32];
            name[..16].copy_from_slice(&identity.hash().to_le_bytes());
            name[16..24].copy_from_slice(&slice.index.to_le_bytes());
            name[24..].copy_from_slice(&disk.id.to_le_bytes());
            xxhash_rust::xxh3::xxh3_64(&name)
        };
        match self.disks.as_slice() {
            [only] => only,
            many => many.iter().max_by_key(|disk| weight(disk)).unwrap_or(&self.disks[0]),
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        for disk in &self.disks {
            disk.queue.close();
        }
        self.open_segments.close_all();
    }
}

/// The hash all versions of a location share; `None` for a location too long to be cached.
fn location_hash(location: &Location) -> Option<u128> {
    let version = Version { etag: ETag::strong("any")?, length: 0, version_id: None };
    Identity::new(location.clone(), version).ok().map(|identity| identity.location_hash())
}

/// The whole cells among `bytes`; `None` where there are none, or they lie outside the object.
fn whole_cells(length: u64, offset: u64, mut bytes: Bytes) -> Option<Bytes> {
    let end = offset.checked_add(long(bytes.len()))?;
    if !offset.is_multiple_of(CELL) || end > length {
        return None;
    }
    if end < length {
        bytes.truncate(size((end / CELL * CELL).saturating_sub(offset)));
    }
    (!bytes.is_empty()).then_some(bytes)
}

/// What a user should hear of the budget that a directory was made with.
fn doubt(budget: u64, wanted: Option<u64>, path: &Path, parent: &Path) -> Option<String> {
    let (path, parent) = (path.display(), parent.display());
    if let Some(wanted) = wanted.filter(|wanted| *wanted != budget) {
        return Some(format!(
            "cache directory {path}: was made for {budget} bytes, so the {wanted} configured now are not \
             used; to change it, run 'java -jar <forebay.jar> budget {wanted} --dirs {parent}'"
        ));
    }
    (budget == 0).then(|| {
        format!(
            "cache directory {path}: its budget is 0 bytes, so it keeps nothing (by default that is so on a \
             disk that is 85 % full); to change it, run 'java -jar <forebay.jar> budget <size> --dirs {parent}'"
        )
    })
}
