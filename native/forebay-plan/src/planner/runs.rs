//! Which bytes of a row group are missing, joined into ranges worth a request each.

use std::ops::Range;

use super::spans::Spans;
use crate::{Chunk, Reason};

/// A range to fetch ahead and the chunks it brings, by their place in the row group. Empty where a
/// chunk needs nothing more.
pub(super) struct Run {
    pub(super) range: Range<u64>,
    pub(super) places: Range<usize>,
    pub(super) reason: Reason,
}

/// How a chunk stands.
pub(super) enum Standing {
    /// Asked for before: nothing is joined across it.
    Planned,
    /// Of the column set, and missing.
    Wanted,
    /// Neither; may be fetched for the sake of its neighbours.
    Other,
}

/// What ranges must keep clear of.
pub(super) struct Around<'a> {
    /// What the reader gets by this very plan, in order.
    pub(super) demand: &'a [Range<u64>],
    /// What was asked for without being understood.
    pub(super) covered: &'a Spans,
    /// How far apart ranges may lie to be joined: see [`worth_joining`].
    pub(super) gaps: (u64, u64),
}

impl Around<'_> {
    /// The runs of one row group, in file order. `reason` is told whether the demand meets the chunk.
    pub(super) fn runs(
        &self,
        chunks: &[Chunk],
        standing: impl Fn(usize, &Chunk) -> Standing,
        reason: impl Fn(bool) -> Reason,
    ) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut barrier = true;
        for (place, chunk) in chunks.iter().enumerate() {
            match standing(place, chunk) {
                Standing::Planned => barrier = true,
                Standing::Other => {}
                Standing::Wanted => {
                    let (met, parts) = self.missing(chunk);
                    for range in parts {
                        match runs.last_mut() {
                            Some(last) if !barrier && self.joins(last, &range) => {
                                last.range.end = range.end;
                                last.places.end = place + 1;
                            }
                            Some(_) | None => {
                                let places = place..place + 1;
                                runs.push(Run { range, places, reason: reason(met) });
                            }
                        }
                        barrier = false;
                    }
                }
            }
        }
        runs
    }

    /// The parts of a chunk to fetch. Of a chunk that the demand meets, only what lies behind it:
    /// the reader goes forward, and what it passed over it doesn't need.
    fn missing(&self, chunk: &Chunk) -> (bool, Vec<Range<u64>>) {
        let range = chunk.range();
        let demanded = self.demand.iter().filter(|demand| meets(demand, &range));
        let last = demanded.map(|demand| demand.end.min(range.end)).max();
        let (met, from) = (last.is_some(), last.unwrap_or(range.start));
        let mut parts = self.covered.absent(&(from..range.end));
        if parts.is_empty() {
            parts.push(range.end..range.end);
        }
        (met, parts)
    }

    fn joins(&self, last: &Run, range: &Range<u64>) -> bool {
        let between = last.range.end..range.start;
        !last.range.is_empty()
            && !range.is_empty()
            && worth_joining(&last.range, range, self.gaps)
            && !self.demand.iter().any(|demand| meets(demand, &between))
            && !self.covered.meets(&between)
    }
}

/// Whether two ranges, `left` before `right`, are fetched as one. Up to the first gap always; up to the
/// second, wider one only where what lies between is at most a quarter of what is wanted, so that no
/// request moves more than a fifth for nothing.
pub(super) fn worth_joining(left: &Range<u64>, right: &Range<u64>, gaps: (u64, u64)) -> bool {
    let between = right.start.saturating_sub(left.end);
    let wanted = (left.end - left.start).saturating_add(right.end - right.start);
    between <= gaps.0 || (between <= gaps.1 && between <= wanted / 4)
}

pub(super) fn meets(left: &Range<u64>, right: &Range<u64>) -> bool {
    left.start < right.end && right.start < left.end
}
