//! Traces of real readers, piece by piece, then invariants for any reader.

mod columnar;
mod invariants;
mod plain;
mod stripes;

use super::*;
use crate::footer::tests::{Sizes, footer};
use crate::{MAX_PIECE, Piece};

pub(super) const KIB: u64 = 1 << 10;
pub(super) const MIB: u64 = 1 << 20;

/// A piece as tests write it.
pub(super) fn piece(range: Range<u64>, priority: Priority, reason: Reason) -> Piece {
    Piece { range, priority, reason }
}

pub(super) fn demand(range: Range<u64>, reason: Reason) -> Piece {
    piece(range, Priority::Demand, reason)
}

pub(super) fn same(range: Range<u64>, reason: Reason) -> Piece {
    piece(range, Priority::SameRowGroup, reason)
}

pub(super) fn next(range: Range<u64>) -> Piece {
    piece(range, Priority::NextRowGroup, Reason::NextRowGroup)
}

/// Settings under which a file of a test is never small.
pub(super) fn settings() -> PlanSettings {
    PlanSettings { small_file: 0, ..PlanSettings::default() }
}
