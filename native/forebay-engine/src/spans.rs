//! A set of byte positions, kept as sorted runs that don't touch.

use std::collections::BTreeMap;
use std::ops::Range;

/// Disjoint runs: start → end.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    runs: BTreeMap<u64, u64>,
}

impl Spans {
    /// The runs, in order.
    pub(crate) fn into_runs(self) -> impl Iterator<Item = Range<u64>> {
        self.runs.into_iter().map(|(start, end)| start..end)
    }

    /// Adds `range`, joining runs it touches.
    pub(crate) fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let (mut start, mut end) = (range.start, range.end);
        let touching: Vec<u64> = self
            .runs
            .range(..=end)
            .rev()
            .take_while(|(_, run_end)| **run_end >= start)
            .map(|(run_start, _)| *run_start)
            .collect();
        for run_start in touching {
            if let Some(run_end) = self.runs.remove(&run_start) {
                start = start.min(run_start);
                end = end.max(run_end);
            }
        }
        self.runs.insert(start, end);
    }

    /// Takes `range` out and says how many bytes of it were in.
    pub(crate) fn remove(&mut self, range: Range<u64>) -> u64 {
        if range.is_empty() {
            return 0;
        }
        let overlapping: Vec<(u64, u64)> = self
            .runs
            .range(..range.end)
            .rev()
            .take_while(|(_, end)| **end > range.start)
            .map(|(start, end)| (*start, *end))
            .collect();
        let mut removed = 0;
        for (start, end) in overlapping {
            self.runs.remove(&start);
            if start < range.start {
                self.runs.insert(start, range.start);
            }
            if end > range.end {
                self.runs.insert(range.end, end);
            }
            removed += end.min(range.end) - start.max(range.start);
        }
        removed
    }
}

/// The parts of `range` that none of `covered` (sorted or not) covers.
pub(crate) fn subtract(
    range: Range<u64>,
    covered: impl IntoIterator<Item = Range<u64>>,
) -> Vec<Range<u64>> {
    let mut left = Spans::default();
    left.insert(range);
    for taken in covered {
        left.remove(taken);
    }
    left.into_runs().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn spans_behave_as_a_set_of_positions(steps in prop::collection::vec((any::<bool>(), 0u64..60, 0u64..20), 0..40)) {
            let (mut spans, mut model) = (Spans::default(), BTreeSet::new());
            for (insert, start, length) in steps {
                let range = start..start + length;
                if insert {
                    spans.insert(range.clone());
                    model.extend(range);
                } else {
                    let removed = range.clone().filter(|at| model.remove(at)).count();
                    prop_assert_eq!(spans.remove(range), removed as u64);
                }
                let flat: Vec<u64> = spans.runs.iter().flat_map(|(s, e)| *s..*e).collect();
                prop_assert_eq!(&flat, &model.iter().copied().collect::<Vec<_>>());
                let runs: Vec<_> = spans.runs.iter().collect();
                prop_assert!(runs.windows(2).all(|pair| pair[0].1 < pair[1].0));
            }
        }
    }

    #[test]
    fn subtracting_leaves_the_gaps() {
        assert_eq!(subtract(0..10, [2..4, 3..5, 9..20]), [0..2, 5..9]);
        assert!(subtract(3..5, [0..4, 4..9]).is_empty());
    }
}
