//! Readers of ORC: Spark 3.5 and Hive read the tail, then for each stripe its footer (twice), the
//! index where there is a filter, and one run of adjacent columns after the other.

use super::*;
use crate::footer::orc::tests::{Written, written};

struct Layout(Written);

impl Layout {
    fn new(stripes: usize, sizes: &[u64], index: u64) -> Layout {
        Layout(written(&vec![sizes.to_vec(); stripes], index))
    }

    fn stream(&self) -> StreamPlanner {
        self.stream_with(settings())
    }

    fn stream_with(&self, settings: PlanSettings) -> StreamPlanner {
        let mut planner = StreamPlanner::new(self.0.footer.file_length(), settings);
        planner.set_footer(Arc::clone(&self.0.footer));
        planner
    }

    fn describe(&self, number: usize) {
        self.0.footer.describe(number, &self.0.stripe_footers[number]);
    }

    fn own(&self, number: usize) -> Range<u64> {
        self.0.footer.stripe_footer(number).unwrap()
    }

    fn chunk(&self, number: usize, column: usize) -> Range<u64> {
        self.0.footer.row_group(number).unwrap().chunks[column - 1].range()
    }
}

fn read(planner: &mut StreamPlanner, range: &Range<u64>) -> Plan {
    planner.read(range.start, range.end - range.start)
}

#[test]
fn the_footers_of_the_next_stripes_come_with_the_first() {
    let file = Layout::new(4, &[MIB, MIB, MIB], 10 * KIB);
    let mut planner = file.stream();
    let plan = read(&mut planner, &file.own(0));
    assert_eq!(
        plan.pieces,
        [
            demand(file.own(0), Reason::Footer),
            same(file.own(1), Reason::Footer),
            same(file.own(2), Reason::Footer),
        ]
    );
    let again = read(&mut planner, &file.own(0));
    assert_eq!(again.pieces, [demand(file.own(0), Reason::Footer)], "Spark reads it twice");
}

#[test]
fn the_planner_says_which_stripe_footers_it_wants_to_see() {
    let file = Layout::new(4, &[MIB, MIB], 0);
    let planner = file.stream();
    let own = file.own(0);
    let wanted = planner.undescribed(own.start, 10);
    assert_eq!(wanted, [0, 1, 2, 3].map(|number| (number, file.own(number))));
    file.describe(1);
    assert_eq!(planner.undescribed(own.start, 10).len(), 3);
}

/// As in Parquet: the first stripe shows which columns are wanted, the next come before they are read.
#[test]
fn a_stripe_s_columns_are_fetched_while_the_one_before_is_read() {
    let file = Layout::new(3, &[MIB, MIB, MIB, MIB], 10 * KIB);
    let mut planner = file.stream();
    read(&mut planner, &file.own(0));
    for number in 0..3 {
        file.describe(number);
    }
    let first = file.chunk(0, 1);
    let plan = read(&mut planner, &first);
    assert_eq!(plan.pieces, [demand(first, Reason::Chunk), next(file.chunk(1, 1))]);
    let third = file.chunk(0, 3);
    let plan = read(&mut planner, &third);
    assert_eq!(plan.pieces, [demand(third, Reason::Chunk), next(file.chunk(1, 3))]);
    let plan = read(&mut planner, &file.own(1));
    assert_eq!(
        plan.pieces,
        [demand(file.own(1), Reason::Footer), next(file.chunk(2, 1)), next(file.chunk(2, 3))],
        "whoever reads a stripe's footer has come to it"
    );
    let second = file.chunk(1, 1);
    assert_eq!(read(&mut planner, &second).pieces, [demand(second, Reason::Chunk)]);
}

/// The next stripe's footer is still on its way when this one's first column is read.
#[test]
fn a_footer_that_comes_late_is_waited_for_by_the_reads_that_follow() {
    let file = Layout::new(2, &[MIB, MIB, MIB], 0);
    let mut planner = file.stream();
    read(&mut planner, &file.own(0));
    file.describe(0);
    let first = file.chunk(0, 1);
    let plan = read(&mut planner, &first);
    assert_eq!(plan.pieces, [demand(first.clone(), Reason::Chunk)]);
    assert_eq!(plan.quiet, first, "the next read is reported");
    file.describe(1);
    let second = file.chunk(0, 2);
    let plan = read(&mut planner, &second);
    let both = file.chunk(1, 1).start..file.chunk(1, 2).end;
    assert_eq!(plan.pieces, [demand(second, Reason::Chunk), next(both)]);
}

#[test]
fn an_index_comes_whole_while_it_is_short() {
    let file = Layout::new(2, &[MIB], 100 * KIB);
    let mut planner = file.stream();
    let index = file.0.footer.stripe_index(0).unwrap();
    let plan = planner.read(index.start + 500, 600);
    assert_eq!(plan.pieces, [demand(index.clone(), Reason::Index)]);
    assert_eq!(plan.quiet, index);
    let long = Layout::new(2, &[MIB], 900 * KIB);
    let mut planner = long.stream();
    let plan = planner.read(10 * KIB, 600);
    assert_eq!(plan.pieces, [demand(10 * KIB..10 * KIB + 600, Reason::Index)]);
}

/// A stripe belongs to the split that holds its start.
#[test]
fn stripes_of_the_next_split_are_left_alone() {
    let file = Layout::new(4, &[4 * MIB, 4 * MIB], 0);
    let starts: Vec<u64> = file.0.footer.row_groups().map(|group| group.split_point).collect();
    let known = PlanSettings { split_end: Some(starts[2]), ..settings() };
    let mut planner = file.stream_with(known);
    let plan = read(&mut planner, &file.own(0));
    assert_eq!(plan.pieces.len(), 2, "its own and the second: {:?}", plan.pieces);
}

/// Rows picked by the index: parts of streams, and nothing else.
#[test]
fn parts_of_streams_are_fetched_exactly() {
    let file = Layout::new(2, &[4 * MIB, 4 * MIB], 0);
    file.describe(0);
    file.describe(1);
    let mut planner = file.stream();
    let chunk = file.chunk(0, 2);
    let range = chunk.start + MIB..chunk.start + MIB + 300 * KIB;
    let plan = read(&mut planner, &range);
    assert_eq!(plan.pieces, [demand(range, Reason::Pages)]);
}
