//! Which columns a stream is taken to want, by what it and streams before it read.

use super::*;
use crate::{ColumnSet, Habit};

#[test]
fn a_column_that_turns_up_late_joins_the_set() {
    let file = Layout::new(5, &[(0, MIB); 6]);
    let mut planner = file.stream(settings());
    read(&mut planner, &file.chunk(0, 0));
    read(&mut planner, &file.chunk(1, 0));
    let late = file.chunk(1, 4);
    assert_eq!(pieces(&mut planner, &late), [demand(late, Reason::Chunk), next(file.chunk(2, 4))]);
    let third = file.chunk(2, 0);
    assert_eq!(
        pieces(&mut planner, &third),
        [demand(third, Reason::Chunk), next(file.chunk(3, 0)), next(file.chunk(3, 4)),]
    );
}

/// What earlier streams read: the set that begins as this stream does.
#[test]
fn the_columns_of_an_earlier_stream_come_with_the_first_read() {
    let file = Layout::new(1, &LINEITEM);
    let past: Vec<ColumnSet> = vec![[0, 5, 7].into(), [4, 5, 6, 10].into(), [0, 1, 9].into()];
    let stream = || {
        let mut planner = file.stream(settings());
        planner.remember(past.clone());
        planner
    };
    let ahead = |planner: &mut StreamPlanner, range: Range<u64>| {
        read(planner, &range).ahead().map(|piece| piece.range.clone()).collect::<Vec<_>>()
    };
    let mut planner = stream();
    assert_eq!(
        ahead(&mut planner, file.run(0, 0..=0)),
        [file.chunk(0, 5), file.chunk(0, 7)],
        "not the third set: its reader would have read column 1 along"
    );
    let mut planner = stream();
    assert_eq!(ahead(&mut planner, file.run(0, 4..=6)), [file.chunk(0, 10)]);
    assert_eq!(planner.lesson(false), None);
    assert_eq!(planner.lesson(true).unwrap().1, [4, 5, 6], "what was read, not what was guessed");
    let mut planner = stream();
    assert!(ahead(&mut planner, file.run(0, 4..=5)).is_empty(), "another query");
    let mut planner = stream();
    assert_eq!(ahead(&mut planner, file.run(0, 0..=1)), [file.chunk(0, 9)]);
}

/// A full buffer says nothing about what its reader left out.
#[test]
fn a_run_cut_by_the_buffer_still_finds_its_set() {
    let file = Layout::new(1, &[(0, MIB), (0, 7 * MIB), (0, 3 * MIB), (0, MIB), (0, MIB)]);
    let mut planner = file.stream(settings());
    planner.remember(vec![[0, 1, 2, 4].into()]);
    let start = file.chunk(0, 0).start;
    let plan = planner.read(start, 8 * MIB);
    let rest = file.chunk(0, 2);
    assert_eq!(
        plan.ahead().map(|piece| piece.range.clone()).collect::<Vec<_>>(),
        [rest, file.chunk(0, 4)]
    );
}

/// A stream that found its first row group in the cache, and not its second.
#[test]
fn what_was_read_warm_counts() {
    let file = Layout::new(3, &LINEITEM);
    let mut planner = file.stream(settings());
    for column in [0, 5] {
        planner.observe(file.chunk(0, column));
    }
    let first = file.chunk(1, 0);
    assert_eq!(
        pieces(&mut planner, &first),
        [
            demand(first, Reason::Chunk),
            same(file.chunk(1, 5), Reason::RowGroup),
            next(file.chunk(2, 0)),
            next(file.chunk(2, 5)),
        ]
    );
    assert_eq!(planner.lesson(false).unwrap().1, [0, 5]);
}

/// What experience speaks against isn't fetched; the rest is.
#[test]
fn a_refused_reason_is_left_out_and_nothing_else() {
    let mut habit = Habit::default();
    habit.settle(Reason::NextRowGroup, 0, 300 * MIB);
    let file = Layout::new(3, &LINEITEM);
    let mut planner = file.stream(PlanSettings { refused: habit.refused(), ..settings() });
    planner.remember(vec![[0, 5].into()]);
    let plan = read(&mut planner, &file.chunk(0, 0));
    assert_eq!(
        plan.ahead().cloned().collect::<Vec<_>>(),
        [same(file.chunk(0, 5), Reason::RowGroup)]
    );
}
