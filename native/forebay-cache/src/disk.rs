//! Every call that reads or changes a file of the cache.
//!
//! One place, so that a test can stand between the cache and its disk: with the feature `faults`, which
//! no product build has, each call asks [`faults`] first. Without it each is the system call itself.

use std::ffi::CStr;
use std::io::IoSliceMut;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use rustix::io::{Errno, ReadWriteFlags};

#[cfg(feature = "faults")]
pub mod faults;

/// How long a directory rests: the product's time, unless a test has set another.
pub(crate) fn rest(product: Duration) -> Duration {
    #[cfg(feature = "faults")]
    return faults::rest(product);
    #[cfg(not(feature = "faults"))]
    product
}

/// Opens `name` relative to `directory`, through no link, neither at its end nor on the way.
pub(crate) fn open(
    directory: &OwnedFd,
    name: &CStr,
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    #[cfg(feature = "faults")]
    faults::before_open(flags)?;
    // The stricter call takes a mode only together with what it is for.
    let mode = if flags.contains(OFlags::CREATE) { mode } else { Mode::empty() };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    match rustix::fs::openat2(directory, name, flags, mode, resolve) {
        // Kernels before 5.6 don't know the call, and sandboxes may forbid it: then a link on the way
        // is followed, which only we could have put there.
        Err(Errno::NOSYS | Errno::PERM) => rustix::fs::openat(directory, name, flags, mode),
        opened => opened,
    }
}

/// Opens `name` as [`open`] does, without asking the disk for anything: `AGAIN` where it would have to
/// be, and from kernels before 5.12, which can't tell.
pub(crate) fn open_cached(
    directory: &OwnedFd,
    name: &CStr,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    #[cfg(feature = "faults")]
    faults::before_cached_open(flags)?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::CACHED;
    match rustix::fs::openat2(directory, name, flags, Mode::empty(), resolve) {
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => Err(Errno::AGAIN),
        opened => opened,
    }
}

/// Reads into `pieces` from `at` on.
#[inline]
pub(crate) fn read(
    file: &OwnedFd,
    pieces: &mut [IoSliceMut<'_>],
    at: u64,
    flags: ReadWriteFlags,
) -> Result<usize, Errno> {
    #[cfg(feature = "faults")]
    return faults::read(file, pieces, at, flags);
    #[cfg(not(feature = "faults"))]
    rustix::io::preadv2(file, pieces, at, flags)
}

/// Writes `bytes` at `at`.
pub(crate) fn write(file: &OwnedFd, bytes: &[u8], at: u64) -> Result<usize, Errno> {
    #[cfg(feature = "faults")]
    return faults::write(file, bytes, at);
    #[cfg(not(feature = "faults"))]
    rustix::io::pwrite(file, bytes, at)
}

/// Sets a file's length.
pub(crate) fn truncate(file: &OwnedFd, length: u64) -> Result<(), Errno> {
    #[cfg(feature = "faults")]
    faults::before_change()?;
    rustix::fs::ftruncate(file, length)
}

/// Removes a name.
pub(crate) fn unlink(directory: &OwnedFd, name: &CStr) -> Result<(), Errno> {
    #[cfg(feature = "faults")]
    faults::before_unlink()?;
    rustix::fs::unlinkat(directory, name, AtFlags::empty())
}

/// Makes a directory.
pub(crate) fn make_directory(directory: &OwnedFd, name: &str) -> Result<(), Errno> {
    #[cfg(feature = "faults")]
    faults::before_change()?;
    rustix::fs::mkdirat(directory, name, Mode::RWXU)
}
