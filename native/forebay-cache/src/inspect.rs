//! A cache directory from outside, for the operator's tool: what is in it, whether it is sound, and
//! the few changes that may be made while jobs use it.
//!
//! An [`Inspection`] keeps no state but the directory's descriptor and never creates a cache. What it
//! finds is what the files themselves say: a segment's header repeats the whole identity, its table
//! says which cells are there, its times when it was last of use. Other processes go on meanwhile, so
//! a segment may be gone when it is looked at ([`Content::Gone`]): that is no fault.
//!
//! Everything that changes something does it as the cache itself does: a segment is removed as the
//! evictor removes it, a bad cell loses its entry as a reader takes it, a budget is changed under the
//! ledger's lock.

mod budget;
mod prospect;
mod verify;

use std::ffi::{CStr, CString};
use std::io::IoSliceMut;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_types::{Error, ErrorKind, Identity, Result};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

pub use budget::{BudgetChange, BudgetFacts};
pub use verify::Verified;

use crate::cell::{Checksum, ENTRY};
use crate::directory::Directory;
use crate::header::{self, HEADER, Page};
use crate::ledger::Ledger;
use crate::recency::Recency;
use crate::segment::{OPEN, pread};
use crate::slice::{Slice, TABLE};
use crate::statistics::DirectoryStatistics;
use crate::{evict, long, size};

/// Bytes a probe writes: enough to pass any write-behind shortcut, little enough for a slow disk.
const PROBE: usize = 1 << 20;

/// One cache directory, looked at.
#[derive(Debug)]
pub struct Inspection {
    directory: Arc<Directory>,
}

/// The disk a directory lies on, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskFacts {
    /// All of it.
    pub total: u64,
    /// What may still be used.
    pub free: u64,
}

/// How long a small write and read took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Writing 1 MiB, down to the disk.
    pub write: Duration,
    /// Reading it back.
    pub read: Duration,
}

/// What a segment's file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A part of this object.
    Object {
        /// Which object and version.
        identity: Box<Identity>,
        /// Where the part begins in the object.
        begin: u64,
        /// Bytes of it that the table says are there.
        cached: u64,
    },
    /// Nothing yet: being made, or left by a process that was killed.
    Blank,
    /// A segment of another version of Forebay.
    Foreign,
    /// Neither: its header is damaged.
    Broken,
    /// It was evicted meanwhile.
    Gone,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFacts {
    /// What it holds.
    pub content: Content,
    /// Bytes its file takes on disk.
    pub disk: u64,
    /// When it was last filled or touched again, in seconds since the epoch.
    pub used_at: u64,
    /// Whether it was read again after the use it was filled for.
    pub again: bool,
}

impl Inspection {
    /// Opens our directory in `parent`, as a process of this user would, but does not make one.
    ///
    /// # Errors
    /// `NotFound` where there is none, `AccessDenied` where it may not be used.
    pub fn open(parent: &Path) -> Result<Inspection> {
        let path = Inspection::path_in(parent);
        match rustix::fs::lstat(&path) {
            Ok(_) => {}
            Err(Errno::NOENT | Errno::NOTDIR) => {
                let message = "there is no cache of this user; it is made when a job first reads";
                return Err(error(ErrorKind::NotFound, &path, message));
            }
            Err(found) => return Err(failed(&path, "examined", found)),
        }
        let directory = Directory::open_in(parent)
            .map_err(|refusal| error(ErrorKind::AccessDenied, &path, refusal.reason()))?;
        Ok(Inspection { directory: Arc::new(directory) })
    }

