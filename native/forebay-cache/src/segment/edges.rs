//! Where a range begins and ends inside the cells that hold it.

use crate::slice::Slice;
use crate::{CELL, long, size};

/// How a run of cells and the range asked for of it lie to each other: a cell of which only a part
/// was asked for goes through scratch memory, whole cells go straight to the caller.
pub(super) struct Edges {
    /// Bytes read into the scratch before: the whole first cell, or none.
    pub(super) head: usize,
    /// Where in it the range begins.
    pub(super) skip: usize,
    /// Bytes of the range that come from there.
    pub(super) lead: usize,
    /// Bytes read into the scratch after: the whole last cell, or none.
    pub(super) tail: usize,
    /// Bytes of the range that come from there.
    pub(super) trail: usize,
}

impl Edges {
    pub(super) fn new(slice: Slice, first: u64, run: u64, at: u64, length: usize) -> Edges {
        let last = first + run - 1;
        let end = at + long(length);
        let skip = at - first * CELL;
        let cuts_first = skip > 0;
        let cuts_last = end < slice.cell_end(last) && !(cuts_first && run == 1);
        Edges {
            head: if cuts_first { size(slice.cell_length(first)) } else { 0 },
            skip: size(skip),
            lead: if cuts_first { size(slice.cell_end(first).min(end) - at) } else { 0 },
            tail: if cuts_last { size(slice.cell_length(last)) } else { 0 },
            trail: if cuts_last { size(end - last * CELL) } else { 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_the_range_comes_from_one_place() {
        let length = 5 * CELL + 40;
        let slice = Slice::new(length, 0).unwrap();
        let interesting = |at: u64| [at.saturating_sub(1), at, at + 1];
        let places: Vec<u64> = (0..=6).flat_map(|cell| interesting(cell * CELL)).collect();
        for begin in places.iter().chain([&7, &(5 * CELL + 20)]) {
            for end in places.iter().chain([&9, &(5 * CELL + 30), &length]) {
                if begin >= end || *end > length {
                    continue;
                }
                let (first, last) = (begin / CELL, (end - 1) / CELL);
                let range = size(end - begin);
                let edges = Edges::new(slice, first, last - first + 1, *begin, range);
                let middle = range - edges.lead - edges.trail;
                let whole = size(slice.cell_end(last) - first * CELL);
                assert_eq!(edges.head + middle + edges.tail, whole, "{begin}..{end}");
                assert!(edges.skip + edges.lead <= edges.head || edges.lead == 0);
                assert!(edges.trail <= edges.tail, "{begin}..{end}");
                let whole_cells = first * CELL + long(edges.head) == begin + long(edges.lead);
                assert!(
                    middle == 0 || whole_cells,
                    "the middle begins with a cell: {begin}..{end}"
                );
            }
        }
    }
}
