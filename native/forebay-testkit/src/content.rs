//! Content as a pure function of (seed, key, version, offset): the oracle of wrong bytes.
//!
//! An object's bytes are a row of 16-byte **stamps**. The stamp at offset `16 i` is
//!
//! ```text
//! fingerprint of the key (4) | version (4) | i (8)      all little-endian, XOR a mask of the seed
//! ```
//!
//! so any 16 bytes found where others belong say whose they are. [`check`] compares a range with
//! what belongs there and, at the first difference, names the kind of the mistake. Ranges need not
//! begin or end at a stamp.
//!
//! The mask is one per seed, not one per place: a stamp must be readable wherever it turns up. It
//! keeps the zeros of small versions and offsets from looking like a hole in a file.

use std::fmt;

#[cfg(test)]
mod tests;

/// Bytes per stamp.
pub const STAMP: u64 = 16;

const WIDTH: usize = 16;

/// No stamp has an index from here on (an exbibyte of content): the index was read from other
/// bytes.
const FARTHEST: u64 = 1 << 56;

/// The first wrong byte of a range and what it seems to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The object that was read.
    pub key: String,
    /// The version that was expected.
    pub version: u32,
    /// Offset within the object of the first byte that differs.
    pub at: u64,
    /// What stands there instead.
    pub kind: WrongKind,
}

/// What a wrong byte turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongKind {
    /// The right place of the right object, in another version.
    Stale {
        /// The version that was found.
        version: u32,
    },
    /// The same offset of another object.
    OtherObject,
    /// The right object's bytes from another offset, in whatever version.
    Misplaced {
        /// The offset these bytes belong to; below zero when they were shifted from before the
        /// object's start.
        from: i128,
    },
    /// Zeros: a hole, or a page that never reached the disk.
    Zero,
    /// Right bytes on one side of a cut within a stamp and something else on the other.
    Torn,
    /// None of these.
    Garbage,
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wrong { key, version, at, kind } = self;
        write!(out, "wrong byte at {at} of {key} version {version}: ")?;
        match kind {
            WrongKind::Stale { version } => write!(out, "stale, it is of version {version}"),
            WrongKind::OtherObject => write!(out, "it is of another object"),
            WrongKind::Misplaced { from } => write!(out, "misplaced, it belongs to offset {from}"),
            WrongKind::Zero => write!(out, "zero"),
            WrongKind::Torn => write!(out, "torn, right on one side of a cut only"),
            WrongKind::Garbage => write!(out, "garbage, no object's content"),
        }
    }
}

impl std::error::Error for Wrong {}

/// Writes the content of `key` in `version` from `offset` on into `into`.
pub fn fill(seed: u64, key: &str, version: u32, offset: u64, into: &mut [u8]) {
    let (fingerprint, mask) = (fingerprint(key), mask(seed));
    let mut at = offset;
    let mut rest = into;
    while !rest.is_empty() {
        if within(at) == 0 {
            let (whole, end) = rest.as_chunks_mut::<WIDTH>();
            for (raw, index) in whole.iter_mut().zip(at / STAMP..) {
                *raw = stamp(fingerprint, version, index, mask);
            }
            at = at.wrapping_add((whole.len() * WIDTH) as u64);
            rest = end;
        }
        let stamp = stamp(fingerprint, version, at / STAMP, mask);
        let skip = within(at);
        let take = (WIDTH - skip).min(rest.len());
        let (head, tail) = rest.split_at_mut(take);
        head.copy_from_slice(&stamp[skip..skip + take]);
        at = at.wrapping_add(take as u64);
        rest = tail;
    }
}

/// The content of `key` in `version` from `offset` on, `length` bytes of it.
#[must_use]
pub fn bytes(seed: u64, key: &str, version: u32, offset: u64, length: usize) -> Vec<u8> {
    let mut all = vec![0; length];
    fill(seed, key, version, offset, &mut all);
    all
}

/// Compares `found` with the content of `key` in `version` from `offset` on.
///
/// # Errors
///
/// The first byte that differs, with the kind of the mistake.
pub fn check(seed: u64, key: &str, version: u32, offset: u64, found: &[u8]) -> Result<(), Wrong> {
    let (print, mask) = (fingerprint(key), mask(seed));
    let mut done = 0;
    while done < found.len() {
        let at = offset.wrapping_add(done as u64);
        if within(at) == 0 {
            let stamps = right_stamps(print, version, at / STAMP, mask, &found[done..]);
            done += stamps * WIDTH;
            if done == found.len() {
                break;
            }
        }
        let at = offset.wrapping_add(done as u64);
        let skip = within(at);
        let take = (WIDTH - skip).min(found.len() - done);
        let expected = stamp(print, version, at / STAMP, mask);
        let piece = &found[done..done + take];
        if piece != &expected[skip..skip + take] {
            let first = piece.iter().zip(&expected[skip..]).take_while(|(a, b)| a == b).count();
            let suspect = Suspect { print, version, mask, found, offset };
            let kind = suspect.kind(done, take, &expected);
            let at = at.wrapping_add(first as u64);
            return Err(Wrong { key: key.to_owned(), version, at, kind });
        }
        done += take;
    }
    Ok(())
}

/// Stamps compared before the first look at whether all were right: so the processor compares several
/// at once, and terabytes can be checked as fast as they are read.
const BLOCK: usize = 32;

