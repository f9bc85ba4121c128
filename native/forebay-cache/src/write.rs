//! Writing cells, on a thread of our own.
//!
//! A run of cells is written in pieces: their bytes in one `pwrite`, then their entries in another,
//! so that an entry is there only after its cell. Nothing is synced: after a power failure a check
//! finds what did not reach the disk. Every piece is paid for before it is written, from a *purse*
//! that never holds more than the ledger's chunk. After each piece the file is asked whether it is
//! still linked: if it was evicted meanwhile, its space is given back at once.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use forebay_types::Identity;
use rustix::io::Errno;

use crate::cell::{Checksum, ENTRY, Seeds};
use crate::directory::{Directory, Space};
use crate::header::{self, Found, Header};
use crate::ledger::{FILE_MODE, Grant, Ledger};
use crate::open_segments::OpenSegments;
use crate::segment::{Fault, Front, OPEN, release_if_unlinked};
use crate::slice::Slice;
use crate::statistics::{Counted, KINDS};
use crate::{CELL, disk, evict, long, metrics, recency, size};

/// Blocks a new segment may take before its first cell: header and table (5), two directories, and
/// the file system's own map of the file as it grows.
const SEGMENT_BLOCKS: u64 = 15;

/// Blocks a piece may take beyond its cells: one of the map, one where its ends share blocks.
const PIECE_BLOCKS: u64 = 2;

/// How long nothing is tried after making room did not help.
const PAUSE: Duration = Duration::from_secs(5);

/// How long a grant is waited for while other processes are at the ledger, or make room: a sweep takes
/// some tenths of a second, and nobody but the queue behind waits with us. Under Shuttle as in `lock`.
const PATIENCE: Duration =
    Duration::from_millis(if cfg!(feature = "schedules") { 20 } else { 1000 });

/// How soon the ledger is asked again.
const AGAIN: Duration = Duration::from_millis(5);

/// Whole cells of one slice that are to be written.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) identity: Arc<Identity>,
    pub(crate) slice: Slice,
    /// The first cell, counted in the slice.
    pub(crate) first: u64,
    pub(crate) bytes: Bytes,
}

/// Why a run, or its rest, was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// No budget, or no space.
    NotAdmitted,
    /// The segment was evicted meanwhile.
    Evicted,
    /// A segment of another format has the name.
    Foreign,
    /// The disk failed, or is left alone.
    Disk,
}

/// The one that writes to a directory.
#[derive(Debug)]
pub(crate) struct Writer {
    directory: Arc<Directory>,
    ledger: Ledger,
    open_segments: Arc<OpenSegments>,
    purse: u64,
    chunk: u64,
    free_floor: u64,
    /// What of the directory's tally its file has.
    noted: [u64; KINDS],
}

impl Writer {
    pub(crate) fn new(
        directory: Arc<Directory>,
        ledger: Ledger,
        open_segments: Arc<OpenSegments>,
        free_floor: u64,
    ) -> Writer {
        Writer {
            directory,
            ledger,
            open_segments,
            purse: 0,
            chunk: 0,
            free_floor,
            noted: [0; KINDS],
        }
    }

    /// Writes down which open segments were touched.
    pub(crate) fn note_touches(&self) {
        self.open_segments.note_touches(&self.directory);
    }

    /// Writes what of `run` is not there yet.
    pub(crate) fn write(&mut self, run: &Run) -> Result<(), Unwritten> {
        if !self.directory.may_use() {
            return Err(Unwritten::Disk);
        }
        if self.directory.is_full() {
            return Err(Unwritten::NotAdmitted);
        }
        let space = self.directory.space().map_err(|e| self.fault("examine the disk", e))?;
        let (file, front) = self.segment(run, space)?;
        let seeds = Seeds::new(run.identity.hash());
        let mut known = front.checksums(run.slice).skip(size(run.first));
        let mut wanted: Vec<(u64, &[u8], Checksum)> = Vec::new();
        for (bytes, cell) in run.bytes.chunks(size(CELL)).zip(run.first..) {
            let checksum = seeds.checksum(run.slice.cell_in_object(cell), bytes);
            if known.next().flatten() == Some(checksum) {
                metrics::FILLS_KNOWN.add(long(bytes.len()));
            } else {
                wanted.push((cell, bytes, checksum));
            }
        }
        for neighbours in wanted.chunk_by(|one, next| one.0 + 1 == next.0) {
            let mut rest = neighbours;
            while !rest.is_empty() {
                let most = self.cells_of_a_piece(space).min(rest.len());
                let (piece, later) = rest.split_at(most);
                self.piece(&file, run, piece, space)?;
                rest = later;
            }
        }
        self.directory.worked();
        Ok(())
    }

