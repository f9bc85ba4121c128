//! From the last bytes of a file to the places of its columns.
//!
//! A Parquet file ends with its metadata, the metadata's length (4 bytes, little endian) and `PAR1`.
//! [`parse_tail`] goes by that magic (ORC's stands in front of the last byte), never by the name. What comes out is small: a [`Chunk`]
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
//! ORC files are read the same way ([`orc`]): a stripe is a row group, all data streams of a column in
//! it are a chunk. Where the chunks of a stripe lie is unknown until its own footer was seen.
//!
//! Invariants of a [`Footer`]:
//! - every range lies inside the file, behind the leading magic; chunks and page indexes lie before
//!   the footer;
//! - row groups are in file order and disjoint, the chunks of one likewise;
//! - a row group has one chunk per column (Parquet), or at most one (ORC: none while its stripe's
//!   footer is unknown, none for columns without data).

mod codec;
mod compact;
mod decode;
pub(crate) mod orc;
mod proto;

use std::ops::Range;
use std::sync::Arc;

use orc::Stripes;

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
    /// What an ORC file's stripes have said about themselves; `None` for Parquet.
    stripes: Option<Stripes>,
    schema_fingerprint: u64,
}

/// One row group of a [`Footer`].
#[derive(Debug, Clone)]
pub struct RowGroup<'a> {
    /// From the first byte of its first chunk to the last of its last.
    pub range: Range<u64>,
    /// Its chunks in file order.
    pub chunks: &'a [Chunk],
    /// The byte that decides which split it belongs to: both Spark and Hive give a row group of Parquet
    /// to the split that holds its middle, and a stripe of ORC to the one that holds its start.
    pub split_point: u64,
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

    /// How many bytes from the end hold what readers begin with: the footer, and the indexes right in
    /// front of it where they are short enough to be read along (256 KiB).
    #[must_use]
    pub fn opening(&self) -> u64 {
        let near =
            |index: &Range<u64>| index.end == self.start && index.end - index.start <= 256 << 10;
        let start = self.index.as_ref().filter(|i| near(i)).map_or(self.start, |i| i.start);
        self.length - start
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
        if let Some(stripes) = &self.stripes {
            let split_point = range.start;
            return Some(RowGroup { range, chunks: stripes.chunks(number)?, split_point });
        }
        let first = number.checked_mul(self.columns)?;
        let chunks = self.chunks.get(first..first.checked_add(self.columns)?)?;
        let split_point = range.start + (range.end - range.start) / 2;
        Some(RowGroup { range, chunks, split_point })
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

    /// The index streams of an ORC stripe, where `number` is one and has any.
    pub(crate) fn stripe_index(&self, number: usize) -> Option<Range<u64>> {
        self.stripes.as_ref()?.index(number, self.row_groups.get(number)?.start)
    }

    /// An ORC stripe's own footer.
    pub(crate) fn stripe_footer(&self, number: usize) -> Option<Range<u64>> {
        Some(self.stripes.as_ref()?.footer(number)?.0)
    }

    /// The bytes that say where the chunks of a row group lie, where they aren't known yet.
    #[must_use]
    pub fn undescribed(&self, number: usize) -> Option<Range<u64>> {
        let (range, known) = self.stripes.as_ref()?.footer(number)?;
        (!known).then_some(range)
    }

    /// Takes note of the bytes that [`Footer::undescribed`] named for a row group. All who share the
    /// footer share what it learns; bytes that make no sense leave the row group without chunks.
    pub fn describe(&self, number: usize, bytes: &[u8]) {
        if let (Some(stripes), Some(range)) = (&self.stripes, self.row_groups.get(number)) {
            stripes.describe(number, bytes, range.start, self.columns);
        }
    }

    /// Bytes of memory it occupies, for the cost of a cache entry; what it may still learn included.
    #[must_use]
    pub fn weight(&self) -> u32 {
        let bytes = size_of::<Footer>()
            + self.stripes.as_ref().map_or(0, |stripes| stripes.heap(self.columns))
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
    if length < TRAILER + 4 {
        return Tail::NotColumnar;
    }
    match tail {
        [.., _, _, _, _, b'P', b'A', b'R', b'1'] => parquet(tail, length),
        [.., b'O', b'R', b'C', _] => stripes(tail, length),
        _ if held < TRAILER => Tail::NeedMore(TRAILER),
        _ => Tail::NotColumnar,
    }
}

fn parquet(tail: &[u8], length: u64) -> Tail {
    let Some((front, [a, b, c, d, ..])) = tail.split_last_chunk::<8>() else {
        return Tail::NeedMore(TRAILER);
    };
    let metadata = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
    if metadata == 0 || metadata > length - TRAILER - 4 {
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

fn stripes(tail: &[u8], length: u64) -> Tail {
    let needed = match orc::needed(tail, length) {
        Ok(Some(needed)) => needed,
        Ok(None) => return Tail::NeedMore(orc::postscript_length(tail)),
        Err(why) => return Tail::Broken(why),
    };
    if usize::try_from(needed).is_ok_and(|needed| needed <= tail.len()) {
        match orc::footer(tail, length) {
            Ok(footer) => Tail::Footer(Arc::new(footer)),
            Err(why) => Tail::Broken(why),
        }
    } else {
        Tail::NeedMore(needed)
    }
}

#[cfg(test)]
pub(crate) mod tests;
