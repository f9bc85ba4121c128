//! ORC files of a known layout: a valid end, valid stripe footers, and bytes that no reader decodes.
//!
//! What is written is unpacked and minimal: a root type, one data stream per column and stripe, one
//! row index per stripe. Files of real writers lie with the tests of the planner.

use std::ops::Range;

use bytes::Bytes;

use crate::content::mix;

/// Where everything of a file lies, and its footers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrcLayout {
    /// The file's length.
    pub length: u64,
    /// Footer, postscript and the last byte.
    pub tail: Vec<u8>,
    /// The stripes, in order.
    pub stripes: Vec<OrcStripe>,
}

/// One stripe of an [`OrcLayout`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrcStripe {
    /// Its row index.
    pub index: Range<u64>,
    /// Its columns, those below the root, which is column 0 and has no stream.
    pub columns: Vec<Range<u64>>,
    /// Where its own footer lies.
    pub footer: Range<u64>,
    /// Its own footer.
    pub footer_bytes: Vec<u8>,
}

/// A file of stripes with columns of these sizes and `index` bytes of row index each. At least one
/// stripe; all with the same number of columns.
#[must_use]
pub fn layout(stripes: &[Vec<u64>], index: u64) -> OrcLayout {
    let mut at = 3;
    let (mut footer, mut placed) = (Vec::new(), Vec::new());
    for sizes in stripes {
        let stripe = stripe(at, sizes, index);
        let data = stripe.footer.start - stripe.index.end;
        let own = stripe.footer.end - stripe.footer.start;
        let numbers = [(1, at), (2, index), (3, data), (4, own), (5, 1)];
        message(&mut footer, 3, &numbers_of(&numbers));
        at = stripe.footer.end;
        placed.push(stripe);
    }
    for _ in 0..=stripes.first().map_or(0, Vec::len) {
        message(&mut footer, 4, &numbers_of(&[(1, 3)]));
    }
    let mut script = numbers_of(&[(1, length_of(&footer)), (2, 0)]);
    message(&mut script, 8000, b"ORC");
    let mut tail = footer;
    tail.extend(&script);
    tail.push(u8::try_from(script.len()).unwrap_or(u8::MAX));
    OrcLayout { length: at + length_of(&tail), tail, stripes: placed }
}

fn stripe(start: u64, sizes: &[u64], index: u64) -> OrcStripe {
    let mut own = Vec::new();
    message(&mut own, 1, &numbers_of(&[(1, 6), (2, 0), (3, index)]));
    let mut columns = Vec::new();
    let mut at = start + index;
    for (size, column) in sizes.iter().zip(1..) {
        message(&mut own, 1, &numbers_of(&[(1, 1), (2, column), (3, *size)]));
        columns.push(at..at + size);
        at += size;
    }
    let footer = at..at + length_of(&own);
    OrcStripe { index: start..start + index, columns, footer, footer_bytes: own }
}

impl OrcLayout {
    /// The file, its streams filled with bytes that follow from `seed`.
    #[must_use]
    pub fn file(&self, seed: u64) -> Bytes {
        let mut bytes: Vec<u8> =
            (0..self.length / 8 + 1).flat_map(|word| mix(seed ^ word).to_le_bytes()).collect();
        bytes.truncate(usize::try_from(self.length).unwrap_or(usize::MAX));
        let mut put = |at: u64, part: &[u8]| {
            let start = usize::try_from(at).unwrap_or(usize::MAX);
            if let Some(place) = bytes.get_mut(start..start.saturating_add(part.len())) {
                place.copy_from_slice(part);
            }
        };
        put(0, b"ORC");
        for stripe in &self.stripes {
            put(stripe.footer.start, &stripe.footer_bytes);
        }
        put(self.length - length_of(&self.tail), &self.tail);
        bytes.into()
    }
}

/// A message of integers, each with its field's number.
#[must_use]
pub fn numbers_of(fields: &[(u64, u64)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (id, value) in fields {
        varint(&mut body, id << 3);
        varint(&mut body, *value);
    }
    body
}

/// Appends a message as field `id`.
pub fn message(into: &mut Vec<u8>, id: u64, body: &[u8]) {
    varint(into, id << 3 | 2);
    varint(into, length_of(body));
    into.extend(body);
}

fn varint(into: &mut Vec<u8>, mut value: u64) {
    while let Some(rest) = Some(value >> 7).filter(|rest| *rest > 0) {
        into.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value = rest;
    }
    into.push(u8::try_from(value).unwrap_or(0));
}

fn length_of(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}
