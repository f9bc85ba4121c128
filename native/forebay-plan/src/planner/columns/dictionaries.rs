//! Readers that look at dictionaries to find out which row groups they can leave out.
//!
//! They read one dictionary page per row group, one after the other, and nothing else of the chunk. Two
//! such in a row, and the dictionaries of that column in the row groups to come are asked for in one
//! batch.

use super::{Columns, chunk_at, later};
use crate::plan::Draft;
use crate::planner::course::Course;
use crate::planner::spans::Spans;
use crate::{Chunk, MAX_PIECE, PlanSettings, Priority, Reason};

/// Dictionaries of one batch: at a megabyte each, the largest that writers make, 16 are two pieces'
/// worth, and in the time of one request a reader filters fewer.
const BATCH: u32 = 16;

/// Where a stream has read dictionaries and nothing else.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    course: Course,
    /// The chunk looked at last.
    last: (usize, usize),
}

impl Columns {
    /// Takes note that the dictionary at `offset` is read.
    pub(super) fn filter(
        &mut self,
        offset: u64,
        covered: &mut Spans,
        settings: &PlanSettings,
        draft: &mut Draft,
    ) {
        let Some((bit, chunk)) = chunk_at(&self.footer, offset) else { return };
        let number = bit / self.footer.columns().max(1);
        let Some(mut filter) = self.filter.take() else {
            let course = Course::begin(number, &self.footer);
            self.filter = Some(Filter { course, last: (number, bit) });
            return;
        };
        filter.course.enter(number, &self.footer);
        let (before, bit_before) = std::mem::replace(&mut filter.last, (number, bit));
        if before != number && !self.planned.contains(bit_before) {
            for next in (1..=BATCH).filter_map(|step| later(number, step)) {
                if filter.course.reaches(next, &self.footer, settings) {
                    self.ask_for_dictionary(next, chunk.column(), covered, draft);
                }
            }
        }
        self.filter = Some(filter);
    }

    fn ask_for_dictionary(
        &mut self,
        number: usize,
        column: u32,
        covered: &mut Spans,
        draft: &mut Draft,
    ) {
        let Some(group) = self.footer.row_group(number) else { return };
        let Some(place) = group.chunks.iter().position(|chunk| chunk.column() == column) else {
            return;
        };
        let bit = number.saturating_mul(self.footer.columns()).saturating_add(place);
        let dictionary = group.chunks.get(place).and_then(Chunk::dictionary);
        let Some(range) = dictionary.filter(|range| range.end - range.start <= MAX_PIECE) else {
            return;
        };
        if !self.planned.contains(bit)
            && !covered.meets(&range)
            && !self.dictionaries.contains(bit)
            && draft.ahead(range.clone(), Priority::NextRowGroup, Reason::Dictionary)
        {
            self.dictionaries.insert(bit);
            covered.insert(range);
        }
    }
}
