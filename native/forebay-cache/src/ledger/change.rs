//! Looking at the budget, and changing it while processes use the directory.
//!
//! Every process reads the ledger at every grant, so a new budget holds from its next one on. The
//! chunk is what needs care: processes keep the chunk they first read, and a sweep reckons with one
//! per living process. So a change never makes it smaller, and refuses a budget in which the chunks
//! of those who live would leave no room for anything else.

use rustix::io::Errno;

use super::{Ledger, RECORD, Record};
use crate::lock;

/// A budget must hold this many times what processes may be writing unseen, or sweeps would throw
/// away most of the cache to make room for it.
const ROOM: u64 = 4;

/// What came of changing the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is the new one.
    Done {
        /// What it was.
        before: u64,
    },
    /// It would be too small; this is the smallest that would do now.
    TooSmall {
        /// In bytes.
        least: u64,
    },
    /// Another process held the ledger too long.
    Busy,
}

impl Ledger {
    /// What the ledger says, without making one. `None` where there is none, or it is damaged.
    pub(crate) fn peek(&self) -> Result<Option<Record>, Errno> {
        let flags =
            rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC | rustix::fs::OFlags::NOFOLLOW;
        let file = match self.directory.open(c"ledger", flags, rustix::fs::Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = [0; RECORD];
        let read = rustix::io::pread(&file, &mut bytes, 0)?;
        Ok(Record::decode(&bytes[..read]))
    }

    /// How many processes have written to the directory and live.
    pub(crate) fn living(&mut self) -> Result<u64, Errno> {
        let locks = self.locks()?;
        Ok(lock::slots_of_others(&locks)? + u64::from(self.slot.is_some()))
    }

    /// Gives the directory another budget.
    pub(crate) fn change(&mut self, budget: u64, block: u64) -> Result<Change, Errno> {
        let change = self.locked(|this, locks| {
            let mut record = this.load()?;
            let live = lock::slots_of_others(locks)? + u64::from(this.slot.is_some());
            let chunk = record.chunk.max(Record::new(budget, block).chunk);
            let least = (live + 1).saturating_mul(chunk).saturating_mul(ROOM);
            if budget < least {
                return Ok(Change::TooSmall { least });
            }
            let before = record.budget;
            record.budget = budget;
            record.chunk = chunk;
            this.store(record)?;
            Ok(Change::Done { before })
        })?;
        Ok(change.unwrap_or(Change::Busy))
    }
}
