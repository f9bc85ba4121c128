//! Bytes between the engine and a Java `byte[]`.
//!
//! The engine writes into a scratch buffer of this thread, and one `SetByteArrayRegion` per chunk
//! copies it to the heap. A chunk ends where a cell ends, so that an unaligned read checks no cell
//! twice. No primitive-array critical is held: a read may touch the disk, and would stop the
//! collector.

use std::cell::RefCell;

use forebay_engine::{CELL, ReadStep};
use forebay_types::{Error, ErrorKind};
use jni::sys::jint;

use crate::policy::{Answer, Failure};

/// Answers that are not a number of bytes; `NativeFile.java` has the same.
pub(crate) const END_OF_FILE: jint = -1;
pub(crate) const PENDING: jint = -2;
pub(crate) const DELEGATE: jint = -3;

/// Fits a second-level cache of 1 MiB beside what is copied to, and is long enough that a call into
/// the kernel (0.65 us where the processor's mitigations are on) shows little. On reads of 1 MiB,
/// as `FileChannel` is 1: 128 KiB 0.88, 256 KiB 0.92, 512 KiB 0.88.
pub(crate) const SCRATCH: usize = 256 << 10;

thread_local! {
    static SCRATCH_OF_THREAD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Calls `with` on `length` bytes, at most [`SCRATCH`], that belong to this thread.
///
/// They are kept until the thread ends, and grow with what the thread reads at once.
pub(crate) fn with_scratch<T>(
    length: usize,
    with: impl FnOnce(&mut [u8]) -> Answer<T>,
) -> Answer<T> {
    SCRATCH_OF_THREAD
        .try_with(|cell| {
            let mut scratch = cell.try_borrow_mut().map_err(|_| no_scratch())?;
            let wanted = length.min(SCRATCH);
            if scratch.len() < wanted {
                let grown = wanted.next_power_of_two();
                let more = grown - scratch.len();
                scratch.try_reserve_exact(more).map_err(|_| no_scratch())?;
                scratch.resize(grown, 0);
            }
            with(scratch.get_mut(..wanted).unwrap_or_default())
        })
        .unwrap_or_else(|_| Err(no_scratch()))
}

fn no_scratch() -> Failure {
    let message = "no native memory for the 256 KiB that a thread reads through";
    Error::new(ErrorKind::Internal, "read", "", message).into()
}

/// What a read wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) position: u64,
    pub(crate) length: usize,
    /// How many bytes from `position` the caller wants in all.
    pub(crate) demand: u64,
}

/// Reads chunk by chunk through `scratch`, and hands each chunk with its offset to `deliver`.
///
/// Only the first chunk's answer may be something other than bytes; afterwards the bytes so far are
/// the answer, a short read, and the caller's next call meets the same obstacle at its start.
pub(crate) fn read_in_chunks(
    wanted: Wanted,
    scratch: &mut [u8],
    mut read: impl FnMut(u64, &mut [u8], u64) -> forebay_types::Result<ReadStep>,
    mut deliver: impl FnMut(usize, &[u8]) -> Answer<()>,
) -> Answer<jint> {
    let mut done = 0;
    while done < wanted.length {
        let at = wanted.position.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
        let room = chunk(at, wanted.length - done, scratch.len());
        let chunk = scratch.get_mut(..room).unwrap_or_default();
        let demand = wanted.demand.saturating_sub(at - wanted.position);
        match read(at, chunk, demand) {
            Ok(ReadStep::Bytes(0)) => break,
            Ok(ReadStep::Bytes(n)) => {
                deliver(done, chunk.get(..n).unwrap_or(chunk))?;
                done += n.min(room);
                if n < room {
                    break;
                }
            }
            Ok(other) if done == 0 => return Ok(code(other)),
            Err(error) if done == 0 => return Err(error.into()),
            Ok(_) | Err(_) => break,
        }
    }
    Ok(jint::try_from(done).unwrap_or(jint::MAX))
}

/// How much to read at `position`: what is left, or up to the last end of a cell that fits.
fn chunk(position: u64, left: usize, room: usize) -> usize {
    if left <= room {
        return left;
    }
    let into_cell = usize::try_from(position % CELL).unwrap_or(0);
    if into_cell < room { room - into_cell } else { room }
}

/// What Java is told for a step of the engine.
pub(crate) fn code(step: ReadStep) -> jint {
    match step {
        ReadStep::Bytes(n) => jint::try_from(n).unwrap_or(jint::MAX),
        ReadStep::EndOfFile => END_OF_FILE,
        ReadStep::Pending => PENDING,
        ReadStep::Delegate => DELEGATE,
    }
}

#[cfg(test)]
mod tests;
