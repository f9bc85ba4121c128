//! One version of one object, as far as the host holds it.
//!
//! All [`CachedObject`]s of an identity in a process share its open segments, found once when the
//! object is opened; a read looks nowhere else. There are at most [`MOST_SLOTS`] places for open
//! segments per object, so that an object's claimed length costs no memory; slices further apart
//! take turns in a place.

use std::ops::Range;
use std::sync::Arc;

use forebay_types::Identity;
use forebay_types::sync::RwLock;
use forebay_types::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::cache::Core;
use crate::cell::Seeds;
use crate::directory::Directory;
use crate::pool::DEADLINE;
use crate::segment::{Fault, Segment};
use crate::slice::Slice;
use crate::statistics::Counted;
use crate::{CELL, SEGMENT, long, size};

/// Places for open segments per object: 8 GiB of neighbouring slices, 4 KiB of memory.
const MOST_SLOTS: u64 = 256;

/// Why bytes were not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissCause {
    /// They are not in the cache.
    Cold,
    /// They were, until their segment was evicted.
    Evicted,
    /// They failed their check and were dropped.
    Corrupt,
    /// Their disk failed, or is left alone because it did.
    Disk,
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOutcome {
    /// How many bytes, from the first asked for, were answered. All of them passed their check;
    /// what lies behind them in the buffer means nothing.
    pub bytes: usize,
    /// Why no more; `None` where everything up to the object's end was answered.
    pub miss: Option<MissCause>,
}

/// What all handles of an identity share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) identity: Arc<Identity>,
    seeds: Seeds,
    slots: Box<[Slot]>,
}

/// A place for one open segment. Readers hold it for the length of a read; whoever closes it only
/// tries.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// The segment, boxed to keep empty places small.
    pub(crate) segment: RwLock<Option<Box<Segment>>>,
    /// Whether the process's list of open segments names this place; changed under that list's lock.
    pub(crate) listed: AtomicBool,
    /// The slice that wasn't there, and the time of want of room in which it won't come; 0 for none.
    absent: AtomicU64,
}

/// What a place remembers of a slice that isn't there. Two slices that look alike only take turns.
fn absence(fullness: u32, slice: Slice) -> u64 {
    (u64::from(fullness) << 32) | (slice.index & u64::from(u32::MAX))
}

impl Shared {
    pub(crate) fn new(identity: Arc<Identity>) -> Shared {
        let slots = Slice::count(identity.length()).min(MOST_SLOTS);
        Shared {
            seeds: Seeds::new(identity.hash()),
            slots: (0..slots).map(|_| Slot::default()).collect(),
            identity,
        }
    }

    /// The places, for the list of open segments.
    pub(crate) fn slot(&self, index: usize) -> Option<&Slot> {
        self.slots.get(index)
    }
}

/// An object's cached cells. Cheap to clone; may be used by any number of threads at once.
#[derive(Debug, Clone)]
pub struct CachedObject {
    core: Arc<Core>,
    shared: Arc<Shared>,
}

impl CachedObject {
    pub(crate) fn new(core: Arc<Core>, shared: Arc<Shared>) -> CachedObject {
        CachedObject { core, shared }
    }

    /// Which bytes these are.
    #[must_use]
    pub fn identity(&self) -> &Arc<Identity> {
        &self.shared.identity
    }

    /// Answers as many of the bytes from `offset` on as the host holds and can vouch for.
    ///
    /// Reads from open segments without waiting for other threads, without allocating, and without
    /// copying what was asked for a second time.
    #[must_use]
    pub fn read(&self, offset: u64, into: &mut [u8]) -> ReadOutcome {
        let length = self.shared.identity.length();
        let wanted = size(length.saturating_sub(offset).min(long(into.len())));
        let mut done = 0;
        while done < wanted {
            let at = offset + long(done);
            let within = at % SEGMENT;
            let Some(slice) = Slice::new(length, at / SEGMENT) else { break };
            let part = (wanted - done).min(size(slice.length() - within));
            let (bytes, miss) = self.read_slice(slice, within, &mut into[done..done + part]);
            done += bytes;
            if miss.is_some() {
                return ReadOutcome { bytes: done, miss };
            }
        }
        ReadOutcome { bytes: done, miss: None }
    }