    /// Where this user's cache in `parent` lies, whether or not it is there.
    #[must_use]
    pub fn path_in(parent: &Path) -> std::path::PathBuf {
        parent.join(format!("forebay-{}", rustix::process::geteuid().as_raw()))
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The disk below.
    ///
    /// # Errors
    /// `Origin` where the system doesn't tell.
    pub fn disk(&self) -> Result<DiskFacts> {
        let space = self.directory.space().map_err(|e| failed(self.path(), "examined", e))?;
        Ok(DiskFacts { total: space.total, free: space.free })
    }

    /// What all processes did with it since it was made; `None` where nobody wrote it down.
    ///
    /// # Errors
    /// `Origin` where it cannot be read.
    pub fn statistics(&self) -> Result<Option<DirectoryStatistics>> {
        let found = Ledger::new(Arc::clone(&self.directory), None).statistics();
        let found = found.map_err(|e| self.failed("statistics", "read", e))?;
        Ok(found.map(DirectoryStatistics::from))
    }

    /// Writes a little, reads it back and compares. Leaves nothing behind.
    ///
    /// # Errors
    /// `Origin` where the disk fails, or answers other bytes.
    pub fn probe(&self) -> Result<Probe> {
        let name = CString::new(format!("probe-{}", std::process::id())).unwrap_or_default();
        let fail = |doing, found| self.failed("probe", doing, found);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = self
            .directory
            .open(&name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|found| fail("created", found))?;
        let _ = rustix::fs::unlinkat(&*self.directory.root(), &name, AtFlags::empty());
        let written: Vec<u8> = (0..=u8::MAX).cycle().take(PROBE).collect();
        let begin = Instant::now();
        let done = rustix::io::pwrite(&file, &written, 0)
            .and_then(|done| rustix::fs::fdatasync(&file).map(|()| done))
            .map_err(|found| fail("written", found))?;
        let write = begin.elapsed();
        let begin = Instant::now();
        let mut found = vec![0; PROBE];
        let read = pread(&file, &mut [IoSliceMut::new(&mut found)], 0)
            .map_err(|found| fail("read", found))?;
        let took = Probe { write, read: begin.elapsed() };
        if done < PROBE || read < PROBE || found != written {
            let message = "what was written is not what was read; is the disk full or failing?";
            return Err(error(ErrorKind::Origin, self.path(), message));
        }
        Ok(took)
    }

    /// The names of all segments, of any format, in no order.
    ///
    /// # Errors
    /// `Origin` where the directory cannot be listed.
    pub fn segments(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        evict::visit(&self.directory.root(), &mut |shelf, name, status| {
            let regular = FileType::from_raw_mode(status.st_mode).is_file();
            if let (Some([first, second]), true) = (shelf, header::is_segment(name.to_bytes()))
                && regular
                && let Ok(name) = name.to_str()
            {
                names.push(format!("{}/{}/{name}", char::from(first), char::from(second)));
            }
        })
        .map_err(|e| failed(self.path(), "listed", e))?;
        Ok(names)
    }

    /// What the segment of that name holds.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is none, `Origin` where the file cannot be read.
    pub fn segment(&self, name: &str) -> Result<SegmentFacts> {
        let path = checked(name)?;
        let gone = SegmentFacts { content: Content::Gone, disk: 0, used_at: 0, again: false };
        let Some(file) = self.file(&path)? else { return Ok(gone) };
        let status = rustix::fs::fstat(&file).map_err(|e| self.failed(name, "examined", e))?;
        if status.st_nlink == 0 {
            return Ok(gone);
        }
        let (used_at, again) = match Recency::of(&status) {
            Recency::Once(at) => (at, false),
            Recency::Again(at) => (at, true),
        };
        let front = match Front::read(&file) {
            // What the disk doesn't give back is as good as damaged.
            Err(Errno::IO) => Front { page: Page::Broken, table: Table(Vec::new()) },
            read => read.map_err(|e| self.failed(name, "read", e))?,
        };
        let content = match front.page {
            Page::Ours(identity, slice) if header::path(&identity, slice) == path => {
                let cached = front.table.present(slice).map(|(cell, _)| slice.cell_length(cell));
                Content::Object { begin: slice.begin(), cached: cached.sum(), identity }
            }
            Page::Ours(..) | Page::Broken => Content::Broken,
            Page::Blank => Content::Blank,
            Page::Foreign => Content::Foreign,
        };
        Ok(SegmentFacts {
            content,
            disk: u64::try_from(status.st_blocks).unwrap_or(0).saturating_mul(512),
            used_at: u64::try_from(used_at / 1_000_000_000).unwrap_or(0),
            again,
        })
    }

    /// Removes a segment, and its space even where jobs have it open: they find a miss. Says whether
    /// it was there.
    ///
    /// # Errors
    /// As [`Inspection::segment`].
    pub fn remove(&self, name: &str) -> Result<bool> {
        checked(name)?;
        let shelf = [name.as_bytes()[0], name.as_bytes()[2]];
        let file = CString::new(&name[4..]).unwrap_or_default();
        match evict::remove(&self.directory.root(), shelf, &file) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(found) => Err(self.failed(name, "removed", found)),
        }
    }

