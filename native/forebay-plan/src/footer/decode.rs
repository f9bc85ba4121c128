//! From Thrift's fields to a checked [`Footer`].
//!
//! Field numbers are those of `FileMetaData`, `RowGroup`, `ColumnChunk` and `ColumnMetaData` in
//! <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>. A field
//! that planning doesn't need is passed over unread.

use std::ops::Range;

use super::compact::{Compact, Kind, Read};
use super::{Chunk, Footer};

/// No more chunks are taken from one file: 6 MiB of memory, over twice what the longest footer that
/// is looked into describes when written by a real writer.
pub(super) const MAX_CHUNKS: usize = 1 << 18;

/// The first byte that can hold data: the file begins with a magic of four.
const FIRST: u64 = 4;

/// Decodes the metadata of a file of `length` bytes whose footer begins at `start`.
pub(super) fn footer(metadata: &[u8], start: u64, length: u64) -> Read<Footer> {
    let mut decoder = Decoder { body: FIRST..start, ..Decoder::default() };
    let mut input = Compact::new(metadata);
    input.structure(|input, id, kind| match id {
        2 => decoder.schema(input, kind),
        4 => decoder.row_groups(input, kind),
        _ => input.skip(kind),
    })?;
    let schema_fingerprint = decoder.schema.ok_or("the footer has no schema")?;
    if !decoder.has_row_groups {
        return Err("the footer has no list of row groups".to_owned());
    }
    let data_end = decoder.row_groups.last().map_or(FIRST, |group| group.end);
    decoder.chunks.shrink_to_fit();
    decoder.row_groups.shrink_to_fit();
    Ok(Footer {
        length,
        start,
        index: decoder.index.filter(|index| index.start >= data_end),
        columns: decoder.columns.unwrap_or(0),
        chunks: decoder.chunks,
        row_groups: decoder.row_groups,
        stripes: None,
        schema_fingerprint,
    })
}

#[derive(Default)]
struct Decoder {
    body: Range<u64>,
    schema: Option<u64>,
    has_row_groups: bool,
    columns: Option<usize>,
    chunks: Vec<Chunk>,
    row_groups: Vec<Range<u64>>,
    index: Option<Range<u64>>,
}

/// A column chunk as it is being read.
#[derive(Default)]
struct Described {
    size: Option<u64>,
    data: Option<u64>,
    dictionary: Option<u64>,
    offset_index: (Option<u64>, Option<u64>),
    column_index: (Option<u64>, Option<u64>),
}

impl Decoder {
    fn schema(&mut self, input: &mut Compact<'_>, kind: Kind) -> Read<()> {
        kind.is(Kind::List)?;
        let before = input.rest();
        input.skip(kind)?;
        let used = before.len() - input.rest().len();
        self.schema = before.get(..used).map(fingerprint);
        Ok(())
    }

    fn row_groups(&mut self, input: &mut Compact<'_>, kind: Kind) -> Read<()> {
        kind.is(Kind::List)?;
        if std::mem::replace(&mut self.has_row_groups, true) {
            return Err("the row groups are listed twice".to_owned());
        }
        let (kind, size) = input.list()?;
        if size > 0 {
            kind.is(Kind::Struct)?;
        }
        (0..size).try_for_each(|_| self.row_group(input))
    }

    fn row_group(&mut self, input: &mut Compact<'_>) -> Read<()> {
        let first = self.chunks.len();
        input.structure(|input, id, kind| match id {
            1 => self.columns(input, kind, first),
            _ => input.skip(kind),
        })?;
        let number = self.row_groups.len();
        let chunks = self.chunks.get_mut(first..).unwrap_or_default();
        let columns = *self.columns.get_or_insert(chunks.len());
        if chunks.is_empty() || chunks.len() != columns {
            return Err(format!(
                "row group {number} has {} columns, expected {columns}",
                chunks.len()
            ));
        }
        chunks.sort_unstable_by_key(|chunk| (chunk.start, chunk.end));
        let mut free = self.row_groups.last().map_or(self.body.start, |group| group.end);
        let start = chunks.first().map_or(free, |chunk| chunk.start);
        for chunk in chunks {
            if chunk.start < free {
                return Err(format!(
                    "column {} of row group {number} overlaps what lies before it",
                    chunk.column
                ));
            }
            free = chunk.end;
        }
        self.row_groups.push(start..free);
        Ok(())
    }

