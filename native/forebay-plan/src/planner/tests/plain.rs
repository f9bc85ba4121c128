use super::*;
use crate::ReadPolicy;

const LENGTH: u64 = 1 << 30;

fn ahead(range: Range<u64>) -> Piece {
    piece(range, Priority::NextRowGroup, Reason::Sequential)
}

fn read(range: Range<u64>) -> Piece {
    demand(range, Reason::Sequential)
}

#[test]
fn a_small_file_comes_whole_with_its_first_read_wherever_that_is() {
    for offset in [0, 500 * KIB, MIB - 8] {
        let mut planner = StreamPlanner::new(MIB, PlanSettings::default());
        let plan = planner.read(offset, 8);
        assert_eq!(plan.pieces, [demand(0..MIB, Reason::Whole)]);
        assert_eq!(plan.quiet, 0..MIB);
        let again = planner.read(0, 4);
        assert_eq!(again.pieces, [demand(0..4, Reason::Whole)], "only what the cache has lost");
    }
    let mut planner = StreamPlanner::new(MIB + 1, PlanSettings::default());
    assert_eq!(planner.read(MIB - 7, 8).pieces[0].reason, Reason::Tail);
}

/// Four single bytes, four bytes, then the footer itself: Hive and parquet-mr alike, twice per split.
#[test]
fn hive_reads_a_footer_by_one_request() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    let tail = LENGTH - 64 * KIB..LENGTH;
    let plan = planner.read(LENGTH - 8, 8);
    assert_eq!(plan.pieces, [demand(tail.clone(), Reason::Tail)]);
    assert_eq!(plan.quiet, tail, "the reads that follow need no report");
    let plan = planner.read(LENGTH - 8 - 2600, 2600);
    assert_eq!(plan.pieces, [demand(LENGTH - 2608..LENGTH - 8, Reason::Tail)]);
}

#[test]
fn a_footer_longer_than_the_tail_is_read_as_asked() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    planner.read(LENGTH - 8, 8);
    let footer = LENGTH - 300 * KIB..LENGTH - 8;
    let plan = planner.read(footer.start, footer.end - footer.start);
    assert_eq!(plan.pieces, [demand(footer, Reason::Random)]);
}

/// Spark's reader of text: buffers of 64 KiB from the start of the file.
#[test]
fn text_gets_a_window_that_grows_as_it_is_used() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    let buffer = 64 * KIB;
    let first = planner.read(0, buffer);
    assert_eq!(first.pieces, [read(0..buffer), ahead(buffer..buffer + MIB)]);
    let (mut largest, mut reports, mut frontier) = (0, 0, buffer + MIB);
    let mut quiet = first.quiet;
    for start in (buffer..256 * MIB).step_by(64 << 10) {
        let end = start + buffer;
        if end <= quiet.end {
            continue;
        }
        let plan = planner.read(start, buffer);
        assert_eq!(plan.pieces[0], read(start..end));
        for piece in plan.ahead() {
            assert_eq!(piece.range.start, frontier, "no byte twice and none left out");
            frontier = piece.range.end;
        }
        assert!(frontier - end <= 2 * end + 2 * MIB, "{} ahead of {end}", frontier - end);
        largest = largest.max(frontier - end);
        reports += 1;
        quiet = plan.quiet;
    }
    assert!((56 * MIB..=64 * MIB).contains(&largest), "{largest}");
    assert!(reports < 100, "{reports} reports for 4,096 buffers");
}

/// One thread that reads as fast as bytes come: eight parts are on their way, whenever it asks.
#[test]
fn a_fast_reader_keeps_eight_connections_busy() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    let (buffer, mut asked, mut quiet) = (128 * KIB, Vec::<Range<u64>>::new(), 0..0);
    for start in (0..LENGTH / 2).step_by(128 << 10) {
        let end = start + buffer;
        if end > quiet.end {
            let plan = planner.read(start, buffer);
            asked.extend(plan.ahead().map(|piece| piece.range.clone()));
            quiet = plan.quiet;
        }
        let unread = asked.iter().filter(|range| range.end > end);
        let (mut parts, mut longest) = (0, 0);
        for range in unread {
            parts += 1;
            longest = longest.max(range.end - range.start);
        }
        if start > 300 * MIB {
            assert!((7..=9).contains(&parts), "{parts} parts ahead of {end}");
            assert_eq!(longest, 8 * MIB);
        }
    }
}

