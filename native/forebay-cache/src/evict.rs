//! Making room: counting what is there, and removing whole segments, the least useful first, as
//! `ranking` orders them.
//!
//! A file is truncated, unlinked, and truncated once more. Processes that have it open then hold no
//! space with it; killed in between, we leave an empty file, which is a miss; and the second
//! truncation takes what a writer put in between. Files are never punched and never used again.

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::fs::{Dir, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::directory::{Directory, status_at};
use crate::ledger::{Ledger, Mark};
use crate::recency::Recency;
use crate::statistics::Counted;
use crate::{disk, header, metrics, recency};

pub(crate) mod ranking;

use ranking::{Candidate, Ranking};

/// Room is made for a twentieth of the budget at once, so that counting is rare: at 100,000 segments
/// it takes some tenths of a second.
const SPARE: u64 = 20;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Bytes that were freed.
    pub(crate) freed: u64,
    /// Bytes that the directory's files take now, at most.
    pub(crate) left: u64,
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
    let mut ranking = Ranking::new(need);
    let mut sum = 0;
    visit(&root, &mut |shelf, name, status| {
        let bytes = u64::try_from(status.st_blocks).unwrap_or(0).saturating_mul(512);
        sum += bytes;
        let (Some(shelf), true) = (shelf, header::is_segment(name.to_bytes())) else { return };
        let recency = Recency::of(status);
        // An empty file costs nothing but its name; it goes as if it took a block.
        let blocks = bytes.max(512);
        ranking.offer(Candidate { recency, blocks, shelf, name: name.to_owned() });
    })?;
    if let Some(oldest) = ranking.oldest_once() {
        directory.measure().turns_over(oldest, recency::now());
    }
    let goal = goal.min(sum.saturating_sub(more));
    let mut swept = Swept { freed: 0, left: sum };
    for candidate in ranking.order(sum.saturating_sub(goal), goal) {
        if swept.left <= goal {
            break;
        }
        if remove(&root, candidate.shelf, &candidate.name).is_ok() {
            swept.freed += candidate.blocks;
            swept.left = swept.left.saturating_sub(candidate.blocks);
            metrics::EVICTED_SEGMENTS.add(1);
            metrics::EVICTED_BYTES.add(candidate.blocks);
            directory.tally().add(Counted::Evicted, candidate.blocks);
        }
    }
    Ok(swept)
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

/// Shows every file of one directory.
pub(crate) fn each(
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

/// Opens a directory, and no link to one.
pub(crate) fn open_directory(parent: &OwnedFd, name: &CStr) -> Result<OwnedFd, Errno> {
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
