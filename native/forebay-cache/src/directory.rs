//! One cache directory: may it be used, and all access to what is in it.
//!
//! A configured place is a *parent*; in it lies `forebay-<uid>`, ours alone. Everything inside is
//! reached relative to that directory's descriptor, never by path again, so that nobody who can
//! rename things above it can lead us elsewhere. The parent must not be writable for all, unless
//! it is sticky and ours, since whoever may rename there may swap directories under later processes.
//!
//! A file system that holds pages in memory or behind a network gains nothing as a cache and hangs
//! in ways a disk does not: it is refused by name.

use std::ffi::{CStr, CString};
use std::fmt;
use std::io::IoSliceMut;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_types::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use forebay_types::sync::{Mutex, RwLock};
use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use rustix::io::{Errno, ReadWriteFlags};

use crate::health::{Health, Leave};
use crate::ledger::FILE_MODE;
use crate::pool::{Late, Pool};
use crate::recency::{self, Measure};
use crate::segment::Fault;
use crate::statistics::{Counted, Tally};
use crate::{disk, metrics};

/// Why a directory is not used, in words for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    path: PathBuf,
    reason: String,
}

impl Refusal {
    pub(crate) fn new(path: &Path, reason: impl Into<String>) -> Refusal {
        Refusal { path: path.to_owned(), reason: reason.into() }
    }

    /// The directory that was refused; empty where none was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why, without the path.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.as_os_str().is_empty() {
            return f.write_str(&self.reason);
        }
        write!(f, "cache directory {}: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for Refusal {}

/// A directory in use.
#[derive(Debug)]
pub(crate) struct Directory {
    parent: PathBuf,
    path: PathBuf,
    root: RwLock<Arc<OwnedFd>>,
    health: Health,
    pool: Arc<Pool>,
    measure: Arc<Measure>,
    /// Until when nothing is written for want of room.
    full_until: Mutex<Option<Instant>>,
    is_full: AtomicBool,
    /// How often it was found full.
    fullness: AtomicU32,
    tally: Arc<Tally>,
}

/// Bytes of the file system a directory lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space {
    /// All of them.
    pub(crate) total: u64,
    /// Those a process of ours may still use.
    pub(crate) free: u64,
    /// Those one block has: files grow by whole blocks.
    pub(crate) block: u64,
}

impl Directory {
    /// Opens, and creates where needed, our directory in `parent`.
    pub(crate) fn open_in(parent: &Path) -> Result<Directory, Refusal> {
        let uid = rustix::process::geteuid().as_raw();
        let path = parent.join(format!("forebay-{uid}"));
        let root = open_root(parent, &path)?;
        let root = RwLock::new(Arc::new(root));
        Ok(Directory {
            parent: parent.to_owned(),
            path,
            root,
            health: Health::default(),
            pool: Arc::default(),
            measure: Arc::new(Measure::new(recency::now())),
            full_until: Mutex::new(None),
            is_full: AtomicBool::new(false),
            fullness: AtomicU32::new(0),
            tally: Arc::default(),
        })
    }

