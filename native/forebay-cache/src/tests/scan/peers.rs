//! The policies that ours is held against, each as its authors describe it.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::hits;

/// The least recently used goes.
pub(super) fn lru(requests: &[u32], holds: usize) -> u64 {
    let mut used_at: HashMap<u32, usize> = HashMap::new();
    let mut by_use: BTreeMap<usize, u32> = BTreeMap::new();
    hits(requests, |at, object| {
        let before = used_at.insert(object, at);
        if let Some(before) = before {
            by_use.remove(&before);
        } else if used_at.len() > holds
            && let Some((_, oldest)) = by_use.pop_first()
        {
            used_at.remove(&oldest);
        }
        by_use.insert(at, object);
        before.is_some()
    })
}

/// S3-FIFO (Yang et al., SOSP 2023): a small queue of a tenth, a main queue with up to three second
/// chances, and the names of as many as the main queue holds that left the small one unused.
#[derive(Default)]
struct S3Fifo {
    holds: usize,
    small: VecDeque<u32>,
    main: VecDeque<u32>,
    uses: HashMap<u32, u8>,
    ghosts: VecDeque<u32>,
    is_ghost: HashSet<u32>,
}

pub(super) fn s3_fifo(requests: &[u32], holds: usize) -> u64 {
    let mut cache = S3Fifo { holds, ..S3Fifo::default() };
    hits(requests, |_, object| cache.request(object))
}

impl S3Fifo {
    fn request(&mut self, object: u32) -> bool {
        if let Some(uses) = self.uses.get_mut(&object) {
            *uses = (*uses + 1).min(3);
            return true;
        }
        while self.uses.len() >= self.holds {
            if self.small.len() >= (self.holds / 10).max(1) {
                self.leave_small();
            } else {
                self.leave_main();
            }
        }
        self.uses.insert(object, 0);
        if self.is_ghost.remove(&object) {
            self.main.push_back(object);
        } else {
            self.small.push_back(object);
        }
        false
    }

    fn leave_small(&mut self) {
        let Some(object) = self.small.pop_front() else { return };
        if self.uses.get(&object).is_some_and(|uses| *uses > 1) {
            self.uses.insert(object, 0);
            self.main.push_back(object);
            return;
        }
        self.uses.remove(&object);
        if self.is_ghost.insert(object) {
            self.ghosts.push_back(object);
        }
        while self.ghosts.len() > self.holds * 9 / 10 {
            let oldest = self.ghosts.pop_front();
            oldest.map(|oldest| self.is_ghost.remove(&oldest));
        }
    }

    fn leave_main(&mut self) {
        while let Some(object) = self.main.pop_front() {
            match self.uses.get_mut(&object) {
                Some(uses) if *uses > 0 => {
                    *uses -= 1;
                    self.main.push_back(object);
                }
                _ => {
                    self.uses.remove(&object);
                    return;
                }
            }
        }
        self.leave_small();
    }
}
