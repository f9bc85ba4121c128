//! Java holds an id, Rust keeps the `Arc`.
//!
//! A [`Handles`] table gives out ids that are never used twice: once closed, an id stays closed,
//! however often its slot is taken again. A look-up clones the `Arc`, so an object closed during a
//! call lives until that call is over. Any `i64` may be asked for; what was never given out, belongs
//! to another table, to another process before a fork, or is closed, is simply not there.
//!
//! ```text
//! 63            32 31       27 26  24 23    18 17            0
//! | slot's version | process   | table | shard  | slot          |
//! ```
//!
//! Reads lock one of 64 shards for reading; consecutive ids lie in different shards, so that threads
//! reading different files don't share a cache line.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use forebay_types::{Error, ErrorKind};
use parking_lot::RwLock;
use slotmap::{DefaultKey, Key, KeyData, SlotMap};

use crate::policy::Answer;
use crate::process;

const SLOT_BITS: u32 = 18;
const SHARD_BITS: u32 = 6;
const TABLE_BITS: u32 = 3;
const PROCESS_BITS: u32 = 5;
const SHARDS: usize = 1 << SHARD_BITS;

const fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

/// Which table an id belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Stores,
    Files,
    Inquiries,
    Calls,
    Uploads,
}

impl Table {
    /// Not 0, so that small numbers are no ids at all.
    const fn number(self) -> u64 {
        match self {
            Table::Stores => 1,
            Table::Files => 2,
            Table::Inquiries => 3,
            Table::Calls => 4,
            Table::Uploads => 5,
        }
    }

    /// What a caller hears of an id that is not there.
    const fn closed(self) -> &'static str {
        match self {
            Table::Stores => "the file system is closed; open it again",
            Table::Files => "the stream is closed; open it again",
            Table::Inquiries => "the question is closed; ask anew",
            Table::Calls => "the call is closed",
            Table::Uploads => "the file is closed",
        }
    }

    /// What a caller hears when there are no more ids.
    const fn full(self) -> &'static str {
        match self {
            Table::Stores => "too many file systems are open; close some",
            Table::Files => "too many streams are open; close some",
            Table::Inquiries => "too many questions are open; close some",
            Table::Calls => "too many calls are under way; close some",
            Table::Uploads => "too many files are being written; close some",
        }
    }
}

/// One shard, alone on its cache lines (two: the neighbour is prefetched).
#[repr(align(128))]
struct Shard<T>(RwLock<SlotMap<DefaultKey, Arc<T>>>);

pub(crate) struct Handles<T> {
    shards: [Shard<T>; SHARDS],
    turn: AtomicU64,
    table: Table,
    tag: u64,
}

impl<T> Handles<T> {
    pub(crate) fn new(table: Table) -> Handles<T> {
        let process = u64::from(process::generation()) & mask(PROCESS_BITS);
        Handles {
            shards: std::array::from_fn(|_| Shard(RwLock::default())),
            turn: AtomicU64::new(0),
            table,
            tag: (process << TABLE_BITS) | table.number(),
        }
    }

    /// Gives out an id for what an operation on `path` has opened.
    pub(crate) fn give(&self, operation: &'static str, path: &str, value: Arc<T>) -> Answer<i64> {
        let full = || Error::new(ErrorKind::Internal, operation, path, self.table.full());
        Ok(self.insert(value).ok_or_else(full)?)
    }

    /// What an operation finds behind an id.
    pub(crate) fn find(&self, operation: &'static str, id: i64) -> Answer<Arc<T>> {
        let closed = || Error::new(ErrorKind::Closed, operation, "", self.table.closed());
        Ok(self.get(id).ok_or_else(closed)?)
    }

    /// Gives out an id for `value`; `None` if 262,144 objects are open in one shard.
    pub(crate) fn insert(&self, value: Arc<T>) -> Option<i64> {
        let shard = self.turn.fetch_add(1, Ordering::Relaxed) & mask(SHARD_BITS);
        let mut slots = self.shard(shard)?.0.write();
        let key = slots.insert(value);
        let id = self.id(shard, key);
        if id.is_none() {
            slots.remove(key);
        }
        id
    }

    pub(crate) fn get(&self, id: i64) -> Option<Arc<T>> {
        let (shard, key) = self.locate(id)?;
        self.shard(shard)?.0.read().get(key).cloned()
    }

    pub(crate) fn remove(&self, id: i64) -> Option<Arc<T>> {
        let (shard, key) = self.locate(id)?;
        self.shard(shard)?.0.write().remove(key)
    }

    fn shard(&self, number: u64) -> Option<&Shard<T>> {
        self.shards.get(usize::try_from(number).ok()?)
    }

    fn id(&self, shard: u64, key: DefaultKey) -> Option<i64> {
        let bits = key.data().as_ffi();
        let (version, slot) = (bits >> 32, bits & mask(32));
        let fits = slot <= mask(SLOT_BITS);
        let low = (((self.tag << SHARD_BITS) | shard) << SLOT_BITS) | slot;
        fits.then(|| ((version << 32) | low).cast_signed())
    }

    fn locate(&self, id: i64) -> Option<(u64, DefaultKey)> {
        let bits = id.cast_unsigned();
        let slot = bits & mask(SLOT_BITS);
        let shard = (bits >> SLOT_BITS) & mask(SHARD_BITS);
        let key = DefaultKey::from(KeyData::from_ffi((bits >> 32 << 32) | slot));
        // slotmap mends versions it never gives out; such an id must not find anything.
        (self.id(shard, key) == Some(id)).then_some((shard, key))
    }
}

#[cfg(test)]
mod tests;
