//! The RAM tier: cells, where the SSD cache did not take them.
//!
//! With a cache directory the kernel's page cache over its segments is the memory tier that all
//! processes share, and this one stays nearly empty. Without a directory, or while the disk refuses
//! fills, it keeps what was fetched. Cells are keyed by the whole identity, not by its hash.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use forebay_cache::CELL;
use forebay_types::Identity;
use forebay_types::sync::atomic::{AtomicBool, Ordering};
use moka::sync::Cache;

/// What a cell costs besides its bytes: key, entry and list nodes, measured at about 200 bytes.
const OVERHEAD: u32 = 256;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CellKey {
    identity: Arc<Identity>,
    index: u64,
}

/// Cells in memory, within a fixed share of the budget.
#[derive(Debug)]
pub(crate) struct RamTier {
    cells: Cache<CellKey, Bytes>,
    /// False until the first cell: most processes never keep one, and then never look one up.
    in_use: AtomicBool,
}

impl RamTier {
    pub(crate) fn new(share: u64) -> RamTier {
        let weigh = |_: &CellKey, cell: &Bytes| {
            u32::try_from(cell.len()).unwrap_or(u32::MAX).saturating_add(OVERHEAD)
        };
        RamTier {
            cells: Cache::builder().max_capacity(share).weigher(weigh).build(),
            in_use: AtomicBool::new(false),
        }
    }

    /// Keeps `bytes`, which begin at the cell-aligned `offset`. They are copied, so that a cell kept
    /// does not pin the whole flight it came with.
    pub(crate) fn keep(&self, identity: &Arc<Identity>, offset: u64, bytes: &[u8]) {
        self.in_use.store(true, Ordering::Release);
        let step = usize::try_from(CELL).unwrap_or(usize::MAX);
        for (index, cell) in (offset / CELL..).zip(bytes.chunks(step)) {
            let key = CellKey { identity: Arc::clone(identity), index };
            self.cells.insert(key, Bytes::copy_from_slice(cell));
        }
    }

    /// Copies from `offset` on, as far as cells are here without a gap; says how many bytes.
    pub(crate) fn read(&self, identity: &Arc<Identity>, offset: u64, into: &mut [u8]) -> usize {
        if !self.in_use.load(Ordering::Acquire) {
            return 0;
        }
        let mut done = 0;
        while done < into.len() {
            let at = offset + done as u64;
            let Some(cell) = self.cell(identity, at / CELL) else { break };
            let skip = usize::try_from(at % CELL).unwrap_or(usize::MAX);
            let Some(rest) = cell.get(skip..).filter(|rest| !rest.is_empty()) else { break };
            let taken = rest.len().min(into.len() - done);
            into[done..done + taken].copy_from_slice(&rest[..taken]);
            done += taken;
        }
        done
    }

    /// The parts of `range` that are here.
    pub(crate) fn held(&self, identity: &Arc<Identity>, range: Range<u64>) -> Vec<Range<u64>> {
        if !self.in_use.load(Ordering::Acquire) {
            return Vec::new();
        }
        (range.start / CELL..range.end.div_ceil(CELL))
            .filter(|index| {
                self.cells.contains_key(&CellKey { identity: Arc::clone(identity), index: *index })
            })
            .map(|index| index * CELL..(index + 1) * CELL)
            .collect()
    }

    fn cell(&self, identity: &Arc<Identity>, index: u64) -> Option<Bytes> {
        self.cells.get(&CellKey { identity: Arc::clone(identity), index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::tests::identity;

    #[test]
    fn cells_answer_without_a_gap_and_only_for_their_own_identity() {
        let ram = RamTier::new(1 << 20);
        let (one, other) = (identity("one", 3 * CELL + 5), identity("other", 3 * CELL + 5));
        let bytes: Vec<u8> = (0..CELL + 5).map(|n| u8::try_from(n % 251).unwrap()).collect();
        ram.keep(&one, 2 * CELL, &bytes);
        let mut into = vec![0; bytes.len()];
        assert_eq!(ram.read(&one, 2 * CELL, &mut into), bytes.len());
        assert_eq!(into, bytes);
        assert_eq!(ram.read(&one, 3 * CELL + 1, &mut into), 4);
        assert_eq!(ram.read(&one, CELL, &mut into), 0);
        assert_eq!(ram.read(&other, 2 * CELL, &mut into), 0);
        assert_eq!(ram.held(&one, 0..4 * CELL), [2 * CELL..3 * CELL, 3 * CELL..4 * CELL]);
    }
}
