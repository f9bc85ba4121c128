//! Making room: counting what is there, and removing whole segments, the least useful first.
//!
//! Two classes, in the manner of S3-FIFO: segments touched *once* (a scan's) go before segments
//! touched *again*, but only as long as they are more than a tenth of what stays; so a scan cannot
//! push out what is used, and what was used long ago does not stay for ever. Within a class the
//! oldest go first.
//!
//! A file is truncated, unlinked, and truncated once more. Processes that have it open then hold no
//! space with it; killed in between, we leave an empty file, which is a miss; and the second
//! truncation takes what a writer put in between. Files are never punched and never used again.

use std::collections::BinaryHeap;
use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::fs::{Dir, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::directory::{Directory, status_at};
use crate::ledger::{Ledger, Mark};
use crate::recency::Recency;
use crate::{disk, header, metrics};

/// Room is made for a twentieth of the budget at once, so that counting is rare: at 100,000 segments
/// it takes some tenths of a second.
const SPARE: u64 = 20;

/// The share that segments touched once may keep while others are touched again: S3-FIFO's tenth.
const ONCE_SHARE: u64 = 10;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Bytes that were freed.
    pub(crate) freed: u64,
    /// Bytes that the directory's files take now, at most.
    pub(crate) left: u64,
}

/// A segment that may go. Ordered so that a heap's greatest is the one to keep.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    recency: Recency,
    blocks: u64,
    shelf: [u8; 2],
    name: CString,
}

/// The oldest of one class: enough to free what is needed, and no more, so that memory does not
/// grow with the directory.
#[derive(Debug, Default)]
struct Oldest {
    heap: BinaryHeap<Candidate>,
    held: u64,
    total: u64,
}

impl Oldest {
    fn offer(&mut self, candidate: Candidate, need: u64) {
        self.total += candidate.blocks;
        self.held += candidate.blocks;
        self.heap.push(candidate);
        while let Some(newest) = self.heap.peek()
            && self.held - newest.blocks >= need
        {
            self.held -= newest.blocks;
            self.heap.pop();
        }
    }
}

/// Counts `directory` and makes room in it, unless another process is at it (`None`): to the
/// low-water mark, and by `more` bytes beyond what is there now if that is less.
pub(crate) fn sweep(
    directory: &Directory,
    ledger: &mut Ledger,
    more: u64,
) -> Result<Option<Swept>, Errno> {
    let swept = ledger.sweeping(|ledger| {
        let Some(mark) = ledger.mark()? else { return Ok(None) };
        metrics::SWEEPS.add(1);
        let swept = make_room(directory, &mark, more)?;
        ledger.settle(mark, swept.left)?;
        Ok(Some(swept))
    })?;
    Ok(swept.flatten())
}

fn make_room(directory: &Directory, mark: &Mark, more: u64) -> Result<Swept, Errno> {
    let budget = mark.record.budget;
    let goal = budget.saturating_sub(budget / SPARE).saturating_sub(mark.outstanding);
    // `used` bounds what is there from above, so this bounds what may have to go.
    let need = mark.record.used.saturating_sub(goal).max(more);
    let root = directory.root();
    let (mut once, mut again) = (Oldest::default(), Oldest::default());
    let mut sum = 0;
    visit(&root, &mut |shelf, name, status| {
        let bytes = u64::try_from(status.st_blocks).unwrap_or(0).saturating_mul(512);
        sum += bytes;
        let (Some(shelf), true) = (shelf, header::is_segment(name.to_bytes())) else { return };
        let recency = Recency::of(status);
        let class = match recency {
            Recency::Once(_) => &mut once,
            Recency::Again(_) => &mut again,
        };
        // An empty file costs nothing but its name; it goes as if it took a block.
        let blocks = bytes.max(512);
        class.offer(Candidate { recency, blocks, shelf, name: name.to_owned() }, need);
    })?;
    let goal = goal.min(sum.saturating_sub(more));
    let mut swept = Swept { freed: 0, left: sum };
    for candidate in order(once, again, sum.saturating_sub(goal), goal) {
        if swept.left <= goal {
            break;
        }
        if remove(&root, candidate.shelf, &candidate.name).is_ok() {
            swept.freed += candidate.blocks;
            swept.left = swept.left.saturating_sub(candidate.blocks);
            metrics::EVICTED_SEGMENTS.add(1);
            metrics::EVICTED_BYTES.add(candidate.blocks);
        }
    }
    Ok(swept)
}

