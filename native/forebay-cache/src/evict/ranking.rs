//! Which segments go first.
//!
//! Two classes, in the manner of S3-FIFO: segments touched *once* (a scan's) go before segments
//! touched *again*, but only as long as they are more than a tenth of what stays; so a scan cannot
//! push out what is used, and what was used long ago does not stay for ever. Within a class the
//! oldest go first. `tests/scan` holds it against S3-FIFO and LRU.

use std::collections::BinaryHeap;
use std::ffi::CString;

use crate::recency::Recency;

/// The share that segments touched once may keep while others are touched again: S3-FIFO's tenth.
const ONCE_SHARE: u64 = 10;

/// A segment that may go. Ordered so that a heap's greatest is the one to keep.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// Its last use.
    pub(crate) recency: Recency,
    /// Bytes that removing it frees.
    pub(crate) blocks: u64,
    /// Where it lies.
    pub(crate) shelf: [u8; 2],
    /// Its file's name.
    pub(crate) name: CString,
}

/// The oldest of one class: enough to free what is needed, and no more, so that memory does not
/// grow with the directory.
#[derive(Debug, Default)]
struct Oldest {
    heap: BinaryHeap<Candidate>,
    held: u64,
    total: u64,
}

impl Oldest {
    fn offer(&mut self, candidate: Candidate, need: u64) {
        self.total += candidate.blocks;
        self.held += candidate.blocks;
        self.heap.push(candidate);
        while let Some(newest) = self.heap.peek()
            && self.held - newest.blocks >= need
        {
            self.held -= newest.blocks;
            self.heap.pop();
        }
    }
}

/// The segments of a directory, as they would go.
#[derive(Debug, Default)]
pub(crate) struct Ranking {
    need: u64,
    once: Oldest,
    again: Oldest,
    oldest_once: Option<i64>,
}

impl Ranking {
    /// A ranking that can say who goes until `need` bytes are free.
    pub(crate) fn new(need: u64) -> Ranking {
        Ranking { need, ..Ranking::default() }
    }

    /// Takes a segment in.
    pub(crate) fn offer(&mut self, candidate: Candidate) {
        match candidate.recency {
            Recency::Once(filled) => {
                let oldest = self.oldest_once.map_or(filled, |before| before.min(filled));
                self.oldest_once = Some(oldest);
                self.once.offer(candidate, self.need);
            }
            Recency::Again(_) => self.again.offer(candidate, self.need),
        }
    }

    /// When the oldest of those touched once was filled.
    pub(crate) fn oldest_once(&self) -> Option<i64> {
        self.oldest_once
    }

    /// Who goes, in order, until `need` bytes are free and `goal` stay.
    pub(crate) fn order(self, need: u64, goal: u64) -> impl Iterator<Item = Candidate> {
        let spare = self.once.total.saturating_sub(goal / ONCE_SHARE);
        let mut once = self.once.heap.into_sorted_vec().into_iter().peekable();
        let mut again = self.again.heap.into_sorted_vec().into_iter().peekable();
        let mut taken = 0;
        let spare = if again.peek().is_some() { spare } else { need };
        std::iter::from_fn(move || {
            let next = if taken < spare { once.next() } else { None };
            let next = next.or_else(|| again.next()).or_else(|| once.next())?;
            taken += next.blocks;
            Some(next)
        })
    }
}