/// How many whole stamps at the beginning of `found` are right, in blocks: there may be more.
fn right_stamps(print: u32, version: u32, first: u64, mask: u128, found: &[u8]) -> usize {
    let halves = |stamp: u128| {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = stamp.to_le_bytes();
        (u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p]))
    };
    let (object, _) = halves(u128::from_le_bytes(stamp(print, version, 0, mask)));
    let (_, place) = halves(mask);
    let mut index = first;
    for (block, number) in found.as_chunks::<{ BLOCK * WIDTH }>().0.iter().zip(0..) {
        let mut differs = 0;
        for raw in block.as_chunks::<WIDTH>().0 {
            let (low, high) = halves(u128::from_le_bytes(*raw));
            differs |= (low ^ object) | (high ^ place ^ index);
            index = index.wrapping_add(1);
        }
        if differs != 0 {
            return number * BLOCK;
        }
    }
    found.len() / (BLOCK * WIDTH) * BLOCK
}

/// A range known to be wrong, with what it should have been.
struct Suspect<'a> {
    print: u32,
    version: u32,
    mask: u128,
    found: &'a [u8],
    offset: u64,
}

impl Suspect<'_> {
    /// Names the mistake of the piece `found[start..start + length]`, which lies in one stamp.
    fn kind(&self, start: usize, length: usize, expected: &[u8; WIDTH]) -> WrongKind {
        let piece = &self.found[start..start + length];
        if piece.iter().all(|byte| *byte == 0) {
            return WrongKind::Zero;
        }
        let skip = within(self.offset.wrapping_add(start as u64));
        let expected = &expected[skip..skip + length];
        if half_written(piece, expected) {
            return WrongKind::Torn;
        }
        if length == WIDTH
            && let Some(kind) = self.in_place(start)
        {
            return kind;
        }
        if let Some(from) = self.shifted(start) {
            return WrongKind::Misplaced { from };
        }
        if torn(piece, expected) { WrongKind::Torn } else { WrongKind::Garbage }
    }

    /// What the whole stamp at `start` says of itself, if it says anything.
    fn in_place(&self, start: usize) -> Option<WrongKind> {
        let index = self.offset.wrapping_add(start as u64) / STAMP;
        let (print, version, found) = self.read(start)?;
        match (print == self.print, version == self.version, found == index) {
            (true, false, true) => Some(WrongKind::Stale { version }),
            (true, _, false) if found < FARTHEST => {
                Some(WrongKind::Misplaced { from: i128::from(found) * 16 })
            }
            (false, _, true) => Some(WrongKind::OtherObject),
            (true, _, _) | (false, _, false) => None,
        }
    }

    /// Where the bytes from `start` on come from, if a stamp of this object and version begins
    /// within the next 15 of them: a shift that is no multiple of a stamp.
    fn shifted(&self, start: usize) -> Option<i128> {
        let aligned = within(self.offset.wrapping_add(start as u64)) == 0;
        (usize::from(aligned)..WIDTH).find_map(|shift| {
            let (print, version, index) = self.read(start + shift)?;
            let from = i128::from(index) * 16 - shift as i128;
            let here = i128::from(self.offset) + start as i128;
            (print == self.print && version == self.version && from != here).then_some(from)
        })
    }

    /// The 16 bytes at `start` read as a stamp: (fingerprint, version, index).
    fn read(&self, start: usize) -> Option<(u32, u32, u64)> {
        let raw: [u8; WIDTH] = self.found.get(start..start + WIDTH)?.try_into().ok()?;
        let plain = (u128::from_le_bytes(raw) ^ self.mask).to_le_bytes();
        let (print, rest) = plain.split_first_chunk::<4>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (index, _) = rest.split_first_chunk::<8>()?;
        Some((u32::from_le_bytes(*print), u32::from_le_bytes(*version), u64::from_le_bytes(*index)))
    }
}

/// Whether right bytes and zeros share the piece, two at least of each.
fn half_written(piece: &[u8], expected: &[u8]) -> bool {
    let zero = |bytes: &[u8]| bytes.len() >= 2 && bytes.iter().all(|byte| *byte == 0);
    let same = |right: &&[bool]| right.len() >= 2 && right.iter().all(|right| *right);
    let right: Vec<bool> = piece.iter().zip(expected).map(|(a, b)| a == b).collect();
    (2..piece.len()).any(|cut| {
        let (head, tail) = right.split_at(cut);
        (same(&head) && zero(&piece[cut..])) || (zero(&piece[..cut]) && same(&tail))
    })
}

/// Whether a run of right bytes meets a run of which at least three in four are wrong. A flipped
/// bit leaves right bytes on both sides of one wrong byte and is no tear.
fn torn(piece: &[u8], expected: &[u8]) -> bool {
    let right: Vec<bool> = piece.iter().zip(expected).map(|(a, b)| a == b).collect();
    let head = right.iter().take_while(|right| **right).count();
    let tail = right.iter().rev().take_while(|right| **right).count();
    let wrong = if head >= tail { &right[head..] } else { &right[..right.len() - tail] };
    let same = wrong.iter().filter(|right| **right).count();
    head.max(tail) >= 2 && wrong.len() >= 2 && same * 4 <= wrong.len()
}

fn stamp(fingerprint: u32, version: u32, index: u64, mask: u128) -> [u8; WIDTH] {
    let plain = u128::from(fingerprint) | (u128::from(version) << 32) | (u128::from(index) << 64);
    (plain ^ mask).to_le_bytes()
}

/// Position of `offset` within its stamp.
fn within(offset: u64) -> usize {
    usize::from((offset % STAMP).to_le_bytes()[0])
}

/// 32 bits of FNV-1a of the key, well mixed.
fn fingerprint(key: &str) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in key.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let bytes = mix(hash).to_le_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn mask(seed: u64) -> u128 {
    u128::from(mix(seed)) | (u128::from(mix(seed ^ 0x9e37_79b9_7f4a_7c15)) << 64)
}

/// The finaliser of `SplitMix64`, with its increment so that zero maps elsewhere.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
