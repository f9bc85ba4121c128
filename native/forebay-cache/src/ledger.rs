//! The bound: what all processes together may have on disk.
//!
//! One file, `ledger`, holds {budget, chunk, used, granted}. `used` is an upper bound of what the
//! directory's files take, `granted` only grows. Before a process writes it adds at most a chunk to
//! both; what it does not write, it keeps or loses, but never gives back. So at any time the files
//! take at most `used`, whoever was killed wherever.
//!
//! Who is refused *sweeps* (one process at a time): notes how many processes live and what is
//! granted (g0), makes room, sums what is left, and sets
//! `used = sum + (live + 1) x chunk + (granted - g0)`. Each living process may still be writing one
//! chunk that the sum missed; whatever was granted later is counted in full; dead processes drop
//! out, since what they wrote is in the sum and what they did not write never will be.
//!
//! The ledger is opened by name under its lock, so a user may delete it: the next process makes a
//! new one, full until the first sweep has counted. That, and a ledger that fails its own check, is
//! a new *epoch*; a sweep of an older one is void.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::SystemTime;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::directory::Directory;
use crate::statistics::KINDS;
use crate::{disk, lock, place, sealed};

mod change;
mod statistics;

pub(crate) use change::Change;

/// A process can hold a whole piece of a fill: 8 MiB, and what comes on top of it.
const MOST_CHUNK: u64 = (8 << 20) + (64 << 10);

/// Blocks in the smallest chunk: a new segment and one cell must fit.
const LEAST_CHUNK_BLOCKS: u64 = 32;

const MAGIC: [u8; 8] = *b"FBLEDGR\x01";

const RECORD: usize = sealed::length(5);

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// Bytes that all files together may take.
    pub(crate) budget: u64,
    /// Bytes a process is granted at a time, at most.
    pub(crate) chunk: u64,
    /// An upper bound of what they take.
    pub(crate) used: u64,
    /// The sum of all grants.
    pub(crate) granted: u64,
    /// Which ledger this is.
    pub(crate) epoch: u64,
}

impl Record {
    fn new(budget: u64, block: u64) -> Record {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let epoch = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        let chunk = (budget / 1024).clamp(LEAST_CHUNK_BLOCKS * block, MOST_CHUNK.max(64 * block));
        Record { budget, chunk, used: budget, granted: 0, epoch }
    }

    pub(crate) fn encode(self) -> Vec<u8> {
        sealed::seal(MAGIC, &[self.budget, self.chunk, self.used, self.granted, self.epoch])
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Record> {
        let [budget, chunk, used, granted, epoch] = sealed::open(MAGIC, bytes)?;
        Some(Record { budget, chunk, used, granted, epoch })
    }
}

/// What came of asking for a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grant {
    /// The bytes may be written.
    Given,
    /// The budget is used up as far as is known.
    Full,
    /// Another process held the ledger too long.
    Busy,
}

/// Where a sweep stands: what it noted before it began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) record: Record,
    /// What living processes may still be writing, and one chunk besides.
    pub(crate) outstanding: u64,
}

/// This process's access to one directory's ledger.
#[derive(Debug)]
pub(crate) struct Ledger {
    directory: Arc<Directory>,
    wanted: Option<u64>,
    locks: Option<Arc<OwnedFd>>,
    slot: Option<u64>,
}

impl Ledger {
    /// Nothing is opened before it is needed. `wanted` is the budget the directory's creator gives
    /// it; `None` for the rule of the default.
    pub(crate) fn new(directory: Arc<Directory>, wanted: Option<u64>) -> Ledger {
        Ledger { directory, wanted, locks: None, slot: None }
    }

    /// What the ledger says, making it where it is not there. `None` where another process held it.
    pub(crate) fn look(&mut self) -> Result<Option<Record>, Errno> {
        self.locked(|this, _| this.load())
    }

