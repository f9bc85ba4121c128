//! The file beside the ledger that says what the directory was good for.

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::{CREATE, FILE_MODE, Ledger};
use crate::statistics::KINDS;
use crate::{disk, sealed};

const MAGIC: [u8; 8] = *b"FBSTATS\x01";

const NAME: &std::ffi::CStr = c"statistics";

impl Ledger {
    /// Adds `more` to what the file says; false where another process held the lock too long.
    pub(crate) fn add_up(&mut self, more: [u64; KINDS]) -> Result<bool, Errno> {
        Ok(self.locked(|this, _| this.add_up_locked(more))?.is_some())
    }

    /// The same, by who holds the lock.
    pub(super) fn add_up_locked(&self, more: [u64; KINDS]) -> Result<(), Errno> {
        let mut sums = self.statistics()?.unwrap_or_default();
        for (sum, more) in sums.iter_mut().zip(more) {
            *sum = sum.saturating_add(more);
        }
        let file = self.directory.open(NAME, CREATE, FILE_MODE)?;
        disk::write(&file, &sealed::seal(MAGIC, &sums), 0)?;
        Ok(())
    }

    /// What the file says; `None` where there is none, or it is damaged.
    pub(crate) fn statistics(&self) -> Result<Option<[u64; KINDS]>, Errno> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = match self.directory.open(NAME, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = [0; sealed::length(KINDS)];
        let read = rustix::io::pread(&file, &mut bytes, 0)?;
        Ok(sealed::open(MAGIC, &bytes[..read]))
    }
}
