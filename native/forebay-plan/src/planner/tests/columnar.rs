use std::time::Duration;

use super::*;
use crate::{ColumnSet, Habit, Pace};

/// A file of `groups` row groups with columns of these sizes.
struct Layout {
    footer: Arc<Footer>,
}

impl Layout {
    fn new(groups: usize, columns: &[Sizes]) -> Layout {
        Layout { footer: footer(&vec![columns.to_vec(); groups], 0) }
    }

    fn chunk(&self, group: usize, column: usize) -> Range<u64> {
        self.footer.row_group(group).unwrap().chunks[column].range()
    }

    /// The bytes of adjacent columns.
    fn run(&self, group: usize, columns: std::ops::RangeInclusive<usize>) -> Range<u64> {
        self.chunk(group, *columns.start()).start..self.chunk(group, *columns.end()).end
    }

    fn stream(&self, settings: PlanSettings) -> StreamPlanner {
        let mut planner = StreamPlanner::new(self.footer.file_length(), settings);
        planner.set_footer(Arc::clone(&self.footer));
        planner
    }
}

fn read(planner: &mut StreamPlanner, range: &Range<u64>) -> Plan {
    planner.read(range.start, range.end - range.start)
}

fn pieces(planner: &mut StreamPlanner, range: &Range<u64>) -> Vec<Piece> {
    read(planner, range).pieces
}

/// Sixteen columns of 2 MiB: 32 MiB per row group, as Spark writes lineitem.
const LINEITEM: [Sizes; 16] = [(0, 2 << 20); 16];

/// Spark 3.5 scanning columns 0, 4, 5 and 10: adjacent chunks in one read, row groups in order.
/// The file is longer than a split, so look-ahead waits until the stream goes on by itself.
#[test]
fn spark_scans_four_columns_of_a_long_file() {
    let file = Layout::new(7, &LINEITEM);
    let mut planner = file.stream(settings());
    for run in [0..=0, 4..=5, 10..=10] {
        let range = file.run(0, run);
        let plan = read(&mut planner, &range);
        assert_eq!(plan.pieces, [demand(range.clone(), Reason::Chunk)]);
        assert_eq!(plan.quiet, range);
    }
    let first = file.run(1, 0..=0);
    let plan = read(&mut planner, &first);
    assert_eq!(
        plan.pieces,
        [
            demand(first, Reason::Chunk),
            same(file.run(1, 4..=5), Reason::RowGroup),
            same(file.run(1, 10..=10), Reason::RowGroup),
            next(file.run(2, 0..=0)),
            next(file.run(2, 4..=5)),
            next(file.run(2, 10..=10)),
        ],
        "the second row group at once, and the third"
    );
    for run in [4..=5, 10..=10] {
        let range = file.run(1, run);
        let plan = read(&mut planner, &range);
        assert_eq!(plan.pieces, [demand(range.clone(), Reason::Chunk)], "planned already");
        assert_eq!(plan.quiet, range);
    }
    let range = file.run(2, 0..=0);
    let ahead: Vec<_> = read(&mut planner, &range).ahead().cloned().collect();
    let fourth = [next(file.run(3, 0..=0)), next(file.run(3, 4..=5)), next(file.run(3, 10..=10))];
    assert_eq!(ahead, fourth);
    let range = file.run(3, 0..=0);
    let plan = read(&mut planner, &range);
    assert_eq!(plan.ahead().count(), 0, "the fifth row group's middle lies past 128 MiB");
    let range = file.run(4, 0..=0);
    let plan = read(&mut planner, &range);
    assert_eq!(plan.ahead().count(), 2 + 3, "it went on: the split is larger than that");
}

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

/// parquet-mr cuts a run of chunks into buffers of 8 MiB and reads them one after another.
#[test]
fn a_run_longer_than_a_buffer_is_completed_at_its_first_read() {
    let file = Layout::new(8, &[(0, MIB), (0, 12 * MIB), (0, 9 * MIB), (0, MIB)]);
    let mut planner = file.stream(settings());
    let run = file.run(0, 1..=2);
    let cut = run.start + 8 * MIB;
    let plan = planner.read(run.start, 8 * MIB);
    assert_eq!(
        plan.pieces,
        [demand(run.start..cut, Reason::Chunk), same(cut..file.chunk(0, 1).end, Reason::Chunk)]
    );
    assert_eq!(plan.quiet, file.chunk(0, 1));
    let again = planner.read(cut, 8 * MIB);
    let end = cut + 8 * MIB;
    let rest = end / (64 * KIB) * (64 * KIB);
    assert_eq!(rest + 4, end);
    assert_eq!(
        again.pieces,
        [demand(cut..end, Reason::Chunk), same(end..run.end, Reason::Chunk)],
        "it goes on into the next chunk, so that one is read whole too"
    );
    assert_eq!(again.quiet, run);
    let last = planner.read(end, run.end - end);
    assert_eq!(last.pieces, [demand(end..run.end, Reason::Chunk)]);
}