    /// Where it is, for messages and for telling directories apart.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What this process does with it.
    pub(crate) fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// The descriptor everything inside is reached from.
    pub(crate) fn root(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.root.read())
    }

    /// What uses of its segments are measured by.
    pub(crate) fn measure(&self) -> &Arc<Measure> {
        &self.measure
    }

    /// Opens a file inside.
    pub(crate) fn open(&self, name: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        disk::open(&self.root(), name, flags, mode)
    }

    /// The same for a file that exists, if the kernel can do so from memory: else `AGAIN`.
    pub(crate) fn open_cached(&self, name: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
        disk::open_cached(&self.root(), name, flags)
    }

    /// Creates the two directories above a segment's file.
    pub(crate) fn make_shelf(&self, shelf: &str) -> Result<(), Errno> {
        let root = self.root();
        let upper = shelf.split('/').next().unwrap_or(shelf);
        for path in [upper, shelf] {
            match disk::make_directory(&root, path) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What the file system has to give.
    pub(crate) fn space(&self) -> Result<Space, Errno> {
        let vfs = rustix::fs::fstatvfs(&*self.root())?;
        let block = vfs.f_frsize.max(4096);
        Ok(Space {
            total: vfs.f_blocks.saturating_mul(vfs.f_frsize),
            free: vfs.f_bavail.saturating_mul(vfs.f_frsize),
            block,
        })
    }

    /// Whether an operation may go ahead now. Of a directory that is down, one caller finds out now and
    /// then: it may have been removed, or mounted again.
    pub(crate) fn may_use(&self) -> bool {
        self.may_use_at(Instant::now)
    }

    fn may_use_at(&self, now: impl FnOnce() -> Instant) -> bool {
        match self.health.leave(now) {
            Leave::Up => true,
            Leave::Down => false,
            Leave::Probe => match self.found_anew() {
                Some(root) => {
                    *self.root.write() = Arc::new(root);
                    self.worked();
                    true
                }
                None => false,
            },
        }
    }

    /// Opens the directory by its path and tries it out, in time.
    fn found_anew(&self) -> Option<OwnedFd> {
        let (parent, path) = (self.parent.clone(), self.path.clone());
        let find = move || {
            let root = open_root(&parent, &path).ok()?;
            try_out(&root).ok().map(|()| root)
        };
        self.pool.run(find).ok().flatten()
    }

    /// Runs `work`, which may have to wait for the disk, no longer than the deadline.
    pub(crate) fn wait_for<R: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Fault> {
        self.pool.run(work).map_err(|late| match late {
            Late::Overdue => {
                metrics::DISK_OVERDUE.add(1);
                self.fault(doing, Errno::TIMEDOUT)
            }
            Late::Refused => Fault::Disk,
        })
    }

    /// Has `work`, which nobody waits for, done some time, or never.
    pub(crate) fn later(&self, work: impl FnOnce() + Send + 'static) {
        self.pool.later(work);
    }

    /// Whether the disk owes an answer, so that only what the kernel has in memory can be had.
    pub(crate) fn is_overdue(&self) -> bool {
        self.pool.is_overdue()
    }

    /// Whether the directory is left alone at the moment.
    pub(crate) fn is_down(&self) -> bool {
        self.health.is_down()
    }

    /// There is no room, and making some did not help: nothing is written for `rest`.
    pub(crate) fn is_full_for(&self, rest: Duration) {
        *self.full_until.lock() = Some(Instant::now() + rest);
        self.fullness.fetch_add(1, Ordering::Relaxed);
        self.is_full.store(true, Ordering::Relaxed);
    }

    /// A number of the time during which nothing is written, while it lasts: what is not there now won't
    /// be before its end.
    pub(crate) fn fullness(&self) -> Option<u32> {
        self.is_full().then(|| self.fullness.load(Ordering::Relaxed))
    }

    /// Whether it is not worth trying to write.
    pub(crate) fn is_full(&self) -> bool {
        if !self.is_full.load(Ordering::Relaxed) {
            return false;
        }
        let full = self.full_until.lock().is_some_and(|until| Instant::now() < until);
        self.is_full.store(full, Ordering::Relaxed);
        full
    }

    /// Something was read or written in full.
    pub(crate) fn worked(&self) {
        if self.health.is_down() {
            self.health.recovered();
            tracing::info!(directory = %self.path.display(), "the cache directory is back in use");
        }
    }

    /// Counts an error. What is the process's own fault, or a full disk's, says nothing about the
    /// disk's health.
    pub(crate) fn fault(&self, doing: &'static str, error: Errno) -> Fault {
        metrics::DISK_ERRORS.add(1);
        self.tally.add(Counted::Errors, 1);
        let sick = !matches!(
            error,
            Errno::NOSPC | Errno::DQUOT | Errno::MFILE | Errno::NFILE | Errno::NOMEM
        );
        if sick && self.health.failed(Instant::now()) {
            metrics::DISK_DOWN.add(1);
            tracing::warn!(
                directory = %self.path.display(), doing, %error,
                "the cache directory is left alone for a while after repeated errors"
            );
        }
        Fault::Disk
    }
}

/// Writes a file, reads it, and removes it. A full disk is not a sick one.
fn try_out(root: &OwnedFd) -> Result<(), Errno> {
    let name = CString::new(format!("probe-{}", std::process::id())).unwrap_or_default();
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let tried = disk::open(root, &name, flags, FILE_MODE).and_then(|file| {
        disk::write(&file, b"probe", 0)?;
        let mut held = [0; 5];
        let mut pieces = [IoSliceMut::new(&mut held)];
        disk::read(&file, &mut pieces, 0, ReadWriteFlags::empty())?;
        Ok(held == *b"probe")
    });
    let removed = disk::unlink(root, &name);
    match tried {
        Ok(true) => removed,
        Ok(false) => Err(Errno::IO),
        Err(Errno::NOSPC | Errno::DQUOT) => Ok(()),
        Err(error) => Err(error),
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.pool.close();
    }
}

fn open_root(parent: &Path, path: &Path) -> Result<OwnedFd, Refusal> {
    let refuse = |reason: String| Refusal::new(path, reason);
    if let Err(error) = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent) {
        return Err(Refusal::new(parent, format!("cannot be created ({error}); {}", owning())));
    }
    let above = rustix::fs::open(parent, DIRECTORY, Mode::empty()).map_err(|error| {
        Refusal::new(parent, format!("cannot be opened ({error}); {}", owning()))
    })?;
    let status = rustix::fs::fstat(&above)
        .map_err(|error| Refusal::new(parent, format!("cannot be examined ({error})")))?;
    if let Some(reason) = unsafe_parent(&status) {
        return Err(Refusal::new(parent, reason));
    }
    let kind = rustix::fs::fstatfs(&above)
        .map_err(|error| Refusal::new(parent, format!("cannot be examined ({error})")))?;
    if let Some(kind) = unfit_file_system(i128::from(kind.f_type)) {
        return Err(Refusal::new(
            parent,
            format!("lies on {kind}, which cannot serve as a disk cache; name a local disk"),
        ));
    }
    let name = path.file_name().unwrap_or_default();
    let made = rustix::fs::mkdirat(&above, name, Mode::RWXU);
    if let Err(error) = made
        && error != Errno::EXIST
    {
        return Err(refuse(format!("cannot be created ({error}); {}", owning())));
    }
    let flags = DIRECTORY.union(OFlags::NOFOLLOW);
    let root = rustix::fs::openat(&above, name, flags, Mode::empty()).map_err(|error| {
        refuse(match error {
            Errno::LOOP | Errno::NOTDIR => "is not a directory; remove it".to_owned(),
            other => format!("cannot be opened ({other}); {}", owning()),
        })
    })?;
    if made.is_ok() {
        // Whatever the umask took away.
        let _ = rustix::fs::fchmod(&root, Mode::RWXU);
    }
    let status = rustix::fs::fstat(&root)
        .map_err(|error| refuse(format!("cannot be examined ({error})")))?;
    match not_ours(&status) {
        None => Ok(root),
        Some(reason) => Err(refuse(reason)),
    }
}

