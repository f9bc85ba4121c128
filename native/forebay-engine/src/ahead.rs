//! What was fetched before anybody asked, until somebody reads it or its stream ends.
//!
//! Bytes are kept by their place, with the reason they were fetched for and the stream that asked. Read
//! bytes are taken out and credited; when the stream ends, what is left of its own counts as wasted, and
//! stays, nobody's, for the case that another stream reads it after all.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use forebay_plan::Reason;

/// The owner of what is left when a stream has ended.
const NOBODY: u64 = 0;

#[derive(Debug, Clone, Copy)]
struct Run {
    end: u64,
    reason: Reason,
    owner: u64,
}

/// How a stream's look-ahead for one reason turned out, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) reason: Reason,
    pub(crate) used: u64,
    pub(crate) wasted: u64,
}

/// See the module. Runs are disjoint: flights are.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    runs: BTreeMap<u64, Run>,
    used: HashMap<(u64, usize), u64>,
}

impl Ahead {
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(crate) fn insert(&mut self, range: Range<u64>, reason: Reason, owner: u64) {
        self.take(range.clone());
        self.runs.insert(range.start, Run { end: range.end, reason, owner });
    }

    /// Takes what was read out, credits it, and says how many bytes that were.
    pub(crate) fn read(&mut self, range: Range<u64>) -> u64 {
        let mut total = 0;
        for (run, bytes) in self.take(range) {
            total += bytes;
            if run.owner != NOBODY {
                *self.used.entry((run.owner, run.reason.number())).or_default() += bytes;
            }
        }
        total
    }

    /// Of a stream's look-ahead: bytes that were read, and bytes that were not yet.
    pub(crate) fn standing(&self, owner: u64) -> (u64, u64) {
        let used =
            self.used.iter().filter(|((whose, _), _)| *whose == owner).map(|(_, bytes)| bytes);
        let unread = self.runs.iter().filter(|(_, run)| run.owner == owner);
        (used.sum(), unread.map(|(start, run)| run.end - start).sum())
    }

    /// Ends a stream: what became of its look-ahead.
    pub(crate) fn settle(&mut self, owner: u64) -> Vec<Outcome> {
        let mut wasted = [0; Reason::ALL.len()];
        for run in self.runs.iter_mut().filter(|(_, run)| run.owner == owner) {
            wasted[run.1.reason.number()] += run.1.end - run.0;
            run.1.owner = NOBODY;
        }
        let outcome = |reason: &Reason| {
            let used = self.used.remove(&(owner, reason.number())).unwrap_or(0);
            Outcome { reason: *reason, used, wasted: wasted[reason.number()] }
        };
        let all: Vec<Outcome> = Reason::ALL.iter().map(outcome).collect();
        all.into_iter().filter(|outcome| outcome.used + outcome.wasted > 0).collect()
    }

    fn take(&mut self, range: Range<u64>) -> Vec<(Run, u64)> {
        if range.is_empty() {
            return Vec::new();
        }
        let met: Vec<(u64, Run)> = self
            .runs
            .range(..range.end)
            .rev()
            .take_while(|(_, run)| run.end > range.start)
            .map(|(start, run)| (*start, *run))
            .collect();
        let mut taken = Vec::new();
        for (start, run) in met {
            self.runs.remove(&start);
            if start < range.start {
                self.runs.insert(start, Run { end: range.start, ..run });
            }
            if run.end > range.end {
                self.runs.insert(range.end, run);
            }
            taken.push((run, run.end.min(range.end) - start.max(range.start)));
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_used_and_what_is_left_is_wasted() {
        let mut ahead = Ahead::default();
        ahead.insert(0..100, Reason::RowGroup, 1);
        ahead.insert(100..300, Reason::NextRowGroup, 1);
        ahead.insert(300..400, Reason::NextRowGroup, 2);
        assert_eq!(ahead.read(50..150), 100);
        assert_eq!(ahead.read(50..150), 0, "once");
        assert_eq!((ahead.standing(1), ahead.standing(2)), ((100, 200), (0, 100)));
        let found = ahead.settle(1);
        assert_eq!(
            found,
            [
                Outcome { reason: Reason::RowGroup, used: 50, wasted: 50 },
                Outcome { reason: Reason::NextRowGroup, used: 50, wasted: 150 },
            ]
        );
        assert!(ahead.settle(1).is_empty(), "settled once");
        assert_eq!(ahead.read(0..1000), 300, "others may still read it");
        assert_eq!(
            ahead.settle(2),
            [Outcome { reason: Reason::NextRowGroup, used: 100, wasted: 0 }]
        );
        assert!(ahead.is_empty());
    }
}