    fn columns(&mut self, input: &mut Compact<'_>, kind: Kind, first: usize) -> Read<()> {
        kind.is(Kind::List)?;
        if self.chunks.len() > first {
            return Err("the columns of a row group are listed twice".to_owned());
        }
        let (kind, size) = input.list()?;
        if size > 0 {
            kind.is(Kind::Struct)?;
        }
        if size > MAX_CHUNKS - self.chunks.len() {
            return Err(format!("the file has more than {MAX_CHUNKS} column chunks"));
        }
        for column in 0..size {
            let chunk = self.chunk(input, column)?;
            self.chunks.push(chunk);
        }
        Ok(())
    }

    fn chunk(&mut self, input: &mut Compact<'_>, column: usize) -> Read<Chunk> {
        let mut described = Described::default();
        input.structure(|input, id, kind| match id {
            1 => Err(format!("column {column} lies in another file")),
            3 => kind.is(Kind::Struct).and_then(|()| metadata(input, &mut described)),
            4 => number(input, kind, Kind::I64, &mut described.offset_index.0),
            5 => number(input, kind, Kind::I32, &mut described.offset_index.1),
            6 => number(input, kind, Kind::I64, &mut described.column_index.0),
            7 => number(input, kind, Kind::I32, &mut described.column_index.1),
            _ => input.skip(kind),
        })?;
        for index in [described.offset_index, described.column_index] {
            if let (Some(start), Some(size @ 1..)) = index {
                let range = self.inside(start, size, "page index", column)?;
                self.widen_index(range);
            }
        }
        self.placed(&described, column)
    }

    fn placed(&self, described: &Described, column: usize) -> Read<Chunk> {
        let (Some(size), Some(data)) = (described.size, described.data) else {
            return Err(format!("column {column} has no place, or an encrypted one"));
        };
        // Writers that have no dictionary page leave its offset out, or write 0.
        let dictionary = described.dictionary.filter(|offset| (1..data).contains(offset));
        let start = dictionary.unwrap_or(data);
        let range = self.inside(start, size, "chunk", column)?;
        if data > range.end {
            return Err(format!("column {column} has its data pages behind its end"));
        }
        Ok(Chunk {
            start,
            end: range.end,
            dictionary: u32::try_from(data - start).unwrap_or(0),
            column: u32::try_from(column).map_err(|_| "too many columns".to_owned())?,
        })
    }

    fn inside(&self, start: u64, size: u64, what: &str, column: usize) -> Read<Range<u64>> {
        let end = start.checked_add(size).filter(|end| *end <= self.body.end);
        match end {
            Some(end) if start >= self.body.start => Ok(start..end),
            Some(_) | None => Err(format!(
                "the {what} of column {column} lies outside the file's data ({size} bytes at {start})"
            )),
        }
    }

    fn widen_index(&mut self, range: Range<u64>) {
        self.index = Some(match self.index.take() {
            Some(index) => index.start.min(range.start)..index.end.max(range.end),
            None => range,
        });
    }
}

fn metadata(input: &mut Compact<'_>, described: &mut Described) -> Read<()> {
    input.structure(|input, id, kind| match id {
        7 => number(input, kind, Kind::I64, &mut described.size),
        9 => number(input, kind, Kind::I64, &mut described.data),
        11 => {
            // No reader takes a dictionary's offset at its word; a negative one means none.
            kind.is(Kind::I64)?;
            described.dictionary = u64::try_from(input.integer()?).ok();
            Ok(())
        }
        _ => input.skip(kind),
    })
}

fn number(
    input: &mut Compact<'_>,
    found: Kind,
    expected: Kind,
    value: &mut Option<u64>,
) -> Read<()> {
    found.is(expected)?;
    *value = Some(input.unsigned()?);
    Ok(())
}

/// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>. A clash costs a wrong guess about
/// which columns come next, so nothing stronger is needed.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
