//! A model of what was filled, against what is read: several caches on one directory, random fills,
//! reads, purges and reopenings. Two caches in one process are two processes to the kernel's locks.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{fill, identity, open, place, read};
use crate::{CELL, SEGMENT, size};

/// Cells of the objects tested: the last two of one slice, and some of the next, the last one short.
const LENGTH: u64 = SEGMENT + 5 * CELL + 321;
const FIRST: u64 = SEGMENT / CELL - 2;
const CELLS: u64 = 8;
const CACHES: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Fill { cache: usize, object: usize, first: u64, cells: u64 },
    Read { cache: usize, object: usize, offset: u64, length: usize },
    Reopen { cache: usize },
    Purge { cache: usize, object: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let cache = 0..CACHES;
    let object = 0..2usize;
    prop_oneof![
        3 => (cache.clone(), object.clone(), 0..CELLS, 1..4u64).prop_map(
            |(cache, object, first, cells)| Step::Fill { cache, object, first, cells }
        ),
        6 => (cache.clone(), object.clone(), 0..CELLS * CELL, 1..size(4 * CELL)).prop_map(
            |(cache, object, offset, length)| Step::Read { cache, object, offset, length }
        ),
        1 => cache.clone().prop_map(|cache| Step::Reopen { cache }),
        1 => (cache, object).prop_map(|(cache, object)| Step::Purge { cache, object }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_answer_exactly_what_was_filled(steps in prop::collection::vec(step(), 1..60)) {
        let place = place();
        let identities = [identity("a", 1, LENGTH), identity("a", 2, LENGTH)];
        let mut caches: Vec<_> = (0..CACHES).map(|_| open(&place)).collect();
        let objects_of = |cache: &crate::HostCache| {
            identities.clone().map(|identity| cache.object(identity))
        };
        let mut objects: Vec<_> = caches.iter().map(objects_of).collect();
        let mut filled = [BTreeSet::new(), BTreeSet::new()];
        for step in steps {
            match step {
                Step::Fill { cache, object, first, cells } => {
                    let cells = first..(first + cells).min(CELLS);
                    let end = ((FIRST + cells.end) * CELL).min(LENGTH);
                    fill(&caches[cache], &identities[object], (FIRST + first) * CELL, end);
                    filled[object].extend(cells);
                }
                Step::Read { cache, object, offset, length } => {
                    let outcome = read(&objects[cache][object], FIRST * CELL + offset, length);
                    let end = (FIRST * CELL + offset + length as u64).min(LENGTH) - FIRST * CELL;
                    let end = end.max(offset);
                    let gap = (offset / CELL..CELLS).find(|cell| !filled[object].contains(cell));
                    let answered = gap.map_or(end, |cell| (cell * CELL).clamp(offset, end));
                    prop_assert_eq!(outcome.bytes as u64, answered - offset);
                }
                Step::Reopen { cache } => {
                    caches[cache] = open(&place);
                    objects[cache] = objects_of(&caches[cache]);
                }
                Step::Purge { cache, object } => {
                    // All versions of the key, so both objects.
                    caches[cache].purge_location(identities[object].location());
                    filled = Default::default();
                }
            }
        }
        for (cache, objects) in caches.iter().zip(&objects) {
            for (object, filled) in objects.iter().zip(&filled) {
                let missing = object.missing(FIRST * CELL..LENGTH);
                let cells: BTreeSet<u64> = missing
                    .iter()
                    .flat_map(|run| run.start / CELL..run.end.div_ceil(CELL))
                    .map(|cell| cell - FIRST)
                    .collect();
                let meant: BTreeSet<u64> = (0..CELLS).filter(|c| !filled.contains(c)).collect();
                prop_assert_eq!(cells, meant);
            }
            prop_assert_eq!(cache.waiting(), 0);
        }
    }
}
