//! Reads of less than a chunk, pages and dictionaries, and of what describes chunks.

use super::*;

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