/// Who goes, in order, until `need` bytes are free and `goal` stay.
fn order(once: Oldest, again: Oldest, need: u64, goal: u64) -> impl Iterator<Item = Candidate> {
    let spare = once.total.saturating_sub(goal / ONCE_SHARE);
    let mut once = once.heap.into_sorted_vec().into_iter().peekable();
    let mut again = again.heap.into_sorted_vec().into_iter().peekable();
    let mut taken = 0;
    let spare = if again.peek().is_some() { spare } else { need };
    std::iter::from_fn(move || {
        let next = if taken < spare { once.next() } else { None };
        let next = next.or_else(|| again.next()).or_else(|| once.next())?;
        taken += next.blocks;
        Some(next)
    })
}

/// Shows every file and directory below `root`, with the shelf of those that lie in one.
pub(crate) fn visit(
    root: &OwnedFd,
    show: &mut impl FnMut(Option<[u8; 2]>, &CStr, &Stat),
) -> Result<(), Errno> {
    each(root, |upper, status| {
        show(None, upper, status);
        let Some(first) = digit(upper, status) else { return Ok(()) };
        let Ok(upper) = open_directory(root, upper) else { return Ok(()) };
        each(&upper, |lower, status| {
            show(None, lower, status);
            let Some(second) = digit(lower, status) else { return Ok(()) };
            let Ok(lower) = open_directory(&upper, lower) else { return Ok(()) };
            each(&lower, |name, status| {
                show(Some([first, second]), name, status);
                Ok(())
            })
        })
    })
}

fn each(
    directory: &OwnedFd,
    mut show: impl FnMut(&CStr, &Stat) -> Result<(), Errno>,
) -> Result<(), Errno> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        match status_at(directory, name) {
            Ok(status) => show(name, &status)?,
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn digit(name: &CStr, status: &Stat) -> Option<u8> {
    let is_directory = rustix::fs::FileType::from_raw_mode(status.st_mode).is_dir();
    match name.to_bytes() {
        [digit] if is_directory && digit.is_ascii_hexdigit() => Some(*digit),
        _ => None,
    }
}

fn open_directory(parent: &OwnedFd, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

/// Removes the file `name` of a shelf, as [`remove_in`] does.
pub(crate) fn remove(root: &OwnedFd, [first, second]: [u8; 2], name: &CStr) -> Result<(), Errno> {
    let upper = open_directory(root, &CString::new([first]).unwrap_or_default())?;
    let shelf = open_directory(&upper, &CString::new([second]).unwrap_or_default())?;
    remove_in(&shelf, name)
}

/// Removes one file, and its space even where others have it open.
pub(crate) fn remove_in(shelf: &OwnedFd, name: &CStr) -> Result<(), Errno> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = disk::open(shelf, name, flags, Mode::empty());
    if let Ok(file) = &file {
        let _ = disk::truncate(file, 0);
    }
    disk::unlink(shelf, name)?;
    if let Ok(file) = &file {
        let _ = disk::truncate(file, 0);
    }
    Ok(())
}

/// Removes every segment of a location, of any version and format: how many.
pub(crate) fn purge(directory: &Directory, location: u128) -> Result<usize, Errno> {
    let shelf = CString::new(header::shelf(location)).unwrap_or_default();
    let shelf = match open_directory(&directory.root(), &shelf) {
        Ok(shelf) => shelf,
        Err(Errno::NOENT) => return Ok(0),
        Err(error) => return Err(error),
    };
    let prefix = header::prefix(location);
    let mut purged = 0;
    each(&shelf, |name, _| {
        let bytes = name.to_bytes();
        if bytes.starts_with(prefix.as_bytes()) && header::is_segment(bytes) {
            remove_in(&shelf, name)?;
            purged += 1;
        }
        Ok(())
    })?;
    Ok(purged)
}
