//! How far ahead a stream looks, and that it ends where its split does.

use std::time::Duration;

use super::*;
use crate::Pace;

/// A task in the middle of the file: its split begins at 128 MiB and ends at 256 MiB.
#[test]
fn a_task_in_the_middle_stays_in_its_split() {
    let file = Layout::new(12, &LINEITEM);
    let mut planner = file.stream(settings());
    let mut touched = Vec::new();
    for group in 4..8 {
        let range = file.chunk(group, 3);
        let plan = read(&mut planner, &range);
        touched.push(plan.ahead().map(|piece| piece.range.clone()).collect::<Vec<_>>());
    }
    assert_eq!(touched, [vec![], vec![file.chunk(6, 3)], vec![file.chunk(7, 3)], vec![]]);
}

#[test]
fn a_known_split_end_decides_from_the_first_row_group_on() {
    let file = Layout::new(7, &LINEITEM);
    let known = PlanSettings { split_end: Some(70 * MIB), ..settings() };
    let mut planner = file.stream(known);
    let ahead = |planner: &mut StreamPlanner, group| {
        let plan = read(planner, &file.chunk(group, 3));
        plan.ahead().map(|piece| piece.range.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ahead(&mut planner, 0), [file.chunk(1, 3)]);
    assert_eq!(ahead(&mut planner, 1), [], "the third row group's middle lies at 80 MiB");
}

/// Up to 128 MiB the whole file counts as one split.
#[test]
fn a_file_of_one_split_is_looked_ahead_from_its_first_row_group() {
    let file = Layout::new(3, &LINEITEM);
    let mut planner = file.stream(settings());
    let (one, other) = (file.run(0, 0..=0), file.run(0, 4..=5));
    let plan = pieces(&mut planner, &one);
    assert_eq!(plan, [demand(one, Reason::Chunk), next(file.run(1, 0..=0))]);
    let plan = pieces(&mut planner, &other);
    assert_eq!(plan, [demand(other, Reason::Chunk), next(file.run(1, 4..=5))]);
    let second = file.run(1, 0..=0);
    let plan = pieces(&mut planner, &second);
    let third = [next(file.run(2, 0..=0)), next(file.run(2, 4..=5))];
    assert_eq!(plan[0], demand(second, Reason::Chunk));
    assert_eq!(plan[1..], third);
    let last = file.run(2, 0..=0);
    assert_eq!(pieces(&mut planner, &last), [demand(last, Reason::Chunk)]);
}

#[test]
fn a_stream_that_begins_elsewhere_must_first_go_on_by_itself() {
    let file = Layout::new(4, &[(0, 2 * MIB); 8]);
    let mut planner = file.stream(settings());
    assert_eq!(read(&mut planner, &file.chunk(1, 0)).ahead().count(), 0);
    assert_eq!(read(&mut planner, &file.chunk(2, 0)).ahead().count(), 1);
}

/// Row groups pruned by statistics: fetching ahead stops until the stream takes neighbours again.
#[test]
fn a_stream_that_skips_is_not_looked_ahead_of() {
    let file = Layout::new(8, &[(0, MIB); 4]);
    let mut planner = file.stream(settings());
    let mut ahead = |group| read(&mut planner, &file.chunk(group, 1)).ahead().count();
    assert_eq!(ahead(0), 1, "one row group fetched for nothing");
    assert_eq!(ahead(3), 0);
    assert_eq!(ahead(5), 0);
    assert_eq!(ahead(6), 1);
    assert_eq!(ahead(2), 0, "backwards");
}

#[test]
fn no_row_group_ahead() {
    let file = Layout::new(6, &[(0, MIB); 4]);
    let mut planner = file.stream(PlanSettings { row_groups: 0, ..settings() });
    read(&mut planner, &file.chunk(0, 0));
    read(&mut planner, &file.chunk(0, 2));
    let plan = read(&mut planner, &file.chunk(1, 0));
    let own: Vec<_> = plan.ahead().cloned().collect();
    assert_eq!(own, [same(file.chunk(1, 2), Reason::RowGroup)]);
}

#[test]
fn a_reader_faster_than_the_store_is_looked_further_ahead_of() {
    let file = Layout::new(6, &[(0, 9 * MIB), (0, MIB)]);
    let mut planner = file.stream(settings());
    let pace = |busy| Pace {
        busy: Duration::from_millis(busy),
        latency: Duration::from_millis(30),
        bandwidth: 94_371_840, // a chunk in 100 ms
        flights: 0,
    };
    let mut ahead = Vec::new();
    for (group, busy) in [(0, 0), (1, 50), (2, 100), (3, 400)] {
        planner.set_pace(pace(busy));
        let plan = read(&mut planner, &file.chunk(group, 0));
        let groups = plan.ahead().filter(|piece| piece.priority == Priority::NextRowGroup);
        ahead.push((planner.depth(), groups.count()));
    }
    assert_eq!(ahead[0].0, 1, "nothing measured");
    assert_eq!(ahead[1].0, 3, "130 ms to come, 50 to decode");
    assert_eq!(ahead[2].0, 3);
    assert_eq!(ahead[3].0, 1, "a slow one: 175 ms on average");
}

/// Every split of a file read by a stream of its own, columns 1 and 3 of four: bytes read, and bytes
/// fetched ahead that their stream never read.
fn scan(row_group: u64, file_length: u64, split: u64) -> (u64, u64) {
    let column = row_group / 4;
    let groups = usize::try_from(file_length / row_group).unwrap();
    let file = Layout::new(groups, &[(0, column); 4]);
    let (mut used, mut wasted) = (0, 0);
    for start in (0..file_length).step_by(usize::try_from(split).unwrap()) {
        let mut planner = file.stream(settings());
        let mut ahead = Vec::new();
        let mut read_groups = Vec::new();
        for (number, group) in file.footer.row_groups().enumerate() {
            if !(start..start + split).contains(&group.split_point) {
                continue;
            }
            read_groups.push(group.range);
            for column in [1, 3] {
                let range = file.chunk(number, column);
                used += range.end - range.start;
                ahead.extend(read(&mut planner, &range).ahead().cloned());
            }
        }
        let unread = ahead
            .iter()
            .filter(|piece| !read_groups.iter().any(|group| group.contains(&piece.range.start)));
        wasted += unread.map(|piece| piece.range.end - piece.range.start).sum::<u64>();
    }
    (used, wasted)
}

#[test]
fn a_scan_in_spark_s_splits_fetches_nothing_that_its_stream_does_not_read() {
    for row_group in [7, 33, 60, 100, 120, 128] {
        let (used, wasted) = scan(row_group * MIB, 1100 * MIB, 128 * MIB);
        assert!(used > 0);
        assert_eq!(wasted, 0, "row groups of {row_group} MiB");
    }
}

/// Nobody tells the stream where such a split ends, so it looks past it by one row group, once it has
/// seen two: dear where a split holds two or three row groups, cheap where it holds many. The row
/// group fetched is the first of the neighbouring split.
#[test]
fn finer_splits_cost_at_most_one_row_group_each() {
    for (row_group, split, percent) in [(4, 64, 6), (7, 64, 10), (20, 32, 36), (33, 32, 0)] {
        let (used, wasted) = scan(row_group * MIB, 1000 * MIB, split * MIB);
        let streams = 1000_u64.div_ceil(split);
        assert!(wasted <= streams * row_group * MIB / 2, "{row_group} {split}: {wasted}");
        assert_eq!(
            wasted * 100 / used,
            percent,
            "row groups of {row_group}, splits of {split} MiB"
        );
    }
}
