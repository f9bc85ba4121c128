//! From the last bytes of a file to the places of its columns.
//!
//! A Parquet file ends with its metadata, the metadata's length (4 bytes, little endian) and `PAR1`.
//! [`parse_tail`] goes by that magic, never by the file's name. What comes out is small: a [`Chunk`]
//! is three numbers, and all other metadata (names, statistics, key-value pairs) is passed over
//! without being stored.
//!
//! The bytes are hostile. The `parquet` crate is not used to decode them: version 60.1 reserves
//! 17 GB for a footer of 19 bytes (a group that claims 2³¹ children) and overflows the stack, which
//! kills the process, on 160 KB of nested groups; neither can be caught, nor told beforehand without
//! reading the same structure first. So `compact` reads Thrift's compact protocol without
//! allocating, `decode` takes from it the six numbers per column that planning needs, and the tests
//! hold both against the crate's own reader and writer.
//!
//! Invariants of a [`Footer`]:
//! - every range lies inside the file, behind the leading magic; chunks and page indexes lie before
//!   the footer;
//! - row groups are in file order and disjoint, the chunks of one likewise;
//! - all row groups have the same number of chunks, one per column.

mod compact;
mod decode;

use std::ops::Range;
use std::sync::Arc;

/// The magic at both ends of a Parquet file.
const MAGIC: &[u8; 4] = b"PAR1";

/// Magic and length behind the metadata.
const TRAILER: u64 = 8;

/// Metadata longer than this is not decoded. At 100 to 200 bytes per column chunk, 16 MiB describe
/// some 100,000 chunks (2,000 columns in 50 row groups); beyond that, reading the footer takes the
/// engine so long that look-ahead is not what its user waits for.
const MAX_METADATA: u64 = 16 << 20;

/// What the end of a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// A footer, understood and checked.
    Footer(Arc<Footer>),
    /// The footer is longer than what was given: this many bytes from the end are needed.
    NeedMore(u64),
    /// Not a Parquet file, or one whose footer is encrypted.
    NotColumnar,
    /// A Parquet file by its magic whose footer can't be used, and why.
    Broken(String),
}

/// Where the parts of one columnar file lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    length: u64,
    start: u64,
    index: Option<Range<u64>>,
    columns: usize,
    chunks: Vec<Chunk>,
    row_groups: Vec<Range<u64>>,
    schema_fingerprint: u64,
}

/// One row group of a [`Footer`].
#[derive(Debug, Clone)]
pub struct RowGroup<'a> {
    /// From the first byte of its first chunk to the last of its last.
    pub range: Range<u64>,
    /// Its chunks in file order.
    pub chunks: &'a [Chunk],
}

/// One column's bytes in one row group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    start: u64,
    end: u64,
    dictionary: u32,
    column: u32,
}

impl Chunk {
    /// Its bytes, dictionary page included.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.start..self.end
    }

    /// Its dictionary page, where the footer names one.
    #[must_use]
    pub fn dictionary(&self) -> Option<Range<u64>> {
        (self.dictionary > 0).then(|| self.start..self.data())
    }

    /// Where its data pages begin.
    #[must_use]
    pub fn data(&self) -> u64 {
        self.start + u64::from(self.dictionary)
    }

    /// Its column, counted from 0 in the order of the schema's leaves.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }
}

impl RowGroup<'_> {
    /// The byte that decides which split it belongs to: both Spark and Hive give a row group to the
    /// split that holds its middle.
    #[must_use]
    pub fn midpoint(&self) -> u64 {
        self.range.start + (self.range.end - self.range.start) / 2
    }
}

impl Footer {
    /// The length of the file it belongs to.
    #[must_use]
    pub fn file_length(&self) -> u64 {
        self.length
    }

    /// The footer's own bytes: metadata, its length, the magic.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.start..self.length
    }

    /// The page indexes of all columns, where the file has them behind its last row group.
    #[must_use]
    pub fn page_index(&self) -> Option<Range<u64>> {
        self.index.clone()
    }

    /// Chunks per row group; 0 for a file without row groups.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A hash of the schema as written: the same for files of one writer and one schema. Stable
    /// across processes and versions of Forebay, not made to resist forgery.
    #[must_use]
    pub fn schema_fingerprint(&self) -> u64 {
        self.schema_fingerprint
    }

    /// How many row groups the file has.
    #[must_use]
    pub fn row_group_count(&self) -> usize {
        self.row_groups.len()
    }

    /// A row group, counted from 0.
    #[must_use]
    pub fn row_group(&self, number: usize) -> Option<RowGroup<'_>> {
        let range = self.row_groups.get(number)?.clone();
        let first = number.checked_mul(self.columns)?;
        let chunks = self.chunks.get(first..first.checked_add(self.columns)?)?;
        Some(RowGroup { range, chunks })
    }

    /// All row groups in file order.
    pub fn row_groups(&self) -> impl Iterator<Item = RowGroup<'_>> {
        (0..self.row_groups.len()).filter_map(|number| self.row_group(number))
    }

    /// The numbers of the row groups that share a byte with `range`.
    pub(crate) fn row_groups_over(&self, range: &Range<u64>) -> Range<usize> {
        let first = self.row_groups.partition_point(|group| group.end <= range.start);
        let past = self.row_groups.partition_point(|group| group.start < range.end);
        first..past.max(first)
    }

    /// Bytes of memory it occupies, for the cost of a cache entry.
    #[must_use]
    pub fn weight(&self) -> u32 {
        let bytes = size_of::<Footer>()
            + self.chunks.capacity() * size_of::<Chunk>()
            + self.row_groups.capacity() * size_of::<Range<u64>>();
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

/// Reads the footer of a file of `length` bytes from its last bytes.
#[must_use]
pub fn parse_tail(tail: &[u8], length: u64) -> Tail {
    let held = u64::try_from(tail.len()).unwrap_or(u64::MAX);
    if held > length {
        return Tail::Broken(format!("{held} bytes can't be the end of a file of {length}"));
    }
    let smallest = TRAILER + 4;
    if length < smallest {
        return Tail::NotColumnar;
    }
    let Some((front, [a, b, c, d, magic @ ..])) = tail.split_last_chunk::<8>() else {
        return Tail::NeedMore(TRAILER);
    };
    if magic != MAGIC {
        return Tail::NotColumnar;
    }
    let metadata = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
    if metadata == 0 || metadata > length - smallest {
        return Tail::Broken(format!(
            "a footer of {metadata} bytes doesn't fit into a file of {length}"
        ));
    }
    if metadata > MAX_METADATA {
        return Tail::Broken(format!(
            "a footer of {metadata} bytes is longer than the {MAX_METADATA} that are looked into"
        ));
    }
    let held = usize::try_from(metadata).ok().and_then(|size| front.len().checked_sub(size));
    let Some(metadata_bytes) = held.and_then(|skip| front.get(skip..)) else {
        return Tail::NeedMore(metadata + TRAILER);
    };
    let start = length - TRAILER - metadata;
    match decode::footer(metadata_bytes, start, length) {
        Ok(footer) => Tail::Footer(Arc::new(footer)),
        Err(why) => Tail::Broken(why),
    }
}

#[cfg(test)]
pub(crate) mod tests;
