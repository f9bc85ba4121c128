//! What a read gets at once: what it asks for, and the rest of a structure that readers take to its end.

use std::ops::Range;

use super::{Columns, chunk_at};
use crate::planner::runs::worth_joining;
use crate::planner::spans::Spans;
use crate::{Footer, MAX_PIECE, Reason};

/// Page indexes up to this size come whole with their first read, larger ones this much at a time:
/// readers take them in many small reads, column by column, and 256 KiB cost a tenth of a request.
const INDEX: u64 = 256 << 10;

/// What the reader gets at once, why, and the range around it in which further reads change nothing.
pub(super) struct Demand {
    pub(super) range: Range<u64>,
    pub(super) reason: Reason,
    pub(super) settled: Range<u64>,
}

impl Columns {
    /// What was asked for, and the rest of a structure that is always read to its end.
    pub(super) fn demand(
        &mut self,
        read: &Range<u64>,
        footer: &Footer,
        covered: &mut Spans,
    ) -> Demand {
        if read.start >= footer.range().start {
            return grown(read, footer.range(), Reason::Footer, covered);
        }
        if let Some(index) = footer.page_index().filter(|index| index.contains(&read.start)) {
            let room = if index.end - index.start <= INDEX {
                index
            } else {
                read.start..read.start.saturating_add(INDEX).min(index.end)
            };
            return grown(read, room, Reason::Index, covered);
        }
        if let Some(demand) = self.stripe_part(read, footer) {
            return demand;
        }
        let exactly = |reason| Demand { range: read.clone(), reason, settled: read.clone() };
        let Some((bit, chunk)) = chunk_at(footer, read.start) else {
            return exactly(Reason::Random);
        };
        if self.reads_whole(read, &chunk) {
            return exactly(Reason::Chunk);
        }
        match chunk.dictionary().filter(|dictionary| read.end <= dictionary.end) {
            Some(dictionary) => {
                let complete = dictionary.end - dictionary.start <= MAX_PIECE
                    && !self.planned.contains(bit)
                    && !covered.meets(&dictionary)
                    && self.dictionaries.insert(bit);
                let end = if complete { dictionary.end } else { read.end };
                Demand { range: read.start..end, ..exactly(Reason::Dictionary) }
            }
            None => exactly(Reason::Pages),
        }
    }

    /// A stripe's own footer, or its index where that is short, whole with its first read.
    fn stripe_part(&mut self, read: &Range<u64>, footer: &Footer) -> Option<Demand> {
        let number = footer.row_groups_over(&(read.start..read.start.saturating_add(1))).start;
        let part = |range: Option<Range<u64>>| range.filter(|range| range.contains(&read.start));
        let (room, reason, first) = if let Some(own) = part(footer.stripe_footer(number)) {
            (own, Reason::Footer, self.stripe_footers.insert(number))
        } else {
            let index = part(footer.stripe_index(number))?;
            let short = index.end - index.start <= INDEX;
            (index, Reason::Index, short && self.stripe_indexes.insert(number))
        };
        let inside = read.end <= room.end;
        let range = if first && inside { room.clone() } else { read.clone() };
        let settled = if first && inside { room } else { range.clone() };
        Some(Demand { range, reason, settled })
    }
}

/// Demands in the order of the file, those close to each other as one.
pub(super) fn joined(demands: &[Demand], gap: u64) -> Vec<(Range<u64>, Reason)> {
    let mut joined: Vec<(Range<u64>, Reason)> = Vec::new();
    for Demand { range, reason, .. } in demands {
        match joined.last_mut() {
            Some((last, _)) if worth_joining(last, range, (gap, gap)) => {
                last.end = last.end.max(range.end);
            }
            Some(_) | None => joined.push((range.clone(), *reason)),
        }
    }
    joined
}

/// A demand that takes as much of `room` as was not asked for before.
fn grown(read: &Range<u64>, room: Range<u64>, reason: Reason, covered: &mut Spans) -> Demand {
    let mut range = read.clone();
    if !covered.absent(read).is_empty() {
        if room.start < read.start && !covered.meets(&(room.start..read.start)) {
            range.start = room.start;
        }
        if read.end < room.end {
            range.end = covered.free_until(read.end, room.end);
        }
        covered.insert(range.clone());
    }
    let whole =
        room.start <= read.start && read.end <= room.end && covered.absent(&room).is_empty();
    let settled = if whole { room } else { range.clone() };
    Demand { range, reason, settled }
}