    /// Asks for leave to write `amount` bytes.
    pub(crate) fn grant(&mut self, amount: u64) -> Result<Grant, Errno> {
        let grant = self.locked(|this, locks| {
            if this.slot.is_none() {
                this.slot = lock::take_slot(locks)?;
                if this.slot.is_none() {
                    return Ok(Grant::Busy);
                }
            }
            let mut record = this.load()?;
            let used = record.used.saturating_add(amount);
            if used > record.budget {
                return Ok(Grant::Full);
            }
            record.used = used;
            record.granted = record.granted.saturating_add(amount);
            this.store(record)?;
            Ok(Grant::Given)
        })?;
        Ok(grant.unwrap_or(Grant::Busy))
    }

    /// Notes where a sweep begins.
    pub(crate) fn mark(&mut self) -> Result<Option<Mark>, Errno> {
        self.locked(|this, locks| {
            let record = this.load()?;
            let live = lock::slots_of_others(locks)? + u64::from(this.slot.is_some());
            Ok(Mark { record, outstanding: (live + 1).saturating_mul(record.chunk) })
        })
    }

    /// Ends a sweep that began at `mark` and found `sum` bytes.
    pub(crate) fn settle(&mut self, mark: Mark, sum: u64) -> Result<(), Errno> {
        self.locked(|this, _| {
            let mut record = this.load()?;
            if record.epoch != mark.record.epoch {
                return Ok(());
            }
            let since = record.granted.saturating_sub(mark.record.granted);
            record.used = sum.saturating_add(mark.outstanding).saturating_add(since);
            this.store(record)
        })?;
        Ok(())
    }

    /// Runs `work` while no other process sweeps; `None` where one does.
    pub(crate) fn sweeping<R>(
        &mut self,
        work: impl FnOnce(&mut Ledger) -> Result<R, Errno>,
    ) -> Result<Option<R>, Errno> {
        let locks = self.locks()?;
        match lock::try_hold(&locks, lock::SWEEP)? {
            Some(_held) => work(self).map(Some),
            None => Ok(None),
        }
    }

    fn locked<R>(
        &mut self,
        work: impl FnOnce(&mut Ledger, &OwnedFd) -> Result<R, Errno>,
    ) -> Result<Option<R>, Errno> {
        let locks = self.locks()?;
        match lock::hold(&locks, lock::LEDGER)? {
            Some(_held) => work(self, &locks).map(Some),
            None => Ok(None),
        }
    }

    /// The file of locks, opened anew where it was deleted.
    fn locks(&mut self) -> Result<Arc<OwnedFd>, Errno> {
        let linked = |file: &OwnedFd| rustix::fs::fstat(file).is_ok_and(|s| s.st_nlink > 0);
        if let Some(locks) = self.locks.as_ref().filter(|locks| linked(locks)) {
            return Ok(Arc::clone(locks));
        }
        let locks = Arc::new(self.directory.open(c"locks", CREATE, FILE_MODE)?);
        self.slot = None;
        self.locks = Some(Arc::clone(&locks));
        Ok(locks)
    }

    fn load(&self) -> Result<Record, Errno> {
        let file = self.directory.open(c"ledger", CREATE, FILE_MODE)?;
        let mut bytes = [0; RECORD];
        let read = rustix::io::pread(&file, &mut bytes, 0)?;
        if let Some(record) = Record::decode(&bytes[..read]) {
            return Ok(record);
        }
        let space = self.directory.space()?;
        let budget = self.wanted.unwrap_or_else(|| place::default_budget(space));
        let record = Record::new(budget, space.block);
        write_record(&file, record)?;
        // Made now, it is among the files that the first sweep counts.
        self.add_up_locked([0; KINDS])?;
        Ok(record)
    }

    fn store(&self, record: Record) -> Result<(), Errno> {
        write_record(&self.directory.open(c"ledger", CREATE, FILE_MODE)?, record)
    }
}

fn write_record(file: &OwnedFd, record: Record) -> Result<(), Errno> {
    let bytes = record.encode();
    match disk::write(file, &bytes, 0)? {
        RECORD => Ok(()),
        _ => Err(Errno::NOSPC),
    }
}

const CREATE: OFlags =
    OFlags::RDWR.union(OFlags::CREATE).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// Files are ours alone.
pub(crate) const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

#[cfg(test)]
mod tests;
