//! Reading a segment: the hot path.
//!
//! A segment that is open holds its descriptor and a copy of its table. The copy stays right
//! although other processes write: all of them write the same bytes for one identity, so what it
//! says about a cell that is there cannot change, and a cell that is not there yet is looked up in
//! the file again, at most once per read. What changes is that the file goes away: an evicted
//! segment is truncated, so a short answer says [`Fault::Gone`].
//!
//! A calling thread only takes what the kernel has in memory. What has to come from the disk is asked
//! for on the directory's pool, with a deadline; what is late is a miss.
//!
//! A run of cells is read by one `preadv2` per chunk: whole cells straight into the caller's buffer,
//! a first and a last cell of which only a part was asked for into scratch memory, from which that
//! part is copied. Then every cell of the chunk is checked while it is in the processor's cache, and
//! only then are its bytes counted as answered.

use std::io::IoSliceMut;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use forebay_types::Identity;
use forebay_types::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, ReadWriteFlags};

use crate::cell::{Checksum, ENTRY, Scratch, Seeds};
use crate::directory::Directory;
use crate::header::{self, Found, HEADER, Header};
use crate::slice::{Slice, TABLE};
use crate::{CELL, disk, long, metrics, recency, size};

mod edges;

use edges::Edges;

/// Cells read and checked at a time: 512 KiB stay in a core's L2 (1 or 2 MiB on servers) between the
/// copy and the check. 256 KiB cost 2 % more at 1 MiB (more calls), 64 KiB 15 %.
const CHUNK_CELLS: u64 = (512 << 10) / CELL;

/// A rest up to this long joins the last chunk, so that an unaligned 512 KiB is one call.
const CHUNK_REST: u64 = CHUNK_CELLS / 2;

/// How a segment is opened: for reading and for clearing entries that fail. Recency is kept by us,
/// not by the kernel.
pub(crate) const OPEN: OFlags =
    OFlags::RDWR.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW).union(OFlags::NOATIME);

/// Why a read stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The table has no such cell.
    Absent,
    /// The file was evicted, or is not the segment it was.
    Gone,
    /// A cell failed its check and was dropped.
    Corrupt,
    /// The disk answered with an error.
    Disk,
}

/// Why bytes of a file could not be had.
enum Unread {
    /// The disk says so.
    Failed(Errno),
    /// The disk does not say in time.
    Late(Fault),
}

/// A segment open for reading.
#[derive(Debug)]
pub(crate) struct Segment {
    /// Which slice of the object it holds.
    pub(crate) slice: Slice,
    /// The directory it lies in.
    pub(crate) directory: Arc<Directory>,
    /// Whether a read was answered since recency was last written down.
    pub(crate) touched: AtomicBool,
    /// Whether a read was answered since the list of open segments last considered closing it.
    pub(crate) recent: AtomicBool,
    file: Arc<OwnedFd>,
    seeds: Seeds,
    /// How many cells `table` has nothing of. At 0 a read need not look there before it has the
    /// cells, and the table is fetched from memory while the kernel copies.
    absent: AtomicU32,
    table: Box<[AtomicU32]>,
}

/// The first two parts of a segment's file, as read in one go.
pub(crate) struct Front {
    /// What the header said.
    pub(crate) found: Found,
    table: Box<[u8]>,
}

impl Front {
    /// Reads header and table. May wait for the disk.
    pub(crate) fn read(file: &OwnedFd, meant: &Header, slice: Slice) -> Result<Front, Errno> {
        Front::read_by(slice, meant, |pieces, _| pread(file, pieces, 0))
    }

    /// The same from the kernel's memory; `AGAIN` where it hasn't both.
    fn read_cached(file: &OwnedFd, meant: &Header, slice: Slice) -> Result<Front, Errno> {
        Front::read_by(slice, meant, |mut pieces, wanted| {
            match pread_nowait(file, &mut pieces, wanted, 0)? {
                read if read == wanted => Ok(read),
                // A file that ends there has been begun, or was evicted.
                read if u64::try_from(rustix::fs::fstat(file)?.st_size) == Ok(long(read)) => {
                    Ok(read)
                }
                _ => Err(Errno::AGAIN),
            }
        })
    }

