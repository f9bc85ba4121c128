//! Small, real Parquet files of a known layout, for planners and engines to be tested on.
//!
//! [`FileSpec`] says what to build, [`ParquetFile`] is the file's bytes with the place of every
//! column chunk, of the page indexes and of the footer. Values are a function of the seed, column
//! and row, so equal specs give equal bytes.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};

use crate::content::mix;

#[cfg(test)]
mod tests;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// The columns, called `c0`, `c1`, ….
    pub columns: Vec<Column>,
    /// Row groups.
    pub row_groups: usize,
    /// Rows of each row group.
    pub rows: usize,
    /// Rows of each page, at most.
    pub page_rows: usize,
    /// What values are drawn from.
    pub seed: u64,
}

/// A required column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// INT64 of random values, plain.
    Int64,
    /// BYTE_ARRAY of random values, plain.
    Bytes {
        /// Bytes per value.
        width: usize,
    },
    /// BYTE_ARRAY of few different values, with a dictionary page.
    Dictionary {
        /// How many different values there are.
        values: usize,
        /// Bytes per value.
        width: usize,
    },
}

impl FileSpec {
    /// `columns` × `row_groups` of 1000 rows, INT64 and 16-byte BYTE_ARRAY in turn.
    #[must_use]
    pub fn grid(columns: usize, row_groups: usize) -> FileSpec {
        let kinds = [Column::Int64, Column::Bytes { width: 16 }];
        FileSpec {
            columns: kinds.into_iter().cycle().take(columns).collect(),
            row_groups,
            ..FileSpec::default()
        }
    }
}

impl Default for FileSpec {
    fn default() -> FileSpec {
        FileSpec { columns: Vec::new(), row_groups: 1, rows: 1000, page_rows: 250, seed: 1 }
    }
}

/// A file's bytes and where its parts lie.
#[derive(Debug, Clone)]
pub struct ParquetFile {
    /// The whole file.
    pub bytes: Bytes,
    /// By row group and column, the column chunk with its dictionary page.
    pub chunks: Vec<Vec<Range<u64>>>,
    /// Column and offset indexes, between the last chunk and the footer; may be empty.
    pub indexes: Range<u64>,
    /// The footer's Thrift, without the 8 bytes of length and magic after it.
    pub footer: Range<u64>,
}

impl ParquetFile {
    /// The file's length.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The last `length` bytes, or all there are.
    #[must_use]
    pub fn tail(&self, length: usize) -> Bytes {
        self.bytes.slice(self.bytes.len().saturating_sub(length)..)
    }

    /// All chunks of a row group as one range.
    #[must_use]
    pub fn row_group(&self, index: usize) -> Option<Range<u64>> {
        let chunks = self.chunks.get(index)?;
        Some(chunks.first()?.start..chunks.last()?.end)
    }
}

impl FileSpec {
    /// Builds the file.
    ///
    /// # Errors
    ///
    /// What the Parquet writer refuses.
    pub fn build(&self) -> Result<ParquetFile> {
        let mut writer =
            SerializedFileWriter::new(Vec::new(), Arc::new(self.schema()?), self.properties())?;
        let mut row = 0;
        for _ in 0..self.row_groups {
            let mut group = writer.next_row_group()?;
            self.write_row_group(&mut group, row)?;
            group.close()?;
            row += self.rows as u64;
        }
        let metadata = writer.finish()?;
        let chunks = metadata.row_groups().iter().map(chunks).collect();
        Ok(locate(writer.inner().clone().into(), chunks))
    }

    fn schema(&self) -> Result<Type> {
        let fields: Result<Vec<_>> = (self.columns.iter().enumerate())
            .map(|(index, column)| {
                let physical = match column {
                    Column::Int64 => Physical::INT64,
                    Column::Bytes { .. } | Column::Dictionary { .. } => Physical::BYTE_ARRAY,
                };
                let name = name(index);
                let field = Type::primitive_type_builder(&name, physical);
                Ok(Arc::new(field.with_repetition(Repetition::REQUIRED).build()?))
            })
            .collect();
        Type::group_type_builder("schema").with_fields(fields?).build()
    }

    fn properties(&self) -> WriterPropertiesPtr {
        let page_rows = self.page_rows.max(1);
        let mut properties = WriterProperties::builder()
            .set_created_by("forebay-testkit".to_owned())
            .set_dictionary_enabled(false)
            .set_data_page_row_count_limit(page_rows)
            .set_write_batch_size(page_rows);
        for (index, column) in self.columns.iter().enumerate() {
            if matches!(column, Column::Dictionary { .. }) {
                let path = ColumnPath::from(name(index));
                properties = properties.set_column_dictionary_enabled(path, true);
            }
        }
        Arc::new(properties.build())
    }

    fn write_row_group(
        &self,
        group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
        first_row: u64,
    ) -> Result<()> {
        let mut columns = self.columns.iter().zip(0_u64..);
        while let Some(mut writer) = group.next_column()? {
            let Some((column, index)) = columns.next() else { break };
            let seeds = (0..self.rows as u64)
                .map(|row| mix(self.seed ^ mix((index << 48) ^ (first_row + row))));
            match column {
                Column::Int64 => {
                    let values: Vec<i64> = seeds.map(u64::cast_signed).collect();
                    writer.typed::<Int64Type>().write_batch(&values, None, None)?;
                }
                Column::Bytes { width } => {
                    let values: Vec<ByteArray> = seeds.map(|seed| value(seed, *width)).collect();
                    writer.typed::<ByteArrayType>().write_batch(&values, None, None)?;
                }
                Column::Dictionary { values, width } => {
                    let few = (*values).max(1) as u64;
                    let values: Vec<ByteArray> =
                        seeds.map(|seed| value(mix(self.seed) ^ (seed % few), *width)).collect();
                    writer.typed::<ByteArrayType>().write_batch(&values, None, None)?;
                }
            }
            writer.close()?;
        }
        Ok(())
    }
}

fn name(index: usize) -> String {
    format!("c{index}")
}

/// `width` bytes drawn from a seed.
fn value(seed: u64, width: usize) -> ByteArray {
    let words = (0_u64..).map(|word| mix(seed ^ mix(word)));
    words.flat_map(u64::to_le_bytes).take(width).collect::<Vec<u8>>().into()
}

fn chunks(group: &RowGroupMetaData) -> Vec<Range<u64>> {
    let range = |(start, length)| start..start + length;
    group.columns().iter().map(|column| range(column.byte_range())).collect()
}

/// Finds the footer by the length in the file's last 8 bytes.
fn locate(bytes: Bytes, chunks: Vec<Vec<Range<u64>>>) -> ParquetFile {
    let end = bytes.len().saturating_sub(8) as u64;
    let length =
        bytes.iter().rev().skip(4).take(4).fold(0, |all, byte| all << 8 | u64::from(*byte));
    let footer = end.saturating_sub(length)..end;
    let last = chunks.iter().flatten().map(|chunk| chunk.end).max().unwrap_or(4);
    ParquetFile { bytes, chunks, indexes: last..footer.start, footer }
}
