//! What a task will read first of the file it opens next.
//!
//! The files of a scan are read alike: whoever has just read some columns of one file of a directory goes
//! on with the same columns of the next. So while the next file's status is on its way its first row
//! group can be too. Only files short enough to be one split are considered; of a longer one the task may
//! want any part.

use crate::plan::Draft;
use crate::{Footer, Piece, PlanSettings, Priority, Reason};

/// Spark's and Hive's usual split: a file up to this size is read from its beginning.
const ONE_SPLIT: u64 = 128 << 20;

/// The chunks of `columns` in the first row group of a file that is about to be opened.
#[must_use]
pub fn next_file(footer: &Footer, columns: &[u32], settings: &PlanSettings) -> Vec<Piece> {
    let settings = settings.clone().bounded();
    if !settings.enabled || settings.row_groups == 0 || footer.file_length() > ONE_SPLIT {
        return Vec::new();
    }
    let Some(group) = footer.row_group(0) else { return Vec::new() };
    let wanted = group.chunks.iter().filter(|chunk| columns.contains(&chunk.column()));
    let mut draft = Draft::new(&settings);
    let mut run: Option<std::ops::Range<u64>> = None;
    for range in wanted.map(crate::Chunk::range).filter(|range| !range.is_empty()) {
        match &mut run {
            Some(run) if range.start.saturating_sub(run.end) < settings.gap => {
                run.end = range.end.max(run.end);
            }
            Some(done) => {
                if !draft.ahead(done.clone(), Priority::NextFile, Reason::NextFile) {
                    return draft.finish(0..0).pieces;
                }
                run = Some(range);
            }
            None => run = Some(range),
        }
    }
    if let Some(last) = run {
        // Full: the file's own reads will ask for it.
        let _ = draft.ahead(last, Priority::NextFile, Reason::NextFile);
    }
    draft.finish(0..0).pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::footer::tests::footer;
    use crate::{Habit, MAX_PIECE};

    const MIB: u64 = 1 << 20;

    fn ranges(pieces: &[Piece]) -> Vec<std::ops::Range<u64>> {
        pieces.iter().map(|piece| piece.range.clone()).collect()
    }

    #[test]
    fn the_columns_of_the_first_row_group_come_and_nothing_else() {
        let footer = footer(&vec![vec![(0, MIB); 8]; 2], 0);
        let chunk = |column: usize| footer.row_group(0).unwrap().chunks[column].range();
        let settings = PlanSettings::default();
        let pieces = next_file(&footer, &[1, 2, 6], &settings);
        assert_eq!(ranges(&pieces), [chunk(1).start..chunk(2).end, chunk(6)]);
        assert!(pieces.iter().all(|piece| piece.priority == Priority::NextFile));
        assert!(pieces.iter().all(|piece| piece.reason == Reason::NextFile));
        assert!(next_file(&footer, &[], &settings).is_empty());
        assert!(next_file(&footer, &[99], &settings).is_empty());
    }

    #[test]
    fn nothing_comes_of_long_files_where_it_is_switched_off_or_was_in_vain() {
        let (short, long) = (footer(&[vec![(0, MIB); 4]], 0), footer(&[vec![(0, 40 * MIB); 4]], 0));
        let on = PlanSettings::default();
        assert!(!next_file(&short, &[0], &on).is_empty());
        assert!(next_file(&long, &[0], &on).is_empty());
        let off = PlanSettings { enabled: false, ..on.clone() };
        assert!(next_file(&short, &[0], &off).is_empty());
        let none_ahead = PlanSettings { row_groups: 0, ..on.clone() };
        assert!(next_file(&short, &[0], &none_ahead).is_empty());
        let mut habit = Habit::default();
        habit.settle(Reason::NextFile, 100 * MIB, 200 * MIB);
        let refused = PlanSettings { refused: habit.refused(), ..on };
        assert!(next_file(&short, &[0], &refused).is_empty());
    }

    #[test]
    fn pieces_are_bounded() {
        let footer = footer(&[vec![(0, 20 * MIB); 4]], 0);
        let settings = PlanSettings { ahead: 30 * MIB, ..PlanSettings::default() };
        let pieces = next_file(&footer, &[0, 2], &settings);
        assert!(pieces.iter().all(|piece| piece.range.end - piece.range.start <= MAX_PIECE));
        let sum: u64 = pieces.iter().map(|piece| piece.range.end - piece.range.start).sum();
        assert!(sum <= 30 * MIB, "{sum}");
    }
}