#[test]
fn a_policy_says_what_reads_would_have_to_show() {
    let with = |policy| StreamPlanner::new(LENGTH, PlanSettings { policy, ..settings() });
    let at = 300 * MIB..300 * MIB + 4 * KIB;
    let forward = with(ReadPolicy::Sequential).read(at.start, 4 * KIB);
    assert_eq!(forward.pieces, [read(at.clone()), ahead(at.end..301 * MIB)]);
    let mut whole = with(ReadPolicy::WholeFile);
    let plan = whole.read(0, 4 * KIB);
    assert_eq!(plan.ahead().map(|piece| piece.range.end).max(), Some(64 * MIB));
    let tail = whole.read(LENGTH - 8, 8);
    assert_eq!(tail.pieces[0].range, LENGTH - 8..LENGTH, "no footer is looked for");
    let mut random = with(ReadPolicy::Random);
    for step in 0..5 {
        let plan = random.read(step * 64 * KIB, 64 * KIB);
        assert_eq!((plan.pieces.len(), plan.pieces[0].reason), (1, Reason::Random));
    }
    assert_eq!(random.read(LENGTH - 8, 8).pieces[0].reason, Reason::Tail);
}

/// Several ranges of a file that nobody understands: those close to each other as one.
#[test]
fn ranges_asked_for_at_once_are_joined() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    let far = 900 * MIB..900 * MIB + 33;
    let plan = planner.read_all(&[far.clone(), 5000..5009, 4 * KIB..4 * KIB + 100, 9..9]);
    assert_eq!(plan.pieces, [demand(4 * KIB..5009, Reason::Random), demand(far, Reason::Random)]);
    assert!(planner.read_all(&[]).pieces.is_empty());
}

#[test]
fn a_look_at_the_magic_number_is_not_a_sequential_reader() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    assert_eq!(planner.read(0, 4 * KIB).pieces, [demand(0..4 * KIB, Reason::Random)]);
    let second = planner.read(4 * KIB, 8 * KIB);
    assert_eq!(second.pieces, [read(4 * KIB..12 * KIB), ahead(12 * KIB..MIB)]);
}

#[test]
fn a_reader_that_begins_in_the_middle_is_believed_at_its_third_read() {
    let start = 128 * MIB;
    let buffer = 64 * KIB;
    let at = |step: u64| start + step * buffer..start + (step + 1) * buffer;
    let mut planner = StreamPlanner::new(LENGTH, settings());
    for step in 0..2 {
        let plan = planner.read(at(step).start, buffer);
        assert_eq!(plan.pieces, [demand(at(step), Reason::Random)]);
    }
    let plan = planner.read(at(2).start, buffer);
    assert_eq!(plan.pieces, [read(at(2)), ahead(at(3).start..at(3).start + MIB)]);
}

#[test]
fn a_split_that_is_known_begins_at_once_and_ends_the_window() {
    let split = 128 * MIB..128 * MIB + 600 * KIB;
    let known =
        PlanSettings { split_start: Some(split.start), split_end: Some(split.end), ..settings() };
    let mut planner = StreamPlanner::new(LENGTH, known);
    let plan = planner.read(split.start, 64 * KIB);
    let behind = split.start + 64 * KIB;
    assert_eq!(plan.pieces, [read(split.start..behind), ahead(behind..split.end)]);
    assert_eq!(plan.quiet, split, "nothing more can follow");
    let last = planner.read(split.end - 10, 64 * KIB);
    let line = split.end - 10..split.end - 10 + 64 * KIB;
    assert_eq!(
        last.pieces,
        [read(line)],
        "the last line reaches over the end, nothing ahead of it"
    );
}

