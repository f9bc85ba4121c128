//! Locks between processes, that die with whoever holds them.
//!
//! Open-file-description locks on byte ranges of the file `locks`: two descriptors conflict even
//! within one process, and the kernel lets go when the descriptor is gone, however its process
//! ended. Nobody waits on another process longer than [`PATIENCE`].

use std::ops::Range;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use forebay_types::sync::thread;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use rustix::io::Errno;

/// The byte whose lock guards the ledger.
pub(crate) const LEDGER: u64 = 0;

/// The byte whose lock makes one process at a time sweep.
pub(crate) const SWEEP: u64 = 1;

/// The first of the bytes that living processes hold one each of.
const SLOTS: u64 = 16;

/// More processes than will ever share one directory.
const MOST_SLOTS: u64 = 4096;

/// The ledger is held for microseconds; whoever holds it longer is stopped or swapped out. A schedule that
/// lets only the waiting thread go on takes a million steps in such a time, which Shuttle takes for endless.
const PATIENCE: Duration =
    Duration::from_millis(if cfg!(feature = "schedules") { 10 } else { 200 });

/// A lock held on one byte, until dropped.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    file: &'a OwnedFd,
    byte: u64,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Fails only for a bad descriptor, and then nothing is held.
        let _ = set(self.file, libc::F_UNLCK, self.byte);
    }
}

/// Takes the lock on `byte` if nobody holds it.
pub(crate) fn try_hold(file: &OwnedFd, byte: u64) -> Result<Option<Held<'_>>, Errno> {
    Ok(set(file, libc::F_WRLCK, byte)?.then_some(Held { file, byte }))
}

/// Takes the lock on `byte`, waiting a bounded time.
pub(crate) fn hold(file: &OwnedFd, byte: u64) -> Result<Option<Held<'_>>, Errno> {
    let start = Instant::now();
    loop {
        if let Some(held) = try_hold(file, byte)? {
            return Ok(Some(held));
        }
        if start.elapsed() > PATIENCE {
            return Ok(None);
        }
        thread::sleep(Duration::from_micros(200));
    }
}

/// Takes a slot for as long as `file` is open; `None` where all are taken.
pub(crate) fn take_slot(file: &OwnedFd) -> Result<Option<u64>, Errno> {
    for byte in SLOTS..SLOTS + MOST_SLOTS {
        if set(file, libc::F_WRLCK, byte)? {
            return Ok(Some(byte));
        }
    }
    Ok(None)
}

/// How many slots others hold, seen from `file`.
pub(crate) fn slots_of_others(file: &OwnedFd) -> Result<u64, Errno> {
    let mut taken = 0;
    let mut from = SLOTS;
    while from < SLOTS + MOST_SLOTS
        && let Some(held) = holder(file, from..SLOTS + MOST_SLOTS)?
    {
        taken += 1;
        from = held.end.max(from + 1);
    }
    Ok(taken)
}

/// Takes the lock on all of `bytes` if nobody holds it on any.
pub(crate) fn try_range(file: &OwnedFd, bytes: Range<u64>) -> Result<bool, Errno> {
    set_range(file, libc::F_WRLCK, bytes)
}

/// Shares the lock on all of `bytes` with others who share it, unless somebody has it alone.
pub(crate) fn share_range(file: &OwnedFd, bytes: Range<u64>) -> Result<bool, Errno> {
    set_range(file, libc::F_RDLCK, bytes)
}

/// A range locked by somebody else that keeps us from `bytes`; `None` where none does any more.
pub(crate) fn holder(file: &OwnedFd, bytes: Range<u64>) -> Result<Option<Range<u64>>, Errno> {
    let mut lock = range(libc::F_WRLCK, bytes.start, bytes.end.saturating_sub(bytes.start));
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock)).map_err(errno)?;
    if i32::from(lock.l_type) == libc::F_UNLCK {
        return Ok(None);
    }
    let begin = u64::try_from(lock.l_start).unwrap_or(bytes.start);
    let length = u64::try_from(lock.l_len).unwrap_or(1).max(1);
    Ok(Some(begin..begin.saturating_add(length)))
}

/// Lets the lock on `bytes` go.
pub(crate) fn release(file: &OwnedFd, bytes: Range<u64>) {
    // Fails only for a bad descriptor, and then nothing is held.
    let _ = set_range(file, libc::F_UNLCK, bytes);
}

fn set(file: &OwnedFd, kind: i32, byte: u64) -> Result<bool, Errno> {
    set_range(file, kind, byte..byte + 1)
}

fn set_range(file: &OwnedFd, kind: i32, bytes: Range<u64>) -> Result<bool, Errno> {
    let lock = range(kind, bytes.start, bytes.end.saturating_sub(bytes.start));
    match fcntl(file, FcntlArg::F_OFD_SETLK(&lock)) {
        Ok(_) => Ok(true),
        Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EACCES) => Ok(false),
        Err(other) => Err(errno(other)),
    }
}

fn range(kind: i32, begin: u64, length: u64) -> libc::flock {
    libc::flock {
        l_type: i16::try_from(kind).unwrap_or_default(),
        l_whence: i16::try_from(libc::SEEK_SET).unwrap_or_default(),
        l_start: i64::try_from(begin).unwrap_or(i64::MAX),
        l_len: i64::try_from(length).unwrap_or(i64::MAX),
        l_pid: 0,
    }
}

fn errno(error: nix::errno::Errno) -> Errno {
    Errno::from_raw_os_error(error as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::path::Path;

    fn open(path: &Path) -> OwnedFd {
        File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .unwrap()
            .into()
    }

    #[test]
    fn two_descriptors_exclude_each_other_until_one_is_gone() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("locks");
        let (one, two) = (open(&path), open(&path));
        let held = try_hold(&one, LEDGER).unwrap().unwrap();
        assert!(try_hold(&two, LEDGER).unwrap().is_none());
        assert!(try_hold(&two, SWEEP).unwrap().is_some());
        drop(held);
        assert!(try_hold(&two, LEDGER).unwrap().is_some());
    }

    #[test]
    fn slots_are_counted_while_their_holders_live() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("locks");
        let (one, two, three) = (open(&path), open(&path), open(&path));
        assert_eq!(take_slot(&one).unwrap(), Some(SLOTS));
        assert_eq!(take_slot(&two).unwrap(), Some(SLOTS + 1));
        assert_eq!(slots_of_others(&three).unwrap(), 2);
        assert_eq!(slots_of_others(&one).unwrap(), 1);
        drop(one);
        assert_eq!(slots_of_others(&three).unwrap(), 1);
        assert_eq!(take_slot(&three).unwrap(), Some(SLOTS), "a free slot is taken again");
    }
}
