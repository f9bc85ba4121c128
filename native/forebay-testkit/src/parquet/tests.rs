use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::*;

fn spec() -> FileSpec {
    FileSpec {
        columns: vec![
            Column::Int64,
            Column::Bytes { width: 24 },
            Column::Dictionary { values: 5, width: 8 },
        ],
        row_groups: 3,
        rows: 700,
        page_rows: 100,
        seed: 9,
    }
}

#[test]
fn a_reader_finds_what_was_written() {
    let file = spec().build().unwrap();
    let reader = SerializedFileReader::new(file.bytes.clone()).unwrap();
    let metadata = reader.metadata();
    assert_eq!(metadata.num_row_groups(), 3);
    assert_eq!(metadata.file_metadata().num_rows(), 2100);
    for (group, chunks) in metadata.row_groups().iter().zip(&file.chunks) {
        for (column, chunk) in group.columns().iter().zip(chunks) {
            assert_eq!(column.byte_range(), (chunk.start, chunk.end - chunk.start));
        }
        let dictionary = |index: usize| group.column(index).dictionary_page_offset().is_some();
        assert_eq!([dictionary(0), dictionary(1), dictionary(2)], [false, false, true]);
    }
    let row = reader.get_row_iter(None).unwrap().nth(1500).unwrap().unwrap();
    let values: Vec<Field> = row.get_column_iter().map(|(_, field)| field.clone()).collect();
    let seed = |column: u64| mix(9 ^ mix((column << 48) ^ 1500));
    assert_eq!(values[0], Field::Long(seed(0).cast_signed()));
    assert_eq!(values[1], Field::Bytes(value(seed(1), 24)));
}

#[test]
fn the_parts_follow_one_another() {
    let file = spec().build().unwrap();
    let mut end = 4;
    for chunk in file.chunks.iter().flatten() {
        assert_eq!(chunk.start, end, "chunks are contiguous");
        assert!(chunk.end > chunk.start);
        end = chunk.end;
    }
    assert_eq!(file.row_group(1), Some(file.chunks[1][0].start..file.chunks[1][2].end));
    assert_eq!(file.row_group(3), None);
    assert_eq!(file.indexes.start, end);
    assert!(!file.indexes.is_empty());
    assert_eq!(file.indexes.end, file.footer.start);
    assert_eq!(file.footer.end + 8, file.length());
    assert_eq!(&file.tail(4)[..], b"PAR1");
    assert_eq!(file.tail(usize::MAX), file.bytes);
}

#[test]
fn equal_specs_give_equal_bytes_and_seeds_matter() {
    assert_eq!(spec().build().unwrap().bytes, spec().build().unwrap().bytes);
    let other = FileSpec { seed: 10, ..spec() };
    assert_ne!(spec().build().unwrap().bytes, other.build().unwrap().bytes);
}

#[test]
fn pages_have_the_asked_number_of_rows() {
    let file = spec().build().unwrap();
    let reader = SerializedFileReader::new(file.bytes).unwrap();
    let group = reader.get_row_group(0).unwrap();
    let mut pages = group.get_column_page_reader(0).unwrap();
    let mut rows = Vec::new();
    while let Some(page) = pages.get_next_page().unwrap() {
        rows.push(page.num_values());
    }
    assert_eq!(rows, [100; 7]);
}

#[test]
fn a_grid_has_its_columns_and_an_empty_file_is_a_file() {
    let file = FileSpec::grid(5, 2).build().unwrap();
    assert_eq!((file.chunks.len(), file.chunks[0].len()), (2, 5));
    let empty = FileSpec { row_groups: 0, ..FileSpec::grid(2, 0) }.build().unwrap();
    assert!(SerializedFileReader::new(empty.bytes.clone()).is_ok());
    assert_eq!(empty.indexes, 4..4);
}