fn owning() -> String {
    let uid = rustix::process::geteuid().as_raw();
    format!("name a local directory that user {uid} owns, mode 0700")
}

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Why no cache may lie in a directory with this status.
pub(crate) fn unsafe_parent(status: &Stat) -> Option<String> {
    let open_to_all = status.st_mode & 0o002 != 0;
    let sticky = status.st_mode & 0o1000 != 0;
    let ours = status.st_uid == rustix::process::geteuid().as_raw();
    (open_to_all && !(sticky && ours)).then(|| {
        "is writable for everyone; name a directory of your own inside it, mode 0700".to_owned()
    })
}

fn not_ours(status: &Stat) -> Option<String> {
    let uid = rustix::process::geteuid().as_raw();
    if status.st_uid != uid {
        return Some(format!("belongs to user {}, not {uid}; remove it", status.st_uid));
    }
    let mode = status.st_mode & 0o7777;
    (mode & 0o777 != 0o700)
        .then(|| format!("has mode {mode:04o}; run chmod 0700 on it, or remove it"))
}

/// The name of a kind of file system that no cache may lie on, by its magic number.
pub(crate) fn unfit_file_system(magic: i128) -> Option<&'static str> {
    match magic & 0xffff_ffff {
        0x0102_1994 => Some("tmpfs"),
        0x8584_58f6 => Some("ramfs"),
        0x6969 => Some("NFS"),
        0x6573_5546 => Some("FUSE"),
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => Some("SMB"),
        0x0102_1997 => Some("9P"),
        0x00c3_6400 => Some("Ceph"),
        0x0bd0_0bd0 => Some("Lustre"),
        _ => None,
    }
}

/// The status of a file inside a directory, links not followed.
pub(crate) fn status_at(directory: &OwnedFd, name: &CStr) -> Result<Stat, Errno> {
    rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
}

#[cfg(test)]
mod tests;
