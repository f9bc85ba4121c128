//! The ranges of a file that a planner has asked for without knowing what they are.
//!
//! At most 64 are kept, in order, never touching each other. Where a 65th would be needed the two
//! nearest become one, gap included: too much then counts as asked for, which costs a look-ahead but
//! never a byte fetched twice.

use std::ops::Range;

/// Enough for the end of a file and sixty places where a reader went forward for a while; 1 KiB.
const MAX_SPANS: usize = 64;

/// Ordered, disjoint, not adjacent.
#[derive(Debug, Clone, Default)]
pub(super) struct Spans {
    spans: Vec<Range<u64>>,
}

impl Spans {
    pub(super) fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let first = self.spans.partition_point(|span| span.end < range.start);
        let past = self.spans.partition_point(|span| span.start <= range.end);
        let start = self.spans.get(first).map_or(range.start, |span| span.start.min(range.start));
        let last = past.checked_sub(1).and_then(|last| self.spans.get(last));
        let end = last.map_or(range.end, |span| span.end.max(range.end));
        // Nothing met: `past` equals `first`, and neither neighbour may widen the range.
        let joined = if first < past { start..end } else { range };
        self.spans.splice(first..past, [joined]);
        if self.spans.len() > MAX_SPANS {
            self.join_nearest();
        }
    }

    pub(super) fn heap(&self) -> usize {
        self.spans.capacity() * size_of::<Range<u64>>()
    }

    pub(super) fn meets(&self, range: &Range<u64>) -> bool {
        let first = self.spans.partition_point(|span| span.end <= range.start);
        !range.is_empty() && self.spans.get(first).is_some_and(|span| span.start < range.end)
    }

    /// The parts of `range` not in the set, in order.
    pub(super) fn absent(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let mut parts = Vec::new();
        let mut free = range.start;
        let first = self.spans.partition_point(|span| span.end <= range.start);
        for span in self.spans.iter().skip(first).take_while(|span| span.start < range.end) {
            if free < span.start {
                parts.push(free..span.start);
            }
            free = span.end;
        }
        if free < range.end {
            parts.push(free..range.end);
        }
        parts
    }

    /// How far one can go from `from` towards `to` without meeting the set.
    pub(super) fn free_until(&self, from: u64, to: u64) -> u64 {
        match self.absent(&(from..to)).first() {
            Some(part) if part.start == from => part.end,
            Some(_) | None => from,
        }
    }

    fn join_nearest(&mut self) {
        let gap = |pair: &[Range<u64>]| match pair {
            [left, right] => right.start - left.end,
            _ => u64::MAX,
        };
        let nearest = (0..self.spans.len().saturating_sub(1))
            .min_by_key(|at| self.spans.get(*at..at + 2).map_or(u64::MAX, gap));
        if let Some(at) = nearest
            && let Some([left, right]) = self.spans.get(at..at + 2)
        {
            let joined = left.start..right.end;
            self.spans.splice(at..at + 2, [joined]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_touches_becomes_one() {
        let mut spans = Spans::default();
        for range in [10..20, 40..50, 20..30, 0..5, 29..41] {
            spans.insert(range);
        }
        assert_eq!(spans.spans, [0..5, 10..50]);
        assert_eq!(spans.absent(&(3..60)), [5..10, 50..60]);
        assert_eq!(spans.free_until(5, 60), 10);
        assert_eq!(spans.free_until(12, 60), 12);
        assert!(spans.meets(&(4..6)) && !spans.meets(&(5..10)) && !spans.meets(&(12..12)));
    }

    #[test]
    fn the_nearest_are_joined_when_there_are_too_many() {
        let mut spans = Spans::default();
        for number in 0..100 {
            spans.insert(number * 100..number * 100 + 10);
        }
        assert_eq!(spans.spans.len(), MAX_SPANS);
        for number in 0..100 {
            assert!(spans.absent(&(number * 100..number * 100 + 10)).is_empty());
        }
    }

    proptest! {
        #![proptest_config(crate::seeded(500))]

        #[test]
        fn a_set_of_bytes_is_the_model(
            ranges in prop::collection::vec((0_u64..300, 0_u64..40), 0..60),
            probe in (0_u64..300, 0_u64..60),
        ) {
            let mut spans = Spans::default();
            let mut model = std::collections::BTreeSet::new();
            for (start, size) in ranges {
                spans.insert(start..start + size);
                model.extend(start..start + size);
            }
            let probe = probe.0..probe.0 + probe.1;
            let absent: Vec<u64> = spans.absent(&probe).into_iter().flatten().collect();
            let expected: Vec<u64> = probe.clone().filter(|byte| !model.contains(byte)).collect();
            prop_assert_eq!(absent, expected);
            prop_assert_eq!(spans.meets(&probe), probe.clone().any(|byte| model.contains(&byte)));
            for pair in spans.spans.windows(2) {
                prop_assert!(pair[0].end < pair[1].start);
            }
        }
    }
}