    fn file(&self, path: &CStr) -> Result<Option<OwnedFd>> {
        match self.directory.open(path, OPEN, Mode::empty()) {
            Ok(file) => Ok(Some(file)),
            Err(Errno::NOENT) => Ok(None),
            Err(found) => Err(self.failed(&path.to_string_lossy(), "opened", found)),
        }
    }

    fn failed(&self, name: &str, doing: &str, found: Errno) -> Error {
        failed(&self.path().join(name), doing, found)
    }
}

/// A name as [`Inspection::segments`] gives them, fit to be opened below the directory.
fn checked(name: &str) -> Result<CString> {
    let fits = match name.as_bytes() {
        [first, b'/', second, b'/', file @ ..] => {
            first.is_ascii_hexdigit() && second.is_ascii_hexdigit() && header::is_segment(file)
        }
        _ => false,
    };
    match CString::new(name) {
        Ok(path) if fits => Ok(path),
        Ok(_) | Err(_) => Err(Error::new(
            ErrorKind::InvalidArgument,
            "segment",
            name,
            "this is not the name of a segment",
        )),
    }
}

/// Header and table of a file of which nothing is known.
struct Front {
    page: Page,
    table: Table,
}

struct Table(Vec<u8>);

impl Front {
    fn read(file: &OwnedFd) -> std::result::Result<Front, Errno> {
        let (mut page, mut table) = (vec![0; HEADER], vec![0; size(TABLE)]);
        let mut pieces = [IoSliceMut::new(&mut page), IoSliceMut::new(&mut table)];
        let read = pread(file, &mut pieces, 0)?;
        page.truncate(read.min(HEADER));
        table.truncate(read.saturating_sub(HEADER));
        Ok(Front { page: header::parse(&page), table: Table(table) })
    }
}

impl Table {
    /// The cells of `slice` whose entries a fill can have written, with what they must add up to.
    fn present(&self, slice: Slice) -> impl Iterator<Item = (u64, Checksum)> {
        self.entries(slice).filter_map(move |(cell, entry)| {
            Checksum::from_entry(entry, slice.cell_length(cell)).map(|checksum| (cell, checksum))
        })
    }

    /// Each cell of `slice` with its entry.
    fn entries(&self, slice: Slice) -> impl Iterator<Item = (u64, [u8; size(ENTRY)])> {
        let entries = self.0.as_chunks::<{ size(ENTRY) }>().0;
        (0..slice.cells().min(long(entries.len()))).zip(entries.iter().copied())
    }
}

/// For a tool the directory is where bytes come from: its failures are of kind `Origin`.
fn failed(path: &Path, doing: &str, found: Errno) -> Error {
    let kind = match found {
        Errno::ACCESS | Errno::PERM => ErrorKind::AccessDenied,
        _ => ErrorKind::Origin,
    };
    error(kind, path, format!("cannot be {doing} ({found})"))
}

fn error(kind: ErrorKind, path: &Path, message: impl Into<String>) -> Error {
    Error::new(kind, "cache directory", path.display().to_string(), message)
}

#[cfg(test)]
mod tests;