    fn read_by(
        slice: Slice,
        meant: &Header,
        read: impl FnOnce(&mut [IoSliceMut<'_>], usize) -> Result<usize, Errno>,
    ) -> Result<Front, Errno> {
        let mut header = [0; HEADER];
        let mut table = vec![0; size(slice.cells() * ENTRY)].into_boxed_slice();
        let wanted = HEADER + table.len();
        let mut pieces = [IoSliceMut::new(&mut header), IoSliceMut::new(&mut table)];
        let read = read(&mut pieces, wanted)?;
        let found = header::recognise(&header[..read.min(HEADER)], meant);
        Ok(Front { found, table })
    }

    /// A segment of which nothing is known.
    pub(crate) fn empty() -> Front {
        Front { found: Found::Ours, table: Box::default() }
    }

    /// What the table says about each cell of the slice.
    pub(crate) fn checksums(&self, slice: Slice) -> impl Iterator<Item = Option<Checksum>> {
        decode(&self.table, slice, 0)
    }
}

fn decode(table: &[u8], slice: Slice, first: u64) -> impl Iterator<Item = Option<Checksum>> {
    table
        .as_chunks::<8>()
        .0
        .iter()
        .zip(first..)
        .map(move |(entry, cell)| Checksum::from_entry(*entry, slice.cell_length(cell)))
}

impl Segment {
    /// Opens the segment of `slice`, if it is there and is the one meant. May wait for the disk.
    pub(crate) fn open(
        directory: &Arc<Directory>,
        identity: &Identity,
        seeds: Seeds,
        slice: Slice,
    ) -> Result<Segment, Fault> {
        let path = header::path(identity, slice);
        let file = directory
            .open(&path, OPEN, Mode::empty())
            .map_err(|error| Segment::unopened(directory, error))?;
        let meant = header::header(identity, slice);
        let front = Front::read(&file, &meant, slice)
            .map_err(|error| directory.fault("read a segment's header", error))?;
        Segment::begin(directory, seeds, slice, file, &front)
    }

    /// The same, where the kernel has all that takes in memory; `None` where it hasn't. That a segment
    /// isn't there is mostly known too.
    pub(crate) fn open_cached(
        directory: &Arc<Directory>,
        identity: &Identity,
        seeds: Seeds,
        slice: Slice,
    ) -> Result<Option<Segment>, Fault> {
        let file = match directory.open_cached(&header::path(identity, slice), OPEN) {
            Ok(file) => file,
            Err(Errno::AGAIN) => return Ok(None),
            Err(error) => return Err(Segment::unopened(directory, error)),
        };
        match Front::read_cached(&file, &header::header(identity, slice), slice) {
            Ok(front) => Segment::begin(directory, seeds, slice, file, &front).map(Some),
            Err(Errno::AGAIN) => Ok(None),
            Err(error) => Err(directory.fault("read a segment's header", error)),
        }
    }

    fn unopened(directory: &Directory, error: Errno) -> Fault {
        match error {
            Errno::NOENT => Fault::Absent,
            other => directory.fault("open a segment", other),
        }
    }

    fn begin(
        directory: &Arc<Directory>,
        seeds: Seeds,
        slice: Slice,
        file: OwnedFd,
        front: &Front,
    ) -> Result<Segment, Fault> {
        match front.found {
            Found::Ours => {}
            Found::Blank => return Err(Fault::Absent),
            Found::Foreign => {
                metrics::FOREIGN_SEGMENTS.add(1);
                return Err(Fault::Absent);
            }
            Found::Broken => {
                metrics::CORRUPT_SEGMENTS.add(1);
                return Err(Fault::Corrupt);
            }
        }
        metrics::SEGMENT_OPENS.add(1);
        metrics::SEGMENTS_OPEN.add(1);
        let table: Box<[AtomicU32]> =
            front.checksums(slice).map(|c| AtomicU32::new(c.map_or(0, Checksum::word))).collect();
        let absent = table.iter().filter(|word| word.load(Ordering::Relaxed) == 0).count();
        Ok(Segment {
            slice,
            directory: Arc::clone(directory),
            touched: AtomicBool::new(false),
            recent: AtomicBool::new(false),
            file: Arc::new(file),
            seeds,
            absent: AtomicU32::new(u32::try_from(absent).unwrap_or(u32::MAX)),
            table,
        })
    }

    /// Writes down that the segment was touched, if it was.
    pub(crate) fn note_touch(&self) {
        if self.touched.swap(false, Ordering::Relaxed) {
            recency::touch(&self.file, self.directory.measure());
        }
    }

    /// Answers `into` from the bytes at `at` in the slice, as far as good cells go: how many bytes,
    /// and why no more. The range must lie inside the slice.
    pub(crate) fn read(&self, at: u64, into: &mut [u8]) -> (usize, Option<Fault>) {
        let end = at + long(into.len());
        let last = end.div_ceil(CELL);
        let mut refreshed = false;
        let mut done = 0;
        while done < into.len() {
            let first = (at + long(done)) / CELL;
            let left = last - first;
            let most = if left <= CHUNK_CELLS + CHUNK_REST { left } else { CHUNK_CELLS };
            let run = self.present(first, first + most);
            if run == 0 {
                if refreshed {
                    return (done, Some(Fault::Absent));
                }
                refreshed = true;
                if let Err(fault) = self.refresh(first, last) {
                    return (done, Some(fault));
                }
                continue;
            }
            let stop = size((self.slice.cell_end(first + run - 1)).min(end) - at);
            let (good, fault) = self.read_run(first, run, at + long(done), &mut into[done..stop]);
            done += good;
            if fault.is_some() {
                return (done, fault);
            }
        }
        for mark in [&self.touched, &self.recent] {
            // Written only where it changes, so that threads share the line.
            if !mark.load(Ordering::Relaxed) {
                mark.store(true, Ordering::Relaxed);
            }
        }
        (done, None)
    }

    /// How many cells from `first` on, before `end`, the table in memory has.
    fn present(&self, first: u64, end: u64) -> u64 {
        if self.absent.load(Ordering::Relaxed) == 0 {
            return end - first;
        }
        let cells = self.table.get(size(first)..size(end)).unwrap_or_default();
        let gap = cells.iter().position(|word| word.load(Ordering::Relaxed) == 0);
        long(gap.unwrap_or(cells.len()))
    }

    /// Whether the table in memory has `cell`.
    pub(crate) fn has(&self, cell: u64) -> bool {
        self.present(cell, cell + 1) == 1
    }

    /// Takes over what others have written to the table about the cells `first..end`.
    pub(crate) fn refresh(&self, first: u64, end: u64) -> Result<(), Fault> {
        metrics::REFRESHED.add(1);
        let mut entries = [0; size(TABLE)];
        let entries = &mut entries[..size((end - first) * ENTRY)];
        let wanted = entries.len();
        let mut pieces = [IoSliceMut::new(entries)];
        let doing = "read a segment's table";
        let read = match self.pread(&mut pieces, Slice::entry_at(first), doing) {
            Ok(read) => read,
            Err(Unread::Failed(error)) => return Err(self.directory.fault(doing, error)),
            Err(Unread::Late(fault)) => return Err(fault),
        };
        if read < wanted || self.is_gone() {
            return Err(Fault::Gone);
        }
        let cells = self.table.get(size(first)..size(end)).unwrap_or_default();
        for (word, found) in cells.iter().zip(decode(entries, self.slice, first)) {
            if let Some(checksum) = found
                && word.swap(checksum.word(), Ordering::Relaxed) == 0
            {
                self.absent.fetch_sub(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Reads and checks `run` cells from `first` on; `into` is what was asked for of them: how many
    /// bytes are good, and why no more.
    fn read_run(&self, first: u64, run: u64, at: u64, into: &mut [u8]) -> (usize, Option<Fault>) {
        let edges = Edges::new(self.slice, first, run, at, into.len());
        prefetch(&self.table, size(first), size(first + run - 1));
        Scratch::with(|scratch| {
            let (lead, rest) = into.split_at_mut(edges.lead);
            let (middle, trail) = rest.split_at_mut(rest.len() - edges.trail);
            let head = &mut scratch.head[..edges.head];
            let tail = &mut scratch.tail[..edges.tail];
            let wanted = head.len() + middle.len() + tail.len();
            let mut pieces =
                [IoSliceMut::new(head), IoSliceMut::new(middle), IoSliceMut::new(tail)];
            match self.pread(&mut pieces, Slice::cell_at(first), "read a segment") {
                Ok(read) if read == wanted => {}
                Ok(_) => return (0, Some(Fault::Gone)),
                Err(Unread::Failed(error)) => {
                    if error == Errno::IO {
                        // A bad sector stays bad until it is written again: these cells go.
                        (first..first + run).for_each(|cell| self.forget(cell));
                    }
                    return (0, Some(self.directory.fault("read a segment", error)));
                }
                Err(Unread::Late(fault)) => return (0, Some(fault)),
            }
            let bad = self.first_bad(first, head, middle, tail);
            lead.copy_from_slice(&head[edges.skip..edges.skip + lead.len()]);
            trail.copy_from_slice(&tail[..trail.len()]);
            match bad {
                None => (into.len(), None),
                Some(cell) => {
                    let good = (cell * CELL).saturating_sub(at);
                    (size(good).min(into.len()), Some(self.drop_cell(cell)))
                }
            }
        })
    }

    /// The first cell that fails its check, of the one in `head`, those in `middle`, and the one in
    /// `tail`, all of which may be empty.
    fn first_bad(&self, first: u64, head: &[u8], middle: &[u8], tail: &[u8]) -> Option<u64> {
        let cells = |bytes| <[u8]>::chunks(bytes, size(CELL));
        cells(head).chain(cells(middle)).chain(cells(tail)).zip(first..).find_map(
            |(bytes, cell)| {
                let found = self.seeds.checksum(self.slice.cell_in_object(cell), bytes);
                let wanted =
                    self.table.get(size(cell)).map_or(0, |word| word.load(Ordering::Relaxed));
                (found.word() != wanted).then_some(cell)
            },
        )
    }

    /// Drops a cell that failed: its entry only, here and in the file. A file that was evicted under
    /// the read is not corrupt, only gone.
    fn drop_cell(&self, cell: u64) -> Fault {
        if self.is_gone() {
            return Fault::Gone;
        }
        let dropped = self.table.get(size(cell)).map_or(0, |word| word.swap(0, Ordering::Relaxed));
        if dropped == 0 {
            // Another thread found it bad while this one read it.
            return Fault::Absent;
        }
        self.absent.fetch_add(1, Ordering::Relaxed);
        metrics::CORRUPT_CELLS.add(1);
        self.clear_entry(cell);
        tracing::warn!(
            directory = %self.directory.path().display(),
            cell = self.slice.cell_in_object(cell),
            "a cached cell failed its check and was dropped"
        );
        Fault::Corrupt
    }

    /// Drops a cell although its check may be right.
    pub(crate) fn forget(&self, cell: u64) {
        if self.table.get(size(cell)).is_some_and(|word| word.swap(0, Ordering::Relaxed) != 0) {
            self.absent.fetch_add(1, Ordering::Relaxed);
            self.clear_entry(cell);
        }
    }

    fn clear_entry(&self, cell: u64) {
        let file = Arc::clone(&self.file);
        let cleared = self.directory.wait_for("clear an entry", move || {
            let cleared = disk::write(&file, &[0; size(ENTRY)], Slice::entry_at(cell));
            release_if_unlinked(&file);
            cleared
        });
        if let Ok(Err(error)) = cleared {
            let _ = self.directory.fault("clear an entry", error);
        }
    }

    /// Fills `pieces` from the bytes at `offset`: how many, fewer only at the file's end.
    fn pread(
        &self,
        pieces: &mut [IoSliceMut<'_>],
        offset: u64,
        doing: &'static str,
    ) -> Result<usize, Unread> {
        let wanted: usize = pieces.iter().map(|piece| piece.len()).sum();
        let mut left = pieces;
        let done = pread_nowait(&self.file, &mut left, wanted, offset).map_err(Unread::Failed)?;
        if done == wanted {
            return Ok(done);
        }
        // The caller may leave before the disk answers, so its memory can't be read into.
        let file = Arc::clone(&self.file);
        let rest = self.directory.wait_for(doing, move || {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(wanted - done).map_err(|_| Errno::NOMEM)?;
            bytes.resize(wanted - done, 0);
            let mut pieces = [IoSliceMut::new(&mut bytes)];
            let read = pread(&file, &mut pieces, offset + long(done))?;
            bytes.truncate(read);
            Ok(bytes)
        });
        let rest = rest.map_err(Unread::Late)?.map_err(Unread::Failed)?;
        let mut from = rest.as_slice();
        for piece in left {
            let (now, later) = from.split_at(piece.len().min(from.len()));
            piece[..now.len()].copy_from_slice(now);
            from = later;
        }
        Ok(done + rest.len())
    }

    /// Whether the count of absent cells is right, now that nobody changes it any more.
    #[cfg(feature = "schedules")]
    fn judge(&self) {
        let empty = self.table.iter().filter(|word| word.load(Ordering::Relaxed) == 0).count();
        let counted = self.absent.load(Ordering::Relaxed);
        assert!(
            std::thread::panicking() || long(empty) == u64::from(counted),
            "{counted}, not {empty}"
        );
    }

    /// Whether the file was evicted or truncated. The kernel keeps an open file's status in memory.
    pub(crate) fn is_gone(&self) -> bool {
        match rustix::fs::fstat(&self.file) {
            Ok(status) => {
                status.st_nlink == 0
                    || u64::try_from(status.st_size).unwrap_or(0) < self.slice.file_length()
            }
            Err(_) => true,
        }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        #[cfg(feature = "schedules")]
        self.judge();
        metrics::SEGMENTS_OPEN.subtract(1);
        if self.touched.swap(false, Ordering::Relaxed) {
            // Whoever drops it may be a reader, and a time is written to the disk: nobody waits for it,
            // and on a busy disk it is lost.
            let (file, measure) = (Arc::clone(&self.file), Arc::clone(self.directory.measure()));
            self.directory.later(move || recency::touch(&file, &measure));
        }
    }
}

/// Asks for the lines of memory that hold the table's words `first` and `last`.
fn prefetch(table: &[AtomicU32], first: usize, last: usize) {
    #[cfg(target_arch = "x86_64")]
    for index in [first, last] {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let word = table.as_ptr().wrapping_add(index);
        // SAFETY: a prefetch touches nothing, whatever the address.
        unsafe { _mm_prefetch(word.cast(), _MM_HINT_T0) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (table, first, last);
}

/// Gives back the space of a file that was unlinked while we wrote to it; says whether it was.
pub(crate) fn release_if_unlinked(file: &OwnedFd) -> bool {
    let unlinked = rustix::fs::fstat(file).is_ok_and(|status| status.st_nlink == 0);
    if unlinked {
        // Nobody can find the file any more; if truncating fails, its space goes with the descriptor.
        let _ = disk::truncate(file, 0);
    }
    unlinked
}

/// Fills `pieces`, `wanted` bytes, from those at `offset`, as far as the kernel has them in memory;
/// `pieces` becomes what is left. Asks once more for the rest of a short answer: the kernel stops
/// where a page is in the midst of something.
#[inline]
fn pread_nowait(
    file: &OwnedFd,
    pieces: &mut &mut [IoSliceMut<'_>],
    wanted: usize,
    offset: u64,
) -> Result<usize, Errno> {
    let mut done = 0;
    let mut patience = 2;
    while done < wanted && patience > 0 {
        match disk::read(file, pieces, offset + long(done), ReadWriteFlags::NOWAIT) {
            Ok(read) => {
                done += read;
                IoSliceMut::advance_slices(pieces, read);
            }
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {}
            Err(error) => return Err(error),
        }
        if done < wanted {
            patience -= 1;
            metrics::READS_REFUSED.add(1);
        }
    }
    Ok(done)
}

/// Fills `pieces` from the bytes at `offset`: how many, fewer only at the file's end. May wait for the
/// disk.
pub(crate) fn pread(
    file: &OwnedFd,
    pieces: &mut [IoSliceMut<'_>],
    offset: u64,
) -> Result<usize, Errno> {
    let wanted: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut left = pieces;
    let mut done = 0;
    while done < wanted {
        match disk::read(file, left, offset + long(done), ReadWriteFlags::empty()) {
            Ok(0) => break,
            Ok(read) => {
                done += read;
                IoSliceMut::advance_slices(&mut left, read);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}
