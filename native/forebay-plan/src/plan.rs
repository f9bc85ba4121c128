//! What a planner answers: pieces to fetch, and the range in which it need not be asked again.

use std::ops::Range;

use crate::{PlanSettings, Refused};

/// How urgent a piece is. `Demand` is the greatest: a thread waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Another file is likely to be read soon.
    NextFile,
    /// The row group after this one, or the bytes ahead of a sequential reader.
    NextRowGroup,
    /// What the row group being read is expected to need.
    SameRowGroup,
    /// The reader waits.
    Demand,
}

/// Why a piece is fetched, for metrics and for whoever asks why a byte moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The file is small: one request brings all of it.
    Whole,
    /// The end of a file not yet understood, where footers are.
    Tail,
    /// The footer.
    Footer,
    /// The page indexes in front of the footer.
    Index,
    /// The dictionary page of a column chunk.
    Dictionary,
    /// Some pages of a column chunk, exactly as asked.
    Pages,
    /// A column chunk read whole.
    Chunk,
    /// Chunks of the stream's other columns in the row group being read.
    RowGroup,
    /// The stream's columns in a later row group.
    NextRowGroup,
    /// The columns of the file read last, in the first row group of the file read next.
    NextFile,
    /// A reader that goes forward through bytes nobody understands.
    Sequential,
    /// None of these: only what was asked.
    Random,
}

impl Reason {
    /// All of them, for tables.
    pub const ALL: [Reason; 12] = [
        Reason::Whole,
        Reason::Tail,
        Reason::Footer,
        Reason::Index,
        Reason::Dictionary,
        Reason::Pages,
        Reason::Chunk,
        Reason::RowGroup,
        Reason::NextRowGroup,
        Reason::NextFile,
        Reason::Sequential,
        Reason::Random,
    ];

    /// Its place in [`Reason::ALL`].
    #[must_use]
    pub const fn number(self) -> usize {
        match self {
            Reason::Whole => 0,
            Reason::Tail => 1,
            Reason::Footer => 2,
            Reason::Index => 3,
            Reason::Dictionary => 4,
            Reason::Pages => 5,
            Reason::Chunk => 6,
            Reason::RowGroup => 7,
            Reason::NextRowGroup => 8,
            Reason::NextFile => 9,
            Reason::Sequential => 10,
            Reason::Random => 11,
        }
    }

    /// The reason's name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Whole => "whole",
            Reason::Tail => "tail",
            Reason::Footer => "footer",
            Reason::Index => "index",
            Reason::Dictionary => "dictionary",
            Reason::Pages => "pages",
            Reason::Chunk => "chunk",
            Reason::RowGroup => "row-group",
            Reason::NextRowGroup => "next-row-group",
            Reason::NextFile => "next-file",
            Reason::Sequential => "sequential",
            Reason::Random => "random",
        }
    }
}

/// A range to fetch, exact to the byte; whoever fetches rounds it to cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The bytes of the file.
    pub range: Range<u64>,
    /// How urgent they are.
    pub priority: Priority,
    /// Why they are fetched.
    pub reason: Reason,
}

/// The answer to one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Demand first, then in the order in which the bytes are expected to be wanted.
    pub pieces: Vec<Piece>,
    /// A read that lies inside this range, and is answered by the cache, need not be reported: the
    /// planner would ask for nothing ahead and decide later reads as it does without it. Holds until
    /// the next reported read or the next footer.
    pub quiet: Range<u64>,
}

impl Plan {
    /// The pieces that nobody waits for yet.
    pub fn ahead(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(|piece| piece.priority != Priority::Demand)
    }
}

/// Pieces are cut at multiples of this, so that no cell of the cache is shared by two of them
/// (cells are 8 KiB; 64 KiB leaves room for larger ones).
pub(crate) const CUT: u64 = 64 << 10;

/// One plan's pieces ahead, at most: a table of ten thousand scattered columns must not make a plan
/// of ten thousand pieces. What doesn't fit is planned at the next read.
const MAX_AHEAD_PIECES: usize = 256;

