//! A disk that fails, lies, forgets and hangs, by seed and probability. For tests only.
//!
//! Faults are the process's: [`arm`] and [`disarm`] hold for every cache in it. A fault either fails a
//! call with an error a real disk or kernel gives, or lets it succeed and does something else: flips
//! a bit, loses, misdirects or tears a write, forgets a page after it was written. [`hang`] makes
//! every call that would touch the disk wait until [`resume`]; reads that must not wait are refused,
//! as the kernel would.
#![allow(clippy::wildcard_enum_match_arm, reason = "each call names the kinds that can hit it")]

use std::collections::BTreeMap;
use std::io::IoSliceMut;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex, RwLock};
use rustix::fs::{FallocateFlags, OFlags};
use rustix::io::{Errno, ReadWriteFlags};

use crate::slice::{CELLS_AT, TABLE_AT};
use crate::{CELL, long, size};

macro_rules! kinds {
    ($($kind:ident $name:literal $sentence:literal;)*) => {
        /// The kinds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DiskFault {
            $(#[doc = $sentence] $kind,)*
        }

        impl DiskFault {
            /// Every kind.
            pub const ALL: &'static [DiskFault] = &[$(DiskFault::$kind),*];

            /// The name used in JSON and on command lines.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(DiskFault::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    Full "enospc" "A write finds no space.";
    Quota "edquot" "A write finds the quota used up.";
    ReadError "eio-read" "A read fails.";
    WriteError "eio-write" "A write fails.";
    UnlinkError "eio-unlink" "A removal fails.";
    ReadOnly "erofs" "A file can't be opened for writing: the file system went read-only.";
    Denied "eacces" "A file can't be opened.";
    NoDescriptor "emfile" "A file can't be opened: the process has too many.";
    ShortRead "short-read" "A read gives less than was asked for.";
    ShortWrite "short-write" "A write takes less than was given.";
    Refused "nowait-refused" "A read that must not wait is refused.";
    Stall "stall" "A call takes a while.";
    ReadFlip "read-flip" "One bit that is read is wrong.";
    WriteFlip "write-flip" "One bit that is written is wrong.";
    LostWrite "lost-write" "A write is confirmed and never done.";
    Misdirected "misdirected-write" "A write lands one cell, or one entry, away.";
    Torn "torn-write" "Only some sectors of a write are done, and all confirmed.";
    Writeback "failed-writeback" "A page is written, and forgotten later: it reads as zeros.";
    Kill "kill" "The process is killed at a write.";
}

impl DiskFault {
    /// The kind called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<DiskFault> {
        DiskFault::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

#[derive(Debug)]
struct Plan {
    seed: u64,
    chances: Vec<(DiskFault, u64)>,
    stall: Duration,
    drawn: AtomicU64,
}

static ARMED: AtomicBool = AtomicBool::new(false);
static PLAN: RwLock<Option<Arc<Plan>>> = RwLock::new(None);
static INJECTED: [AtomicU64; DiskFault::ALL.len()] =
    [const { AtomicU64::new(0) }; DiskFault::ALL.len()];
static COUNTDOWN: AtomicU64 = AtomicU64::new(0);
static HUNG: AtomicBool = AtomicBool::new(false);
static WAIT: Mutex<()> = Mutex::new(());
static RESUMED: Condvar = Condvar::new();

/// How long a directory rests after errors, in milliseconds; 0 for the product's time.
static REST: AtomicU64 = AtomicU64::new(0);

/// From now on a directory rests so long after errors or for want of space, so that a run of minutes
/// sees it come back thousands of times.
pub fn set_rest(rest: Duration) {
    REST.store(u64::try_from(rest.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
}

pub(super) fn rest(product: Duration) -> Duration {
    match REST.load(Ordering::Acquire) {
        0 => product,
        milliseconds => Duration::from_millis(milliseconds),
    }
}

/// From now on each kind hits a call it can hit with its chance in a million.
pub fn arm(seed: u64, per_million: &[(DiskFault, u64)], stall: Duration) {
    let chances = per_million.to_vec();
    let plan = Plan { seed, chances, stall, drawn: AtomicU64::new(0) };
    *PLAN.write() = Some(Arc::new(plan));
    ARMED.store(true, Ordering::Release);
}

/// Nothing fails from now on.
pub fn disarm() {
    ARMED.store(false, Ordering::Release);
}

/// How often each kind was injected in this process.
#[must_use]
pub fn injected() -> BTreeMap<&'static str, u64> {
    let counts = INJECTED.iter().map(|count| count.load(Ordering::Relaxed));
    DiskFault::ALL.iter().map(|kind| kind.name()).zip(counts).collect()
}

/// The process is killed at its `call`-th call that changes something on the disk: before it, after
/// it, or in the midst of it.
pub fn kill_at(call: u64) {
    COUNTDOWN.store(call, Ordering::Release);
}

/// Whether this is the call to be killed at.
fn is_last() -> bool {
    COUNTDOWN.load(Ordering::Relaxed) > 0 && COUNTDOWN.fetch_sub(1, Ordering::AcqRel) == 1
}

/// The disk hangs until [`resume`].
pub fn hang() {
    HUNG.store(true, Ordering::Release);
}

/// The disk goes on.
pub fn resume() {
    let _held = WAIT.lock();
    HUNG.store(false, Ordering::Release);
    RESUMED.notify_all();
}

fn wait_while_hung() {
    if HUNG.load(Ordering::Acquire) {
        let mut held = WAIT.lock();
        while HUNG.load(Ordering::Acquire) {
            RESUMED.wait(&mut held);
        }
    }
}

/// A random number, where one of `kinds` hits: which, and the number.
fn draw(kinds: &[DiskFault]) -> Option<(DiskFault, u64)> {
    if !ARMED.load(Ordering::Acquire) {
        return None;
    }
    let plan = PLAN.read().clone()?;
    let number = mix(plan.seed ^ mix(plan.drawn.fetch_add(1, Ordering::Relaxed)));
    let mut point = number % 1_000_000;
    for (kind, chance) in plan.chances.iter().filter(|(kind, _)| kinds.contains(kind)) {
        if point < *chance {
            let place = DiskFault::ALL.iter().position(|other| other == kind)?;
            INJECTED[place].fetch_add(1, Ordering::Relaxed);
            if *kind == DiskFault::Stall {
                std::thread::sleep(plan.stall);
            }
            return Some((*kind, mix(number)));
        }
        point -= chance;
    }
    None
}

pub(super) fn before_cached_open(flags: OFlags) -> Result<(), Errno> {
    if HUNG.load(Ordering::Acquire) || draw(&[DiskFault::Refused]).is_some() {
        return Err(Errno::AGAIN);
    }
    before_open_of(flags, vec![DiskFault::Denied, DiskFault::NoDescriptor])
}

pub(super) fn before_open(flags: OFlags) -> Result<(), Errno> {
    wait_while_hung();
    before_open_of(flags, vec![DiskFault::Denied, DiskFault::NoDescriptor, DiskFault::Stall])
}

fn before_open_of(flags: OFlags, mut kinds: Vec<DiskFault>) -> Result<(), Errno> {
    if flags.intersects(OFlags::RDWR | OFlags::WRONLY) {
        kinds.push(DiskFault::ReadOnly);
    }
    match draw(&kinds) {
        Some((DiskFault::Denied, _)) => Err(Errno::ACCESS),
        Some((DiskFault::NoDescriptor, _)) => Err(Errno::MFILE),
        Some((DiskFault::ReadOnly, _)) => Err(Errno::ROFS),
        _ => Ok(()),
    }
}

pub(super) fn before_change() -> Result<(), Errno> {
    wait_while_hung();
    if is_last() {
        end();
    }
    match draw(&[DiskFault::Full, DiskFault::WriteError, DiskFault::Stall, DiskFault::Kill]) {
        Some((DiskFault::Full, _)) => Err(Errno::NOSPC),
        Some((DiskFault::WriteError, _)) => Err(Errno::IO),
        Some((DiskFault::Kill, _)) => end(),
        _ => Ok(()),
    }
}

pub(super) fn before_unlink() -> Result<(), Errno> {
    wait_while_hung();
    if is_last() {
        end();
    }
    match draw(&[DiskFault::UnlinkError, DiskFault::Stall, DiskFault::Kill]) {
        Some((DiskFault::UnlinkError, _)) => Err(Errno::IO),
        Some((DiskFault::Kill, _)) => end(),
        _ => Ok(()),
    }
}

pub(super) fn read(
    file: &OwnedFd,
    pieces: &mut [IoSliceMut<'_>],
    at: u64,
    flags: ReadWriteFlags,
) -> Result<usize, Errno> {
    if flags.contains(ReadWriteFlags::NOWAIT) {
        if HUNG.load(Ordering::Acquire) || draw(&[DiskFault::Refused]).is_some() {
            return Err(Errno::AGAIN);
        }
    } else {
        wait_while_hung();
        draw(&[DiskFault::Stall]);
    }
    let kinds = [DiskFault::ReadError, DiskFault::ShortRead, DiskFault::ReadFlip];
    match draw(&kinds) {
        Some((DiskFault::ReadError, _)) => Err(Errno::IO),
        Some((DiskFault::ShortRead, number)) => {
            let Some(piece) = pieces.iter_mut().find(|piece| !piece.is_empty()) else {
                return Ok(0);
            };
            let most = (size(number) % piece.len()).max(1);
            rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut piece[..most])], at, flags)
        }
        Some((DiskFault::ReadFlip, number)) => {
            let read = rustix::io::preadv2(file, pieces, at, flags)?;
            let mut bit = number % (long(read) * 8).max(1);
            for piece in pieces.iter_mut() {
                let bits = long(piece.len()) * 8;
                if bit < bits {
                    piece[size(bit / 8)] ^= 1 << (bit % 8);
                    break;
                }
                bit -= bits;
            }
            Ok(read)
        }
        _ => rustix::io::preadv2(file, pieces, at, flags),
    }
}

pub(super) fn write(file: &OwnedFd, bytes: &[u8], at: u64) -> Result<usize, Errno> {
    wait_while_hung();
    use DiskFault::{
        Full, Kill, LostWrite, Misdirected, Quota, ShortWrite, Stall, Torn, WriteError, WriteFlip,
        Writeback,
    };
    let kinds = [
        Full,
        Quota,
        WriteError,
        ShortWrite,
        Stall,
        WriteFlip,
        LostWrite,
        Misdirected,
        Torn,
        Writeback,
        Kill,
    ];
    let real = |bytes: &[u8], at| rustix::io::pwrite(file, bytes, at);
    if is_last() {
        let most = size(mix(at ^ long(bytes.len()))) % (bytes.len() + 1);
        let _ = real(&bytes[..most], at);
        end();
    }
    let Some((kind, number)) = draw(&kinds) else { return real(bytes, at) };
    match kind {
        Full => Err(Errno::NOSPC),
        Quota => Err(Errno::DQUOT),
        WriteError => Err(Errno::IO),
        ShortWrite => {
            real(&bytes[..(size(number) % bytes.len().max(1)).max(1).min(bytes.len())], at)
        }
        WriteFlip => {
            let mut wrong = bytes.to_vec();
            if let Some(byte) = wrong.get_mut(size(number / 8) % bytes.len().max(1)) {
                *byte ^= 1 << (number % 8);
            }
            real(&wrong, at)
        }
        LostWrite => Ok(bytes.len()),
        Misdirected => real(bytes, elsewhere(at)),
        Torn => {
            for (sector, piece) in (0..).zip(bytes.chunks(512)) {
                if mix(number ^ sector).is_multiple_of(2) {
                    real(piece, at + sector * 512)?;
                }
            }
            Ok(bytes.len())
        }
        Writeback => {
            let written = real(bytes, at)?;
            let page = (at + number % long(bytes.len()).max(1)) / 4096 * 4096;
            let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            rustix::fs::fallocate(file, hole, page, 4096)?;
            Ok(written)
        }
        Kill => {
            // Before, after, or in the midst of it.
            let most = size(number) % (bytes.len() + 1);
            let _ = real(&bytes[..most], at);
            end()
        }
        _ => real(bytes, at),
    }
}

/// Where a write lands that misses its place: the next cell, the next entry, or the header's half.
fn elsewhere(at: u64) -> u64 {
    match at {
        CELLS_AT.. => at + CELL,
        TABLE_AT.. => at + crate::cell::ENTRY,
        _ => at + 2048,
    }
}

fn end() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}

/// The finaliser of `SplitMix64`.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
