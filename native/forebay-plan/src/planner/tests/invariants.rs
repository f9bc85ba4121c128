use super::*;
use crate::footer::orc::tests as orc;
use crate::{Chunk, RowGroup};
use proptest::prelude::*;

/// One read of a random stream: how it relates to the one before, and its length.
#[derive(Debug, Clone)]
enum Step {
    /// Goes on where the last one ended.
    On(u64),
    /// Begins anywhere, as a fraction of the file.
    Anywhere(f64, u64),
    /// Reads a chunk from its start, or all of it.
    Chunk(prop::sample::Index, Option<u64>),
    /// Reads near the end.
    Tail(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let length =
        prop_oneof![1_u64..5_000, Just(64 * KIB), Just(128 * KIB), Just(8 * MIB), 1_u64..12 * MIB];
    prop_oneof![
        4 => length.clone().prop_map(Step::On),
        2 => (0.0..1.0, length.clone()).prop_map(|(at, length)| Step::Anywhere(at, length)),
        6 => (any::<prop::sample::Index>(), prop::option::of(length))
            .prop_map(|(chunk, length)| Step::Chunk(chunk, length)),
        1 => (1_u64..100_000).prop_map(Step::Tail),
    ]
}

fn layout() -> impl Strategy<Value = Vec<Vec<Sizes>>> {
    let size = prop_oneof![1_u64..3_000, 1_u64..600 * KIB, 1_u64..11 * MIB];
    let dictionary = prop_oneof![Just(0), 1_u64..2_000, 1_u64..MIB];
    (1_usize..6, 1_usize..6).prop_flat_map(move |(columns, groups)| {
        let chunk = (dictionary.clone(), size.clone());
        prop::collection::vec(prop::collection::vec(chunk, columns), groups)
    })
}

fn plan_settings() -> impl Strategy<Value = PlanSettings> {
    (
        prop::sample::select(vec![0, MIB, 8 * MIB]),
        prop::sample::select(vec![0, 4 * KIB, 256 * KIB, 8 * MIB]),
        0_u32..4,
        prop::sample::select(vec![MIB, 128 * MIB]),
        prop::option::of(0_u64..60 * MIB),
        prop::sample::select(vec![MIB, 8 * MIB]),
    )
        .prop_map(|(small_file, gap, row_groups, ahead, split_end, piece)| PlanSettings {
            small_file,
            gap,
            row_groups,
            ahead,
            split_end,
            piece,
            ..PlanSettings::default()
        })
}

fn range_of(step: &Step, last_end: u64, footer: &Footer) -> Range<u64> {
    let length = footer.file_length();
    let parts = |group: RowGroup<'_>| match group.chunks {
        [] => vec![group.range],
        chunks => chunks.iter().map(Chunk::range).collect(),
    };
    let chunks: Vec<_> = footer.row_groups().flat_map(parts).collect();
    match step {
        Step::On(len) => last_end..last_end + len,
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        #[expect(clippy::cast_precision_loss)]
        Step::Anywhere(at, len) => {
            let start = (length as f64 * at) as u64;
            start..start + len
        }
        Step::Chunk(index, len) => {
            let range = index.get(&chunks).clone();
            range.start..len.map_or(range.end, |len| range.start + len)
        }
        Step::Tail(back) => length.saturating_sub(*back)..length,
    }
}

/// A file of the layout: Parquet, or ORC, where `late` of the stripes are described only when the
/// planner asks for them.
fn file_of(layout: &[Vec<Sizes>], index: u64, late: Option<usize>) -> (Arc<Footer>, Vec<Vec<u8>>) {
    let Some(late) = late else { return (footer(layout, index), Vec::new()) };
    let sizes = |group: &Vec<Sizes>| group.iter().map(|(a, b)| a + b).collect();
    let stripes: Vec<Vec<u64>> = layout.iter().map(sizes).collect();
    let written = orc::written(&stripes, index);
    for (number, own) in written.stripe_footers.iter().enumerate().skip(late) {
        written.footer.describe(number, own);
    }
    (written.footer, written.stripe_footers)
}