/// ORC reads a tail, then per stripe its footer, an index and the column streams it wants.
#[test]
fn orc_gets_its_tail_and_exactly_its_streams() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    let tail = planner.read(LENGTH - 16 * KIB, 16 * KIB);
    assert_eq!(tail.pieces, [demand(LENGTH - 64 * KIB..LENGTH, Reason::Tail)]);
    let stripe = 3;
    let reads = [
        stripe + 40 * MIB..stripe + 40 * MIB + 112,
        stripe..stripe + 1300,
        stripe + 1300..stripe + 760 * KIB,
        stripe + 5 * MIB..stripe + 6 * MIB,
    ];
    for range in reads {
        let plan = planner.read(range.start, range.end - range.start);
        assert_eq!(plan.pieces, [demand(range, Reason::Random)]);
    }
}

#[test]
fn a_jump_ends_the_window_and_a_look_at_the_tail_does_not() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    planner.read(0, 64 * KIB);
    planner.read(LENGTH - 8, 8);
    let on = planner.read(600 * KIB, 64 * KIB);
    assert_eq!(on.ahead().count(), 1, "the window goes on");
    let jump = planner.read(500 * MIB, 64 * KIB);
    assert_eq!(jump.pieces, [demand(500 * MIB..500 * MIB + 64 * KIB, Reason::Random)]);
    let back = planner.read(3 * MIB, 64 * KIB);
    assert_eq!(back.pieces[0].reason, Reason::Random);
}

#[test]
fn a_long_read_is_cut_into_pieces() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    let plan = planner.read(100 * MIB + 5, 20 * MIB);
    let ranges: Vec<_> = plan.pieces.iter().map(|piece| piece.range.clone()).collect();
    let cuts = [100 * MIB + 5..108 * MIB, 108 * MIB..116 * MIB, 116 * MIB..120 * MIB + 5];
    assert_eq!(ranges, cuts);
}

#[test]
fn reads_at_and_past_the_end() {
    let mut planner = StreamPlanner::new(LENGTH, settings());
    for (offset, len) in [(LENGTH, 1), (LENGTH + 5, 1), (u64::MAX, u64::MAX), (5, 0)] {
        let plan = planner.read(offset, len);
        assert_eq!((plan.pieces.len(), plan.quiet.is_empty()), (0, true), "{offset} {len}");
    }
    let plan = planner.read(LENGTH - 5 * MIB, u64::MAX);
    assert_eq!(plan.pieces, [demand(LENGTH - 5 * MIB..LENGTH, Reason::Random)]);
    assert!(StreamPlanner::new(0, settings()).read(0, 10).pieces.is_empty());
}

#[test]
fn switched_off_nothing_is_fetched_that_was_not_asked_for() {
    let off = PlanSettings { enabled: false, ..PlanSettings::default() };
    for length in [100 * KIB, LENGTH] {
        let mut planner = StreamPlanner::new(length, off.clone());
        for start in [0, 64 * KIB, length - 8] {
            let plan = planner.read(start, 8);
            assert_eq!(plan.pieces, [demand(start..start + 8, Reason::Random)]);
            assert_eq!(plan.quiet, 0..length);
        }
    }
}

#[test]
fn settings_beyond_the_limits_are_brought_back_to_them() {
    let wild = PlanSettings {
        piece: 0,
        tail: u64::MAX,
        small_file: u64::MAX,
        sequential_first: 0,
        sequential_max: u64::MAX,
        ..PlanSettings::default()
    };
    let mut planner = StreamPlanner::new(LENGTH, wild);
    let plan = planner.read(0, MIB);
    assert!(plan.pieces.iter().all(|piece| piece.range.end - piece.range.start <= 64 * KIB));
    assert_eq!(plan.pieces[0].range, 0..64 * KIB);
}
