//! What a stream that has entered a row group will want: the rest of its columns there, those columns in the
//! row groups ahead, and the footers of the stripes behind them.

use super::{Columns, column, later};
use crate::plan::Draft;
use crate::planner::runs::{Around, Standing, meets};
use crate::{Chunk, PlanSettings, Priority, Reason};

impl Columns {
    /// Asks for what a stream that has entered a row group will want; says whether it isn't known yet
    /// where that lies.
    pub(super) fn ask_from(
        &mut self,
        number: usize,
        settings: &PlanSettings,
        around: &Around<'_>,
        draft: &mut Draft,
    ) -> bool {
        let mut waits = false;
        self.ask(number, Priority::SameRowGroup, around, draft);
        self.depth = self.depth_at(number, settings);
        for next in (1..=self.depth).filter_map(|step| later(number, step)) {
            if self.reaches(next, settings) {
                waits |= self.footer.undescribed(next).is_some();
                self.ask(next, Priority::NextRowGroup, around, draft);
            }
        }
        self.ask_for_stripe_footers(number, settings, around, draft);
        waits
    }

    fn depth_at(&self, number: usize, settings: &PlanSettings) -> u32 {
        let Some(group) = self.footer.row_group(number) else { return 0 };
        let (mut bytes, mut parts) = (0_u64, 0);
        for chunk in group.chunks.iter().filter(|chunk| self.wants(column(chunk))) {
            bytes = bytes.saturating_add(chunk.range().end - chunk.range().start);
            parts += 1;
        }
        self.pace.depth(bytes, parts, self.decode, settings.row_groups)
    }

    pub(super) fn wants(&self, column: usize) -> bool {
        self.set.contains(column) || self.guess.contains(column)
    }

    /// Asks for what is missing of the column set in one row group, in the order in which a reader
    /// that goes forward will want it.
    fn ask(&mut self, number: usize, priority: Priority, around: &Around<'_>, draft: &mut Draft) {
        let Some(group) = self.footer.row_group(number) else { return };
        let base = number.saturating_mul(self.footer.columns());
        let standing = |place: usize, chunk: &Chunk| {
            if self.planned.contains(base + place) {
                Standing::Planned
            } else if self.wants(column(chunk)) {
                Standing::Wanted
            } else {
                Standing::Other
            }
        };
        let mut runs = around.runs(group.chunks, standing, |met| match priority {
            Priority::NextRowGroup | Priority::NextFile => Reason::NextRowGroup,
            Priority::SameRowGroup | Priority::Demand if met => Reason::Chunk,
            Priority::SameRowGroup | Priority::Demand => Reason::RowGroup,
        });
        let from = around.demand.first().map_or(0, |demand| demand.start);
        runs.sort_by_key(|run| run.range.start < from);
        for run in runs {
            if run.range.is_empty() || draft.ahead(run.range, priority, run.reason) {
                for place in run.places {
                    self.planned.insert(base + place);
                }
            }
        }
    }

    /// One stripe further than columns are fetched ahead: what is entered next must then know its
    /// successor.
    fn ask_for_stripe_footers(
        &mut self,
        number: usize,
        settings: &PlanSettings,
        around: &Around<'_>,
        draft: &mut Draft,
    ) {
        let further = self.depth.min(settings.row_groups).saturating_add(1);
        for next in (1..=further).filter_map(|step| later(number, step)) {
            let unknown = self.footer.undescribed(next).filter(|_| self.reaches(next, settings));
            let Some(range) = unknown else { continue };
            let coming = around.demand.iter().any(|demand| meets(demand, &range))
                || around.covered.meets(&range);
            if !coming
                && !self.stripe_footers.contains(next)
                && draft.ahead(range, Priority::SameRowGroup, Reason::Footer)
            {
                self.stripe_footers.insert(next);
            }
        }
    }

    fn reaches(&self, number: usize, settings: &PlanSettings) -> bool {
        self.course.as_ref().is_some_and(|course| course.reaches(number, &self.footer, settings))
    }
}