    /// Adds what this process has done since the last time to the directory's statistics.
    pub(crate) fn note_statistics(&mut self) {
        let counts = self.directory.tally().counts();
        let more = std::array::from_fn(|kind| counts[kind] - self.noted[kind]);
        if more == [0; KINDS] || !self.directory.may_use() {
            return;
        }
        match self.ledger.add_up(more) {
            Ok(true) => self.noted = counts,
            Ok(false) => {}
            Err(error) => drop(self.fault("write the statistics", error)),
        }
    }

    /// How many cells fit into one chunk.
    fn cells_of_a_piece(&self, space: Space) -> usize {
        let most = self.chunk.saturating_sub(PIECE_BLOCKS * space.block);
        let aligned = most / space.block.max(CELL) * space.block.max(CELL);
        size(aligned / CELL).max(1)
    }

    /// Writes neighbouring cells, then their entries.
    fn piece(
        &mut self,
        file: &OwnedFd,
        run: &Run,
        cells: &[(u64, &[u8], Checksum)],
        space: Space,
    ) -> Result<(), Unwritten> {
        let Some((first, _, _)) = cells.first() else { return Ok(()) };
        let begin = size((first - run.first) * CELL);
        let length: usize = cells.iter().map(|(_, bytes, _)| bytes.len()).sum();
        let Some(bytes) = run.bytes.get(begin..begin + length) else { return Ok(()) };
        let rounded = long(length).next_multiple_of(space.block);
        self.pay(rounded + PIECE_BLOCKS * space.block)?;
        let mut entries = Vec::with_capacity(cells.len() * size(ENTRY));
        for (_, bytes, checksum) in cells {
            entries.extend_from_slice(&checksum.entry(long(bytes.len())));
        }
        let written = write_all(file, bytes, Slice::cell_at(*first))
            .and_then(|()| write_all(file, &entries, Slice::entry_at(*first)));
        if release_if_unlinked(file) {
            return Err(Unwritten::Evicted);
        }
        written.map_err(|error| self.fault("write cells", error))?;
        metrics::FILLED_RUNS.add(1);
        metrics::FILLED_BYTES.add(long(length));
        self.directory.tally().add(Counted::Filled, long(length));
        Ok(())
    }

    /// The file of the run's segment, made where it is not there, and what is in it.
    fn segment(&mut self, run: &Run, space: Space) -> Result<(OwnedFd, Front), Unwritten> {
        let path = header::path(&run.identity, run.slice);
        let meant = header::header(&run.identity, run.slice);
        for _ in 0..2 {
            let file = match self.directory.open(&path, OPEN, FILE_MODE) {
                Ok(file) => file,
                Err(Errno::NOENT) => self.create(run, space)?,
                Err(error) => return Err(self.fault("open a segment", error)),
            };
            let front = Front::read(&file, &meant, run.slice)
                .map_err(|error| self.fault("read a segment's header", error))?;
            match front.found {
                Found::Ours => {
                    // Cut short by a crash, or by an evictor that unlinks it next: what the table
                    // says is not there any more.
                    let cut = lengthen(&file, run.slice)
                        .map_err(|error| self.fault("lengthen a segment", error))?;
                    return Ok((file, if cut { Front::empty() } else { front }));
                }
                Found::Blank => {
                    // Its creator was killed, or is us, or is at it and writes the same.
                    self.pay(SEGMENT_BLOCKS * space.block)?;
                    begin(&file, &meant, run.slice)
                        .map_err(|error| self.fault("begin a segment", error))?;
                    // Entries without a header are what a power loss has left of a table: of no worth.
                    return Ok((file, Front::empty()));
                }
                Found::Foreign => {
                    metrics::FOREIGN_SEGMENTS.add(1);
                    return Err(Unwritten::Foreign);
                }
                Found::Broken => {
                    metrics::CORRUPT_SEGMENTS.add(1);
                    evict::remove_in(&self.directory.root(), &path)
                        .map_err(|error| self.fault("remove a broken segment", error))?;
                }
            }
        }
        Err(Unwritten::Evicted)
    }

