//! The host's cache: one SSD directory that all processes of a user share, without a daemon.
//!
//! An object's bytes are cut into *slices* of 32 MiB; a slice that is cached has one sparse file, a
//! *segment*, and a segment holds *cells* of 8 KiB at fixed places. A *fill* writes cells behind
//! the reader's back; a read takes the cells it finds and says why it stopped where it stopped.
//!
//! **The law: a cache fault is a miss. It is never an error and never a wrong byte.** Every cell is
//! checked on every read, against a checksum that also says which object and which cell it belongs
//! to. Whatever the disk, another process or a crash did to a file, the answer is the right bytes or
//! fewer of them.
//!
//! Whose work is where:
//! - `cell` says what a table's entry is and checks bytes against it, by `crc`;
//! - `slice` says where everything lies in a segment's file, `header` what its first page says;
//! - `segment` reads: the hot path; `object` keeps an object's segments open, `open_segments`
//!   bounds how many a process keeps;
//! - `fill` queues, `write` writes;
//! - `ledger` bounds what all processes together may write, `evict` makes room, by `recency`;
//! - `claim` tells other processes what this one fetches, over locks as in `lock`;
//! - `directory` decides which directories may be used, `place` which one by default, `health`
//!   when one is left alone for a while;
//! - `statistics` counts what each directory was good for;
//! - `inspect` looks at, checks and changes a directory for the operator's tool;
//! - `versions` finds which version of a key the host held last;
//! - `pool` asks the disk where it may hang, with a deadline;
//! - `disk` is every call to the disk, so that tests can stand in between;
//! - `cache` is the face of it all.
//!
//! Nothing here starts a runtime or knows where bytes come from.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("forebay-cache needs 64-bit Linux: RWF_NOWAIT, O_NOATIME and OFD locks");

mod cache;
mod cell;
mod claim;
mod crc;
mod directory;
#[cfg(not(feature = "faults"))]
mod disk;
#[cfg(feature = "faults")]
pub mod disk;
mod evict;
mod fill;
mod header;
mod health;
#[cfg(feature = "hostile")]
pub mod hostile;
mod inspect;
mod ledger;
mod lock;
mod metrics;
mod object;
mod open_segments;
mod place;
mod pool;
mod recency;
mod sealed;
mod segment;
mod settings;
mod slice;
mod statistics;
mod versions;
mod write;

#[cfg(test)]
mod tests;

pub use cache::HostCache;
pub use claim::{Claim, FetchClaim};
pub use directory::Refusal;
pub use fill::{FillOutcome, RefusedFill};
pub use inspect::{
    BudgetChange, BudgetFacts, Content, DiskFacts, Inspection, Probe, SegmentFacts, Verified,
};
pub use metrics::METRICS;
pub use object::{CachedObject, MissCause, ReadOutcome};
pub use place::{PlaceEnv, default_place};
pub use settings::{CacheSettings, DIRECTORIES, FREE_FLOOR, KEYS, SIZE};
pub use statistics::{DirectoryStatistics, directory_metrics};

/// Bytes of a cell, the unit of checking. A check covers little more than was asked, and rounding a
/// request to cells over-reads 1-2 % where 64 KiB would cost 8-12 %; docs/adr/0001 has the figures.
pub const CELL: u64 = 8 << 10;

/// Bytes of an object that one segment holds: large enough that opening a file is rare, small enough
/// that evicting one frees a sensible piece.
pub const SEGMENT: u64 = 32 << 20;

/// What one open segment costs a process at most: its table of checksums (4 bytes per cell), the
/// segment itself and its place among the open ones. The kernel's part, about 1 KiB of file, comes on
/// top but is not the process's.
pub const OPEN_SEGMENT_BYTES: u64 = SEGMENT / CELL * 4 + 256;

/// A length in memory of a length in a file; the two are the same on 64-bit Linux.
#[allow(clippy::cast_possible_truncation)]
const fn size(n: u64) -> usize {
    n as usize
}

/// A length in a file of a length in memory.
const fn long(n: usize) -> u64 {
    n as u64
}