    fn read_slice(&self, slice: Slice, at: u64, into: &mut [u8]) -> (usize, Option<MissCause>) {
        let mut done = 0;
        let outcome = self.with_segment(slice, |segment| {
            let (bytes, fault) = segment.read(at + long(done), &mut into[done..]);
            done += bytes;
            segment.directory.tally().add(Counted::Read, long(bytes));
            fault.map_or(Ok(()), Err)
        });
        (done, outcome.err())
    }

    /// The cell-aligned runs of `range` that the tables don't show as present: a hint, since a cell
    /// is known to be good only when it is read.
    #[must_use]
    pub fn missing(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let length = self.shared.identity.length();
        let end = range.end.min(length);
        let mut missing: Vec<Range<u64>> = Vec::new();
        let mut at = range.start / CELL * CELL;
        while at < end {
            let Some(slice) = Slice::new(length, at / SEGMENT) else { break };
            let stop = end.min(slice.begin() + slice.length());
            let cells = (at - slice.begin()) / CELL..(stop - slice.begin()).div_ceil(CELL);
            let mut absent = vec![true; size(cells.end - cells.start)];
            let _ = self.with_segment(slice, |segment| {
                if cells.clone().any(|cell| !segment.has(cell)) {
                    segment.refresh(cells.start, cells.end)?;
                } else if segment.is_gone() {
                    return Err(Fault::Gone);
                }
                for (absent, cell) in absent.iter_mut().zip(cells.clone()) {
                    *absent = !segment.has(cell);
                }
                Ok(())
            });
            for (absent, cell) in absent.into_iter().zip(cells) {
                let begin = slice.begin() + cell * CELL;
                let end = slice.begin() + slice.cell_end(cell);
                match missing.last_mut() {
                    _ if !absent => {}
                    Some(last) if last.end == begin => last.end = end,
                    Some(_) | None => missing.push(begin..end),
                }
            }
            at = stop;
        }
        missing
    }

    /// Whether it is known, without asking the disk, that nothing of `range` can be had from the cache.
    #[must_use]
    pub fn is_surely_cold(&self, range: Range<u64>) -> bool {
        let identity = &self.shared.identity;
        let slices = range.start / SEGMENT..range.end.div_ceil(SEGMENT);
        slices.filter_map(|index| Slice::new(identity.length(), index)).all(|slice| {
            let directory = self.core.directory_of(identity, slice);
            let open = |directory: &Arc<Directory>| {
                Segment::open_cached(directory, identity, self.shared.seeds, slice)
            };
            let slot = self.shared.slots.get(self.place(slice));
            let is_absent = |slot| matches!(self.found(slot, slice, open), Err(Fault::Absent));
            directory.is_down() || slot.is_none_or(is_absent)
        })
    }

    /// The number of the place of `slice`.
    fn place(&self, slice: Slice) -> usize {
        size(slice.index % long(self.shared.slots.len()).max(1))
    }