/// Columns closer than the gap come by one request, with what lies between them.
#[test]
fn close_columns_are_fetched_as_one_and_far_ones_are_not() {
    let sizes = [(0, 300 * KIB), (0, 200 * KIB), (0, 300 * KIB), (0, 257 * KIB), (0, 300 * KIB)];
    let file = Layout::new(10, &sizes);
    let mut planner = file.stream(PlanSettings { row_groups: 0, ..settings() });
    for column in [0, 2, 4] {
        read(&mut planner, &file.chunk(0, column));
    }
    // Entered at the last of them, so that the others lie side by side in one plan.
    let last = file.chunk(1, 4);
    assert_eq!(
        pieces(&mut planner, &last),
        [demand(last, Reason::Chunk), same(file.run(1, 0..=2), Reason::RowGroup)]
    );
    let between = file.chunk(1, 1);
    assert_eq!(
        pieces(&mut planner, &between),
        [demand(between, Reason::Chunk)],
        "what came along isn't planned again"
    );
}

#[test]
fn nothing_is_joined_across_the_demand() {
    let file = Layout::new(10, &[(0, 100 * KIB); 5]);
    let mut planner = file.stream(PlanSettings { row_groups: 0, ..settings() });
    for column in [0, 2, 4] {
        read(&mut planner, &file.chunk(0, column));
    }
    let middle = file.chunk(1, 2);
    assert_eq!(
        pieces(&mut planner, &middle),
        [
            demand(middle, Reason::Chunk),
            same(file.chunk(1, 4), Reason::RowGroup),
            same(file.chunk(1, 0), Reason::RowGroup),
        ],
        "what lies ahead of the reader first"
    );
}

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

/// A selective query of Spark: page ranges of chunks, 1.4 MB in all, never the chunks.
#[test]
fn page_ranges_are_fetched_exactly() {
    let sizes = [(100 * KIB, 5 * MIB), (0, 4 * MIB), (700 * KIB, 6 * MIB)];
    let file = Layout::new(4, &sizes);
    let mut planner = file.stream(settings());
    for group in 0..3 {
        let start = |column| file.chunk(group, column).start;
        for range in [
            start(0)..start(0) + 827_000, // the dictionary and the first pages
            start(0) + 2 * MIB..start(0) + 2 * MIB + 74,
            start(1) + 81_000..start(1) + 162_000,
            start(2) + 3 * MIB..start(2) + 3 * MIB + 1_600,
            start(2) + 5 * MIB..start(2) + 5 * MIB + 575,
        ] {
            let plan = read(&mut planner, &range);
            assert_eq!(plan.pieces, [demand(range.clone(), Reason::Pages)]);
            assert_eq!(plan.quiet, range);
        }
    }
}

/// A dictionary filter: a look at the page's header through a small window, then the page. The second
/// row group shows what the reader is about, and the other dictionaries come at once.
#[test]
fn a_dictionary_comes_with_its_header_and_then_in_a_batch() {
    let file = Layout::new(5, &[(0, MIB), (700 * KIB, 6 * MIB)]);
    let mut planner = file.stream(settings());
    let dictionary = |group| {
        let start = file.chunk(group, 1).start;
        start..start + 700 * KIB
    };
    let ahead = |group| piece(dictionary(group), Priority::NextRowGroup, Reason::Dictionary);
    let look = |planner: &mut StreamPlanner, group: usize| {
        let plan = planner.read(dictionary(group).start, 4 * KIB);
        let body = dictionary(group).start + 4 * KIB..dictionary(group).end;
        assert_eq!(pieces(planner, &body), [demand(body, Reason::Dictionary)]);
        plan.pieces
    };
    assert_eq!(look(&mut planner, 0), [demand(dictionary(0), Reason::Dictionary)]);
    let second = demand(dictionary(1), Reason::Dictionary);
    assert_eq!(look(&mut planner, 1), [second, ahead(2), ahead(3), ahead(4)]);
    let window = dictionary(2).start..dictionary(2).start + 4 * KIB;
    assert_eq!(look(&mut planner, 2), [demand(window, Reason::Dictionary)], "asked for already");
    // The row group passed the filter: its chunk is read, and what its dictionary brought isn't asked for.
    let chunk = file.chunk(2, 1);
    let plan = planner.read(chunk.start, 6 * MIB);
    assert_eq!(plan.pieces[1].range, chunk.start + 6 * MIB..chunk.end);
}

