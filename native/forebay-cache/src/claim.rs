//! Which process fetches what: a hint from one process of the host to the others.
//!
//! Whoever is about to fetch a run of cells takes a lock on it, an open-file-description lock on a
//! range of the file `fetches`: where in it follows from the object's identity and the cells' numbers,
//! so no segment has to exist and nothing is written. The lock goes when the cells are written or
//! given up, or with its process. Whoever finds a run taken waits a bounded time and then finds the
//! cells in the cache, or fetches them too: two objects that share a place only wait for nothing.
//! It also leaves a mark that there is somebody who waits: a shared lock behind all runs, on the byte
//! of the moment, so that a mark that nobody takes back is soon none. Correctness never depends on any
//! of this.

use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use forebay_types::Identity;
use forebay_types::sync::Mutex;
use rustix::fs::OFlags;

use crate::directory::Directory;
use crate::ledger::FILE_MODE;
use crate::{CELL, lock};

/// Cells of one object that have places of their own: 32 GiB of it, then places repeat.
const CELLS: u64 = 1 << 22;

/// Places of objects: with [`CELLS`] they fill what a file's offsets allow.
const OBJECTS: u64 = 1 << 40;

/// The first byte of the marks.
const MARKS: u64 = CELLS * OBJECTS;

/// How long a mark says something, once and up to twice: tasks of a stage on one object take seconds.
const MOMENT: Duration = Duration::from_secs(4);

/// Moments that have a byte of their own, then they repeat: after an hour.
const MOMENTS: u64 = 1 << 10;

/// An answer to whoever is about to fetch.
#[derive(Debug)]
pub enum Claim {
    /// Nobody else fetches this; others see that we do until this is dropped.
    Ours(FetchClaim),
    /// Another process fetches some of it, as part of so many bytes.
    Theirs(u64),
    /// The directory gives no locks, so nobody knows.
    Unknown,
}

/// A run of cells that this process fetches.
#[derive(Debug)]
pub struct FetchClaim {
    file: Arc<OwnedFd>,
    run: Range<u64>,
}

impl Drop for FetchClaim {
    fn drop(&mut self) {
        lock::release(&self.file, self.run.clone());
    }
}

/// One directory's file of claims, opened when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    file: Mutex<Option<Arc<OwnedFd>>>,
    /// The moment this process has marked last.
    marked: Mutex<Option<u64>>,
}

impl Claims {
    /// Claims the cells of `range` of an object.
    pub(crate) fn claim(
        &self,
        directory: &Arc<Directory>,
        identity: &Identity,
        range: Range<u64>,
    ) -> Claim {
        let Some(file) = self.file(directory) else { return Claim::Unknown };
        let hash = xxhash_rust::xxh3::xxh3_64(&identity.hash().to_le_bytes());
        let begin = hash % OBJECTS * CELLS + range.start / CELL % CELLS;
        let run = begin..begin + (range.end.div_ceil(CELL) - range.start / CELL).min(CELLS);
        match lock::try_range(&file, run.clone()) {
            Ok(true) => Claim::Ours(FetchClaim { file, run }),
            Ok(false) => match lock::holder(&file, run.clone()) {
                Ok(held) => {
                    self.mark(&file);
                    Claim::Theirs(held.map_or(0, |held| (held.end - held.start) * CELL))
                }
                Err(_) => Claim::Unknown,
            },
            Err(_) => Claim::Unknown,
        }
    }

    /// Whether, a moment ago, this process waited for another's fetch or another waited for one.
    pub(crate) fn is_waited_for(&self) -> bool {
        let Some(file) = self.file.lock().clone() else { return false };
        let marked = *self.marked.lock();
        let now = moment();
        [now, now.saturating_sub(1)].into_iter().any(|moment| {
            marked == Some(moment)
                || lock::holder(&file, mark_of(moment)).is_ok_and(|held| held.is_some())
        })
    }

    fn mark(&self, file: &OwnedFd) {
        let now = moment();
        let mut marked = self.marked.lock();
        if *marked != Some(now) {
            if let Some(before) = marked.replace(now) {
                lock::release(file, mark_of(before));
            }
            // Without a mark the others only don't know.
            let _ = lock::share_range(file, mark_of(now));
        }
    }

    /// The file, opened anew where it was deleted.
    fn file(&self, directory: &Arc<Directory>) -> Option<Arc<OwnedFd>> {
        if directory.is_down() || directory.is_overdue() {
            return None;
        }
        let mut held = self.file.lock();
        let linked = |file: &Arc<OwnedFd>| rustix::fs::fstat(file).is_ok_and(|s| s.st_nlink > 0);
        if !held.as_ref().is_some_and(linked) {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            let lies_in = Arc::clone(directory);
            let open = move || lies_in.open(c"fetches", flags, FILE_MODE);
            *held = directory.wait_for("open the file of claims", open).ok()?.ok().map(Arc::new);
        }
        held.clone()
    }
}

fn moment() -> u64 {
    // Before 1970 all is one moment.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / MOMENT.as_secs()
}

fn mark_of(moment: u64) -> Range<u64> {
    let byte = MARKS + moment % MOMENTS;
    byte..byte + 1
}