/// A plan being written. It cuts ranges into pieces and refuses what goes over the limits.
pub(crate) struct Draft {
    pieces: Vec<Piece>,
    piece: u64,
    ahead: u64,
    ahead_pieces: usize,
    refused: Refused,
    full: bool,
}

impl Draft {
    pub(crate) fn new(settings: &PlanSettings) -> Draft {
        let (piece, ahead) = (settings.piece, settings.ahead);
        let refused = settings.refused;
        let pieces = Vec::new();
        Draft { pieces, piece, ahead, ahead_pieces: MAX_AHEAD_PIECES, refused, full: false }
    }

    pub(crate) fn demand(&mut self, range: Range<u64>, reason: Reason) {
        self.cut(range, Priority::Demand, reason);
    }

    /// Takes a range ahead, or says no because this plan is full. The first range is always taken:
    /// a limit that a single column chunk exceeds would otherwise stop look-ahead for good. What is
    /// refused for its reason counts as taken: it won't be asked for again.
    #[must_use]
    pub(crate) fn ahead(&mut self, range: Range<u64>, priority: Priority, reason: Reason) -> bool {
        if self.refused.contains(reason) {
            return true;
        }
        let length = range.end - range.start;
        let first = self.ahead_pieces == MAX_AHEAD_PIECES;
        if !first && (length > self.ahead || self.ahead_pieces == 0) {
            self.full = true;
            return false;
        }
        self.ahead = self.ahead.saturating_sub(length);
        let before = self.pieces.len();
        self.cut(range, priority, reason);
        self.ahead_pieces = self.ahead_pieces.saturating_sub(self.pieces.len() - before);
        true
    }

    /// Cuts what follows into pieces of this size at most.
    pub(crate) fn cut_into(&mut self, piece: u64) {
        self.piece = self.piece.min(piece);
    }

    /// Whether something was refused, so that the next read should be reported.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    pub(crate) fn finish(self, quiet: Range<u64>) -> Plan {
        Plan { pieces: self.pieces, quiet }
    }

    fn cut(&mut self, range: Range<u64>, priority: Priority, reason: Reason) {
        let mut start = range.start;
        while start < range.end {
            let furthest = start.saturating_add(self.piece);
            let end = if furthest >= range.end { range.end } else { furthest / CUT * CUT };
            self.pieces.push(Piece { range: start..end, priority, reason });
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_is_the_most_urgent() {
        assert!(Priority::Demand > Priority::SameRowGroup);
        assert!(Priority::SameRowGroup > Priority::NextRowGroup);
        assert!(Priority::NextRowGroup > Priority::NextFile);
    }

    #[test]
    fn every_reason_has_a_name_of_its_own() {
        let mut names: Vec<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reason::ALL.len());
        assert!(Reason::ALL.iter().enumerate().all(|(at, reason)| reason.number() == at));
    }

    #[test]
    fn a_long_range_is_cut_where_no_cell_is_shared() {
        let mut draft = Draft::new(&PlanSettings::default());
        draft.demand(100..(17 << 20), Reason::Random);
        let ranges: Vec<_> =
            draft.finish(0..0).pieces.into_iter().map(|piece| piece.range).collect();
        assert_eq!(ranges, [100..(8 << 20), (8 << 20)..(16 << 20), (16 << 20)..(17 << 20)]);
    }

    #[test]
    fn a_full_draft_refuses_but_takes_one_range_whatever_its_size() {
        let settings = PlanSettings { ahead: 1 << 20, ..PlanSettings::default() };
        let mut draft = Draft::new(&settings);
        assert!(draft.ahead(0..(9 << 20), Priority::SameRowGroup, Reason::Chunk));
        assert!(!draft.is_full());
        assert!(!draft.ahead((9 << 20)..(10 << 20), Priority::SameRowGroup, Reason::RowGroup));
        assert!(draft.is_full());
        assert_eq!(draft.finish(0..0).pieces.len(), 2);
    }
}