/// Three columns of a row group asked for at once: Spark 4.1.
#[test]
fn a_vectored_read_is_one_plan_and_looks_one_row_group_ahead() {
    let file = Layout::new(3, &LINEITEM);
    let mut planner = file.stream(settings());
    let ranges = |group| [10, 0, 5].map(|column| file.chunk(group, column));
    let plan = planner.read_all(&ranges(0));
    let demands = [0, 5, 10].map(|column| demand(file.chunk(0, column), Reason::Chunk));
    let nexts = |group| [0, 5, 10].map(|column| next(file.chunk(group, column)));
    assert_eq!(plan.pieces, [&demands[..], &nexts(1)].concat());
    for range in ranges(0) {
        assert_eq!(read(&mut planner, &range).ahead().count(), 0, "each range, once it is there");
    }
    let plan = planner.read_all(&ranges(1));
    assert_eq!(plan.ahead().cloned().collect::<Vec<_>>(), nexts(2));
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

/// Readers with small buffers show by going on that they want the chunk.
#[test]
fn a_chunk_read_in_small_steps_is_completed_once_that_is_clear() {
    let file = Layout::new(4, &[(0, 4 * MIB), (10 * KIB, 4 * MIB)]);
    let mut planner = file.stream(settings());
    let chunk = file.chunk(0, 1);
    let step = 128 * KIB;
    assert_eq!(planner.read(chunk.start, step).ahead().count(), 0);
    let plan = planner.read(chunk.start + step, step);
    let from = chunk.start + 2 * step;
    assert_eq!(plan.pieces[1], same(from..chunk.end, Reason::Chunk));
    assert_eq!(plan.pieces[2], next(file.chunk(1, 1)));
    assert_eq!(plan.quiet, chunk);
}

#[test]
fn pages_read_in_steps_from_the_middle_of_a_chunk_stay_pages() {
    let file = Layout::new(4, &[(0, 4 * MIB), (0, 9 * MIB)]);
    let mut planner = file.stream(settings());
    let from = file.chunk(0, 1).start + MIB;
    for step in 0..8 {
        let range = from + step * 128 * KIB..from + (step + 1) * 128 * KIB;
        assert_eq!(pieces(&mut planner, &range), [demand(range, Reason::Pages)]);
    }
}

/// A copy of the file reads all of it in order, whatever it is.
#[test]
fn a_copy_takes_all_columns() {
    let file = Layout::new(3, &[(0, 3 * MIB); 4]);
    let mut planner = file.stream(settings());
    let first = planner.read(0, 4 * MIB);
    assert_eq!(first.pieces[0], demand(0..4 * MIB, Reason::Random));
    let columns = file.run(1, 0..=0);
    assert_eq!(first.pieces[1], next(columns), "the chunk behind the magic was read whole");
    let second = planner.read(4 * MIB, 4 * MIB);
    let chunk = file.chunk(0, 2);
    assert_eq!(second.pieces[1], same(8 * MIB..chunk.end, Reason::Chunk));
    assert_eq!(second.pieces[2], next(file.run(1, 1..=2)));
}

#[test]
fn the_footer_comes_whole_and_once() {
    let file = Layout::new(4, &LINEITEM);
    let range = file.footer.range();
    let mut planner = file.stream(settings());
    let plan = planner.read(range.end - 8, 4);
    assert_eq!(plan.pieces, [demand(range.clone(), Reason::Footer)]);
    assert_eq!(plan.quiet, range);
    let body = range.start..range.end - 8;
    assert_eq!(pieces(&mut planner, &body), [demand(body, Reason::Footer)]);
}

#[test]
fn page_indexes_come_whole_while_they_are_short() {
    let layout = [vec![(0, MIB); 4], vec![(0, MIB); 4]];
    let short = footer(&layout, 200 * KIB);
    let index = short.page_index().unwrap();
    let mut planner = StreamPlanner::new(short.file_length(), settings());
    planner.set_footer(Arc::clone(&short));
    let plan = planner.read(index.start + 5000, 4 * KIB);
    assert_eq!(plan.pieces, [demand(index.clone(), Reason::Index)]);
    assert_eq!(plan.quiet, index);

    let long = footer(&layout, 900 * KIB);
    let index = long.page_index().unwrap();
    let mut planner = StreamPlanner::new(long.file_length(), settings());
    planner.set_footer(Arc::clone(&long));
    let from = index.start + 5000;
    let plan = planner.read(from, 4 * KIB);
    assert_eq!(plan.pieces, [demand(from..from + 256 * KIB, Reason::Index)]);
    assert_eq!(plan.quiet, from..from + 256 * KIB);
    let inside = planner.read(from + 4 * KIB, 4 * KIB);
    let range = from + 4 * KIB..from + 8 * KIB;
    assert_eq!(inside.pieces, [demand(range, Reason::Index)]);
}

#[test]
fn what_the_tail_brought_is_not_asked_for_again() {
    let file = footer(&vec![vec![(0, 2 * MIB); 4]; 3], 30 * KIB);
    let index = file.page_index().unwrap();
    let mut planner = StreamPlanner::new(file.file_length(), settings());
    let tail = planner.read(file.file_length() - 8, 8).pieces[0].range.clone();
    planner.set_footer(Arc::clone(&file));
    assert!(tail.start < index.start);
    let plan = planner.read(index.start + 100, 50);
    assert_eq!(plan.pieces, [demand(index.start + 100..index.start + 150, Reason::Index)]);
    assert_eq!(plan.quiet, index);
    let groups: Vec<_> = file.row_groups().map(|group| group.chunks[3].range()).collect();
    pieces(&mut planner, &groups[0]);
    let plan = pieces(&mut planner, &groups[1]);
    assert_eq!(plan[1], next(groups[2].start..tail.start), "the last chunk's end is in the tail");
}

#[test]
fn a_footer_of_another_file_is_ignored() {
    let file = Layout::new(2, &LINEITEM);
    let mut planner = StreamPlanner::new(file.footer.file_length() + 1, settings());
    planner.set_footer(Arc::clone(&file.footer));
    assert!(planner.footer().is_none());
    let chunk = file.chunk(0, 3);
    assert_eq!(pieces(&mut planner, &chunk), [demand(chunk, Reason::Random)]);
}

/// A budget smaller than the row group: the rest follows with the next read, which is reported.
#[test]
fn what_does_not_fit_into_a_plan_comes_with_the_next() {
    let file = Layout::new(4, &[(0, 4 * MIB); 6]);
    let small = PlanSettings { ahead: 5 * MIB, row_groups: 0, gap: 0, ..settings() };
    let mut planner = file.stream(small);
    for column in [0, 2, 4] {
        read(&mut planner, &file.chunk(0, column));
    }
    let first = file.chunk(1, 0);
    let plan = read(&mut planner, &first);
    assert_eq!(
        plan.ahead().cloned().collect::<Vec<_>>(),
        [same(file.chunk(1, 2), Reason::RowGroup)]
    );
    assert_eq!(plan.quiet, first, "there is more to say");
    let second = file.chunk(1, 2);
    let plan = read(&mut planner, &second);
    assert_eq!(
        plan.ahead().cloned().collect::<Vec<_>>(),
        [same(file.chunk(1, 4), Reason::RowGroup)]
    );
}

#[test]
fn a_stream_over_the_widest_file_stays_small() {
    let file = Layout::new(50, &[(0, 1000); 1000]);
    let mut planner = file.stream(settings());
    for group in 0..50 {
        let range = file.run(group, 0..=999);
        let plan = read(&mut planner, &range);
        assert!(plan.pieces.len() < 300);
    }
    assert!(planner.weight() < 16 * 1024, "{}", planner.weight());
    let usual = Layout::new(7, &LINEITEM).stream(settings());
    assert!(usual.weight() < 1536, "{}", usual.weight());
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
