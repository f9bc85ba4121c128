//! A union of byte ranges: what of an object was asked for, each byte once.

use std::collections::BTreeMap;
use std::ops::Range;

/// Disjoint ranges, neighbours merged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RangeUnion {
    /// Start to end.
    ranges: BTreeMap<u64, u64>,
}

impl RangeUnion {
    /// Adds a range; an empty one changes nothing.
    pub fn add(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let Range { mut start, mut end } = range;
        // Ranges are disjoint, so of those that begin at or before `end` the ones that reach
        // `start` are the last ones.
        while let Some((&first, &last)) = self.ranges.range(..=end).next_back() {
            if last < start {
                break;
            }
            start = start.min(first);
            end = end.max(last);
            self.ranges.remove(&first);
        }
        self.ranges.insert(start, end);
    }

    /// The ranges in order.
    pub fn iter(&self) -> impl Iterator<Item = Range<u64>> {
        self.ranges.iter().map(|(start, end)| *start..*end)
    }

    /// Bytes covered.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.iter().map(|range| range.end - range.start).sum()
    }

    /// Whether every byte of `range` is covered.
    #[must_use]
    pub fn covers(&self, range: &Range<u64>) -> bool {
        range.is_empty()
            || (self.ranges.range(..=range.start).next_back())
                .is_some_and(|(_, end)| *end >= range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn union(ranges: &[Range<u64>]) -> RangeUnion {
        let mut union = RangeUnion::default();
        ranges.iter().cloned().for_each(|range| union.add(range));
        union
    }

    fn list(union: &RangeUnion) -> Vec<Range<u64>> {
        union.iter().collect()
    }

    #[test]
    fn neighbours_and_overlaps_merge_and_gaps_stay() {
        assert_eq!(list(&union(&[0..10, 10..20])), vec![0..20]);
        assert_eq!(list(&union(&[10..20, 0..10])), vec![0..20]);
        assert_eq!(list(&union(&[0..10, 11..20])), vec![0..10, 11..20]);
        assert_eq!(list(&union(&[0..5, 10..15, 20..25, 3..22])), vec![0..25]);
        assert_eq!(list(&union(&[0..100, 10..20])), vec![0..100]);
        assert_eq!(list(&union(&[5..5, 9..9])), vec![]);
        let all = 0..u64::MAX;
        assert_eq!(union(&[all.clone(), 7..9]).bytes(), all.end);
    }

    #[test]
    fn a_union_equals_a_set_of_bytes() {
        let mut state = 1;
        for round in 0..200 {
            let (mut union, mut set) = (RangeUnion::default(), [false; 64]);
            for _ in 0..12 {
                state = crate::content::mix(state);
                let start = state % 60;
                let end = (start + (state >> 32) % 9).min(64);
                union.add(start..end);
                (start..end).for_each(|byte| set[usize::try_from(byte).unwrap()] = true);
                assert!(union.covers(&(start..end)));
            }
            let bytes = set.iter().filter(|byte| **byte).count();
            assert_eq!(union.bytes(), bytes as u64, "round {round}");
            let list = list(&union);
            assert!(list.windows(2).all(|pair| pair[0].end < pair[1].start), "{list:?}");
            for start in 0..64_u64 {
                let here = set[usize::try_from(start).unwrap()];
                assert_eq!(union.covers(&(start..start + 1)), here, "byte {start} of {list:?}");
            }
        }
    }
}