    /// Finds the segment of `slice` by `open`. While nothing is written for want of room, what isn't there
    /// is looked for once.
    fn found<T>(
        &self,
        slot: &Slot,
        slice: Slice,
        open: impl FnOnce(&Arc<Directory>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let directory = self.core.directory_of(&self.shared.identity, slice);
        let absent = directory.fullness().map(|fullness| absence(fullness, slice));
        if absent.is_some_and(|absent| slot.absent.load(Ordering::Relaxed) == absent) {
            return Err(Fault::Absent);
        }
        let found = open(directory);
        if let (Some(absent), Err(Fault::Absent)) = (absent, &found) {
            slot.absent.store(absent, Ordering::Relaxed);
        }
        found
    }

    /// Counts the cells of `range` as missed: they are fetched because somebody reads them.
    pub fn count_missed(&self, range: &Range<u64>) {
        let identity = &self.shared.identity;
        if let Some(slice) = Slice::new(identity.length(), range.start / SEGMENT) {
            let cells = (range.end - range.start).div_ceil(CELL);
            self.core.directory_of(identity, slice).tally().add(Counted::Missed, cells);
        }
    }

    /// Drops the cells of `range`, whatever their checks say, for all processes.
    pub fn drop_cells(&self, range: Range<u64>) {
        let length = self.shared.identity.length();
        let end = range.end.min(length);
        let mut at = range.start / CELL * CELL;
        while at < end {
            let Some(slice) = Slice::new(length, at / SEGMENT) else { break };
            let stop = end.min(slice.begin() + slice.length());
            let cells = (at - slice.begin()) / CELL..(stop - slice.begin()).div_ceil(CELL);
            // A fault here leaves cells that fail their next comparison too.
            let _ = self.with_segment(slice, |segment| {
                cells.clone().for_each(|cell| segment.forget(cell));
                Ok(())
            });
            at = stop;
        }
    }

    /// Runs `work` on the open segment of `slice`, opening it where needed, and once anew where it
    /// turns out to be gone: another process may have filled it again since.
    fn with_segment(
        &self,
        slice: Slice,
        mut work: impl FnMut(&Segment) -> Result<(), Fault>,
    ) -> Result<(), MissCause> {
        let index = self.place(slice);
        let Some(slot) = self.shared.slots.get(index) else { return Err(MissCause::Cold) };
        let mut was_open = false;
        {
            let Some(held) = slot.segment.try_read_for(DEADLINE) else {
                return Err(MissCause::Disk);
            };
            if let Some(segment) = held.as_deref().filter(|open| open.slice == slice) {
                if segment.directory.is_down() && !segment.directory.may_use() {
                    return Err(MissCause::Disk);
                }
                match work(segment) {
                    Ok(()) => {
                        segment.directory.worked();
                        return Ok(());
                    }
                    Err(Fault::Gone) => was_open = true,
                    Err(fault) => return Err(miss(fault)),
                }
            }
        }
        let fault = match self.open(slot, index, slice, was_open) {
            Ok(()) => {
                let held = slot.segment.try_read_for(DEADLINE).ok_or(MissCause::Disk)?;
                match held.as_deref().filter(|open| open.slice == slice) {
                    Some(segment) => match work(segment) {
                        Ok(()) => {
                            segment.directory.worked();
                            return Ok(());
                        }
                        Err(fault) => fault,
                    },
                    // Another slice took the place between: as good as not there.
                    None => Fault::Absent,
                }
            }
            Err(fault) => fault,
        };
        // What was open and is not there any more was evicted.
        Err(if was_open && fault == Fault::Absent { MissCause::Evicted } else { miss(fault) })
    }

    /// Puts the segment of `slice` into its place; `stale` where the one there is gone.
    fn open(&self, slot: &Slot, index: usize, slice: Slice, stale: bool) -> Result<(), Fault> {
        let identity = &self.shared.identity;
        let directory = self.core.directory_of(identity, slice);
        if !directory.may_use() {
            return Err(Fault::Disk);
        }
        let usable = |open: &Segment| open.slice == slice && !(stale && open.is_gone());
        let is_there = |held: &Option<Box<Segment>>| held.as_deref().is_some_and(usable);
        if slot.segment.try_read_for(DEADLINE).is_some_and(|held| is_there(&held)) {
            return Ok(());
        }
        let seeds = self.shared.seeds;
        let opened = self.found(slot, slice, |directory| {
            if let Some(opened) = Segment::open_cached(directory, identity, seeds, slice)? {
                return Ok(opened);
            }
            // Opened without holding the place: the disk may take its time.
            let (whose, lies_in) = (Arc::clone(identity), Arc::clone(directory));
            let open = move || Segment::open(&lies_in, &whose, seeds, slice);
            directory.wait_for("open a segment", open)?
        })?;
        let mut held = slot.segment.try_write_for(DEADLINE).ok_or(Fault::Disk)?;
        if is_there(&held) {
            return Ok(());
        }
        *held = Some(Box::new(opened));
        self.core.open_segments.opened(&self.shared, index, slot);
        Ok(())
    }
}

fn miss(fault: Fault) -> MissCause {
    match fault {
        Fault::Absent => MissCause::Cold,
        Fault::Gone => MissCause::Evicted,
        Fault::Corrupt => MissCause::Corrupt,
        Fault::Disk => MissCause::Disk,
    }
}