    fn create(&mut self, run: &Run, space: Space) -> Result<OwnedFd, Unwritten> {
        // The shelf and the name may take blocks of their own, within what a segment pays for.
        self.pay(PIECE_BLOCKS * space.block)?;
        let path = header::path(&run.identity, run.slice);
        let flags = OPEN.union(rustix::fs::OFlags::CREATE);
        let made = match self.directory.open(&path, flags, FILE_MODE) {
            Err(Errno::NOENT) => self
                .directory
                .make_shelf(&header::shelf(run.identity.location_hash()))
                .and_then(|()| self.directory.open(&path, flags, FILE_MODE)),
            made => made,
        };
        made.map_err(|error| self.fault("create a segment", error))
    }

    /// Takes `cost` bytes out of the purse, filling it from the ledger, and the ledger by a sweep.
    fn pay(&mut self, cost: u64) -> Result<(), Unwritten> {
        let space = self.directory.space().map_err(|e| self.fault("examine the disk", e))?;
        let kept = self.free_floor.saturating_add(cost);
        if space.free < kept {
            return self.make_room(kept - space.free).and(Err(self.pause()));
        }
        if self.purse >= cost {
            self.purse -= cost;
            return Ok(());
        }
        if self.chunk == 0 {
            let record = self.ledger.look().map_err(|e| self.fault("read the ledger", e))?;
            self.chunk = record.ok_or(Unwritten::NotAdmitted)?.chunk;
        }
        if cost > self.chunk {
            return Err(Unwritten::NotAdmitted);
        }
        let until = Instant::now() + PATIENCE;
        let mut swept = false;
        loop {
            let missing = self.chunk - self.purse;
            match self.ledger.grant(missing).map_err(|e| self.fault("write the ledger", e))? {
                Grant::Given => {
                    self.purse = self.chunk - cost;
                    return Ok(());
                }
                Grant::Full if swept => return Err(self.pause()),
                Grant::Full => swept = self.make_room(0)?,
                Grant::Busy => {}
            }
            if !swept {
                if Instant::now() >= until {
                    return Err(Unwritten::NotAdmitted);
                }
                std::thread::sleep(AGAIN);
            }
        }
    }

    /// Makes room, unless another process is at it.
    fn make_room(&mut self, more: u64) -> Result<bool, Unwritten> {
        // Who goes is decided by what was used until now.
        self.note_touches();
        evict::sweep(&self.directory, &mut self.ledger, more)
            .map(|swept| swept.is_some())
            .map_err(|error| self.fault("make room", error))
    }

    fn pause(&mut self) -> Unwritten {
        self.directory.is_full_for(disk::rest(PAUSE));
        Unwritten::NotAdmitted
    }

    fn fault(&mut self, doing: &'static str, error: Errno) -> Unwritten {
        if matches!(error, Errno::NOSPC | Errno::DQUOT) {
            return self.pause();
        }
        match self.directory.fault(doing, error) {
            Fault::Absent | Fault::Gone => Unwritten::Evicted,
            Fault::Corrupt | Fault::Disk => Unwritten::Disk,
        }
    }
}

/// Gives a new file its full length, its header, and no recency. The length first: a file system
/// that knows it allocates nothing beyond what is written.
fn begin(file: &OwnedFd, meant: &Header, slice: Slice) -> Result<(), Errno> {
    disk::truncate(file, slice.file_length())?;
    recency::begin(file);
    write_all(file, meant, 0)
}

/// Gives a file its full length if it has less; says whether it had.
fn lengthen(file: &OwnedFd, slice: Slice) -> Result<bool, Errno> {
    let length = u64::try_from(rustix::fs::fstat(file)?.st_size).unwrap_or(0);
    let cut = length < slice.file_length();
    if cut {
        disk::truncate(file, slice.file_length())?;
    }
    Ok(cut)
}

fn write_all(file: &OwnedFd, bytes: &[u8], at: u64) -> Result<(), Errno> {
    let mut done = 0;
    while done < bytes.len() {
        match disk::write(file, &bytes[done..], at + long(done)) {
            Ok(0) => return Err(Errno::NOSPC),
            Ok(written) => done += written,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
