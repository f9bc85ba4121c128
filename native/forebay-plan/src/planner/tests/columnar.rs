//! Readers of files whose columns are known: whole chunks here, the rest in the modules.

mod parts;
mod sets;
mod splits;

use super::*;

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
