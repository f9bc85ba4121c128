//! What the table says about a cell, and how bytes are checked against it.
//!
//! On disk an entry is 8 bytes, {checksum u32, length u32}, little-endian; all zero means "nothing
//! here". In memory it is the checksum alone, 0 for nothing, because the length that makes an entry
//! valid is the one derived from the object's length.
//!
//! The checksum is CRC32C of the cell's bytes, xored with a *seed* made of the identity's 128-bit
//! hash and the cell's index in the object. CRC32C finds every error of up to 3 flipped bits and
//! every burst of up to 32 bits in a cell, and lets other damage pass with 2^-32. A cell with right
//! bytes in the wrong place (a misdirected write, another object's cell, a swap) passes only if the
//! two places share a seed: never inside one object of up to 64 TiB, since the seed is a bijection
//! of the index, and with 2^-32 between objects. Before that, a segment's header must repeat the
//! whole identity byte by byte.

use std::cell::RefCell;

use crate::{CELL, crc, size};

/// Bytes of an entry on disk.
pub(crate) const ENTRY: u64 = 8;

/// What a cell's bytes must add up to. Never 0: that says "nothing here".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checksum(u32);

impl Checksum {
    /// The checksum a table in memory holds as `word`; `None` for nothing.
    pub(crate) fn from_word(word: u32) -> Option<Checksum> {
        (word != 0).then_some(Checksum(word))
    }

    /// The table's word; never 0.
    pub(crate) fn word(self) -> u32 {
        self.0
    }

    /// Reads an entry of a cell that must be `length` long. `None` for nothing, and for anything a
    /// fill of this object cannot have written.
    pub(crate) fn from_entry(entry: [u8; 8], length: u64) -> Option<Checksum> {
        let [a, b, c, d, e, f, g, h] = entry;
        let written = u64::from(u32::from_le_bytes([e, f, g, h]));
        if written != length {
            return None;
        }
        Checksum::from_word(u32::from_le_bytes([a, b, c, d]))
    }

    /// The entry of a cell of `length` bytes.
    pub(crate) fn entry(self, length: u64) -> [u8; 8] {
        let mut entry = [0; 8];
        entry[..4].copy_from_slice(&self.0.to_le_bytes());
        entry[4..].copy_from_slice(&u32::try_from(length).unwrap_or(0).to_le_bytes());
        entry
    }

    fn of(crc: u32, seed: u32) -> Checksum {
        Checksum((crc ^ seed).max(1))
    }
}

/// What an identity adds to the checksums of its cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seeds {
    before: u32,
    after: u32,
}

impl Seeds {
    /// The seeds of the identity with this hash.
    pub(crate) fn new(identity: u128) -> Seeds {
        let bytes = xxhash_rust::xxh3::xxh3_64(&identity.to_le_bytes()).to_le_bytes();
        let [a, b, c, d, e, f, g, h] = bytes;
        Seeds { before: u32::from_le_bytes([a, b, c, d]), after: u32::from_le_bytes([e, f, g, h]) }
    }

    /// A bijection of the low 32 bits of the index (murmur3's finalizer between two xors).
    fn at(self, cell: u64) -> u32 {
        let low = u32::try_from(cell & u64::from(u32::MAX)).unwrap_or(0);
        let high = u32::try_from(cell >> 32).unwrap_or(0);
        let mut h = low ^ self.before;
        h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
        h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
        (h ^ (h >> 16)) ^ self.after.wrapping_add(high)
    }

    /// The checksum of `bytes` as cell number `cell` of the object.
    pub(crate) fn checksum(self, cell: u64, bytes: &[u8]) -> Checksum {
        Checksum::of(crc::of(bytes), self.at(cell))
    }
}

/// Room for the first and the last cell of a run, where only parts of them were asked for. One per
/// thread, made at its first read, so that a hit allocates nothing. (Checking a cell in two pieces
/// instead, the caller's and the rest, saves the copy of the part, but costs more than that: each
/// piece pays for beginning and ending a checksum.)
pub(crate) struct Scratch {
    /// The first cell.
    pub(crate) head: [u8; size(CELL)],
    /// The last cell.
    pub(crate) tail: [u8; size(CELL)],
}

impl Scratch {
    fn new() -> Box<Scratch> {
        Box::new(Scratch { head: [0; size(CELL)], tail: [0; size(CELL)] })
    }

    /// Runs `work` with this thread's scratch.
    pub(crate) fn with<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
        thread_local! {
            static SCRATCH: RefCell<Option<Box<Scratch>>> = const { RefCell::new(None) };
        }
        let mut work = Some(work);
        let done = SCRATCH.try_with(|cell| {
            let mut held = cell.try_borrow_mut().ok()?;
            let work = work.take()?;
            Some(work(held.get_or_insert_with(Scratch::new)))
        });
        match (done, work) {
            (Ok(Some(result)), _) => result,
            // The thread is ending and its scratch is gone, or `work` was reentered: take a new one.
            (_, Some(work)) => work(&mut Scratch::new()),
            (_, None) => unreachable!("work was taken only where its result was returned"),
        }
    }
}