/// A stream over a random file; the footer is told before read `footer_at`.
fn check(
    (footer, stripe_footers): (Arc<Footer>, Vec<Vec<u8>>),
    settings: &PlanSettings,
    steps: &[Step],
    footer_at: usize,
) {
    let length = footer.file_length();
    let mut planner = StreamPlanner::new(length, settings.clone());
    let mut ahead: Vec<Range<u64>> = Vec::new();
    let mut last_end = 0;
    for (number, step) in steps.iter().enumerate() {
        if number == footer_at {
            planner.set_footer(Arc::clone(&footer));
        }
        let asked = range_of(step, last_end, &footer);
        let read = asked.start.min(length)..asked.end.min(length);
        last_end = read.end;
        if number % 3 == 1 {
            for (stripe, range) in planner.undescribed(asked.start, asked.end - asked.start) {
                assert_eq!(footer.undescribed(stripe), Some(range));
                footer.describe(stripe, &stripe_footers[stripe]);
            }
        }
        let plan = planner.read(asked.start, asked.end - asked.start);
        if read.is_empty() {
            assert!(plan.pieces.is_empty());
            continue;
        }
        let demand: Vec<_> =
            plan.pieces.iter().take_while(|p| p.priority == Priority::Demand).collect();
        assert_eq!(demand.len() + plan.ahead().count(), plan.pieces.len(), "demand first");
        assert!(
            demand[0].range.start <= read.start && read.end <= demand[demand.len() - 1].range.end
        );
        assert!(demand.windows(2).all(|pair| pair[0].range.end == pair[1].range.start));
        assert!(plan.quiet.start <= read.start && read.end <= plan.quiet.end);
        assert!(plan.quiet.end <= length);
        let mut pieces: Vec<_> = plan.pieces.iter().map(|piece| piece.range.clone()).collect();
        pieces.sort_by_key(|range| range.start);
        assert!(pieces.windows(2).all(|pair| pair[0].end <= pair[1].start), "{pieces:?}");
        for range in &pieces {
            assert!(!range.is_empty() && range.end <= length, "{range:?}");
            assert!(range.end - range.start <= MAX_PIECE.min(settings.piece), "{range:?}");
        }
        for piece in plan.ahead() {
            let twice =
                |old: &Range<u64>| old.start < piece.range.end && piece.range.start < old.end;
            assert!(!ahead.iter().any(twice), "{:?} was planned before", piece.range);
        }
        ahead.extend(plan.ahead().map(|piece| piece.range.clone()));
        assert!(planner.weight() < 4096);
    }
    let total: u64 = ahead.iter().map(|range| range.end - range.start).sum();
    assert!(total <= length);
}

proptest! {
    #![proptest_config(crate::seeded(3_000))]

    #[test]
    fn whatever_is_read_plans_keep_their_promises(
        layout in layout(),
        index in prop_oneof![Just(0), 1_u64..MIB],
        settings in plan_settings(),
        steps in prop::collection::vec(step(), 1..40),
        footer_at in 0_usize..20,
        orc in prop::option::of(0_usize..6),
    ) {
        check(file_of(&layout, index, orc), &settings, &steps, footer_at);
    }

    /// Two streams read the same, but one also reports a read inside the quiet range that the other
    /// keeps to itself: the report asks for nothing ahead, and all later plans are equal.
    #[test]
    fn quiet_ranges_are_truthful(
        layout in layout(),
        index in prop_oneof![Just(0), 1_u64..MIB],
        settings in plan_settings(),
        steps in prop::collection::vec(step(), 1..25),
        footer_at in 0_usize..6,
        at in 0_usize..12,
        inside in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        orc in prop::option::of(0_usize..6),
    ) {
        let (footer, _) = file_of(&layout, index, orc);
        let length = footer.file_length();
        let mut told = StreamPlanner::new(length, settings);
        let mut untold = told.clone();
        let mut last_end = 0;
        for (number, step) in steps.iter().enumerate() {
            if number == footer_at {
                told.set_footer(Arc::clone(&footer));
                untold.set_footer(Arc::clone(&footer));
            }
            let range = range_of(step, last_end, &footer);
            last_end = range.end;
            let (plan, other) = (
                told.read(range.start, range.end - range.start),
                untold.read(range.start, range.end - range.start),
            );
            prop_assert_eq!(&plan.pieces, &other.pieces, "read {} {:?}", number, range);
            if number == at && !plan.quiet.is_empty() {
                let span = usize::try_from(plan.quiet.end - plan.quiet.start).unwrap();
                let (a, b) = (inside.0.index(span), inside.1.index(span));
                let start = plan.quiet.start + u64::try_from(a.min(b)).unwrap();
                let len = u64::try_from(a.abs_diff(b)).unwrap() + 1;
                let extra = told.read(start, len);
                prop_assert_eq!(extra.ahead().count(), 0, "{} {} in {:?}", start, len, plan.quiet);
            }
        }
    }
}
