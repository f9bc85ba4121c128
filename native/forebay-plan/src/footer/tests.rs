use super::*;
use parquet::basic::{Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataReader,
    ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{SchemaDescriptor, Type};
use proptest::prelude::*;

/// A chunk as a test describes it: dictionary bytes, data bytes.
pub(crate) type Sizes = (u64, u64);

fn schema(columns: usize) -> Arc<SchemaDescriptor> {
    let fields = (0..columns)
        .map(|number| {
            let name = format!("c{number}");
            let builder = Type::primitive_type_builder(&name, PhysicalType::INT64);
            Arc::new(builder.with_repetition(Repetition::REQUIRED).build().unwrap())
        })
        .collect();
    let root = Type::group_type_builder("schema").with_fields(fields).build().unwrap();
    Arc::new(SchemaDescriptor::new(Arc::new(root)))
}

/// The end of a Parquet file, as the parquet crate writes it, for a file that is laid out as told:
/// row groups side by side from byte 4, then `index` bytes of page indexes, then the footer.
pub(crate) fn written(row_groups: &[Vec<Sizes>], index: u64) -> (Vec<u8>, u64) {
    let schema = schema(row_groups[0].len());
    let mut at = 4_u64;
    let total: u64 = row_groups.iter().flatten().map(|(dictionary, data)| dictionary + data).sum();
    let groups = row_groups
        .iter()
        .map(|sizes| {
            let mut group = RowGroupMetaData::builder(Arc::clone(&schema)).set_num_rows(1);
            for (number, (dictionary, data)) in sizes.iter().enumerate() {
                let start = i64::try_from(at).unwrap();
                let mut chunk = ColumnChunkMetaData::builder(schema.column(number))
                    .set_data_page_offset(start + i64::try_from(*dictionary).unwrap())
                    .set_total_compressed_size(i64::try_from(dictionary + data).unwrap());
                if *dictionary > 0 {
                    chunk = chunk.set_dictionary_page_offset(Some(start));
                }
                if index > 0 {
                    chunk = chunk
                        .set_offset_index_offset(Some(i64::try_from(4 + total).unwrap()))
                        .set_offset_index_length(Some(i32::try_from(index).unwrap()));
                }
                group = group.add_column_metadata(chunk.build().unwrap());
                at += dictionary + data;
            }
            group.build().unwrap()
        })
        .collect();
    let file = FileMetaData::new(2, 1, None, None, schema, None);
    let metadata = ParquetMetaData::new(file, groups);
    let mut bytes = Vec::new();
    ParquetMetaDataWriter::new(&mut bytes, &metadata).finish().unwrap();
    let length = at + index + u64::try_from(bytes.len()).unwrap();
    (bytes, length)
}

pub(crate) fn footer(row_groups: &[Vec<Sizes>], index: u64) -> Arc<Footer> {
    let (tail, length) = written(row_groups, index);
    let parsed = parse_tail(&tail, length);
    let Tail::Footer(footer) = parsed else { panic!("{parsed:?}") };
    footer
}

/// A real file of the parquet crate's own writer: an integer and a text column with dictionaries,
/// page indexes and three row groups.
fn real_file() -> Vec<u8> {
    let field = |name, physical| {
        let builder = Type::primitive_type_builder(name, physical);
        Arc::new(builder.with_repetition(Repetition::REQUIRED).build().unwrap())
    };
    let fields = vec![field("id", PhysicalType::INT64), field("word", PhysicalType::BYTE_ARRAY)];
    let root = Arc::new(Type::group_type_builder("schema").with_fields(fields).build().unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), root, properties).unwrap();
    for group in 0..3_i64 {
        let mut rows = writer.next_row_group().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        let ids: Vec<i64> = (0..500).map(|row| group * 1000 + row).collect();
        column.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        let words: Vec<ByteArray> =
            (0..500).map(|row| ByteArray::from(["red", "green", "blue"][row % 3])).collect();
        column.typed::<ByteArrayType>().write_batch(&words, None, None).unwrap();
        column.close().unwrap();
        rows.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap()
}

fn metadata_of(tail: &[u8]) -> &[u8] {
    let (front, last) = tail.split_last_chunk::<8>().unwrap();
    let size = u32::from_le_bytes([last[0], last[1], last[2], last[3]]);
    &front[front.len() - usize::try_from(size).unwrap()..]
}

/// A file that holds `metadata` and 1,000 bytes before it.
fn with_metadata(metadata: &[u8]) -> (Vec<u8>, u64) {
    let mut tail = metadata.to_vec();
    tail.extend(u32::try_from(metadata.len()).unwrap().to_le_bytes());
    tail.extend(b"PAR1");
    let length = length_of(&tail) + 1000;
    (tail, length)
}

/// Holds our reading of a footer against the parquet crate's.
fn agrees_with_the_parquet_crate(footer: &Footer, metadata: &[u8]) {
    let theirs = ParquetMetaDataReader::decode_metadata(metadata).unwrap();
    assert_eq!(footer.row_group_count(), theirs.num_row_groups());
    for (ours, theirs) in footer.row_groups().zip(theirs.row_groups()) {
        assert_eq!(ours.chunks.len(), theirs.num_columns());
        for chunk in ours.chunks {
            let theirs = theirs.column(usize::try_from(chunk.column()).unwrap());
            let (start, size) = theirs.byte_range();
            assert_eq!(chunk.range(), start..start + size);
            let data = u64::try_from(theirs.data_page_offset()).unwrap();
            let dictionary = theirs.dictionary_page_offset().map(|_| start..data);
            assert_eq!(chunk.dictionary(), dictionary);
            let index = footer.page_index();
            for start in [theirs.offset_index_offset(), theirs.column_index_offset()] {
                let inside = |at| index.as_ref().is_some_and(|index| index.contains(&at));
                assert!(start.is_none_or(|at| inside(u64::try_from(at).unwrap())));
            }
        }
    }
}

#[test]
fn a_real_file_is_read_as_the_parquet_crate_reads_it() {
    let file = real_file();
    let length = length_of(&file);
    let Tail::Footer(footer) = parse_tail(&file, length) else { panic!("no footer") };
    agrees_with_the_parquet_crate(&footer, metadata_of(&file));
    assert_eq!((footer.row_group_count(), footer.columns()), (3, 2));
    assert!(footer.row_groups().all(|group| group.chunks.iter().all(|c| c.dictionary().is_some())));
    let index = footer.page_index().unwrap();
    assert_eq!(index.end, footer.range().start, "the page indexes end where the footer begins");
    assert_eq!(footer.range().end, length);
    assert_eq!(footer.file_length(), length);
    assert!(footer.weight() < 500, "{}", footer.weight());
}

#[test]
fn a_short_tail_asks_for_exactly_what_is_missing() {
    let file = real_file();
    let length = length_of(&file);
    let need = length_of(metadata_of(&file)) + 8;
    let from_end = |size: usize| parse_tail(&file[file.len() - size..], length);
    assert_eq!(from_end(0), Tail::NeedMore(8));
    assert_eq!(from_end(7), Tail::NeedMore(8));
    assert_eq!(from_end(8), Tail::NeedMore(need));
    let need = usize::try_from(need).unwrap();
    assert_eq!(from_end(need - 1), Tail::NeedMore(length_of(&file[..need])));
    assert!(matches!(from_end(need), Tail::Footer(_)));
    assert_eq!(from_end(need), parse_tail(&file, length), "more bytes than needed change nothing");
}

#[test]
fn the_magic_decides_what_a_file_is() {
    let columnar = |bytes: &[u8]| parse_tail(bytes, length_of(bytes));
    assert_eq!(columnar(b""), Tail::NotColumnar);
    assert_eq!(columnar(b"PAR1\0\0PAR1"), Tail::NotColumnar, "shorter than any Parquet file");
    assert_eq!(columnar(b"id,word\n1,red\n2,green\n"), Tail::NotColumnar);
    assert_eq!(columnar(b"PARE....\x04\0\0\0PARE"), Tail::NotColumnar);
    let text = b"the last line of a text that ends with ORC\n";
    assert!(matches!(columnar(text), Tail::Broken(_)), "ORC by its magic");
    let mut cut = real_file();
    cut.truncate(cut.len() - 1);
    assert_eq!(columnar(&cut), Tail::NotColumnar);
}

#[test]
fn a_length_that_can_t_be_is_refused_before_anything_is_fetched() {
    let end = |size: u32| [size.to_le_bytes().as_slice(), b"PAR1"].concat();
    for (size, length) in [(0, 1 << 30), (89, 100), (u32::MAX, 100), (u32::MAX, 1 << 40)] {
        let parsed = parse_tail(&end(size), length);
        assert!(matches!(&parsed, Tail::Broken(_)), "{size} in {length}: {parsed:?}");
    }
    assert_eq!(parse_tail(&end(88), 100), Tail::NeedMore(96), "the longest that fits");
    assert!(matches!(parse_tail(&end((16 << 20) + 1), 1 << 40), Tail::Broken(_)));
    assert_eq!(parse_tail(&end(16 << 20), 1 << 40), Tail::NeedMore((16 << 20) + 8));
    assert!(matches!(parse_tail(&end(4), 7), Tail::Broken(_)), "more bytes than the file has");
}

#[test]
fn footers_that_name_places_outside_the_file_are_broken() {
    let layout = vec![vec![(10, 90), (0, 100)], vec![(10, 90), (0, 100)]];
    let (tail, length) = written(&layout, 50);
    assert!(matches!(parse_tail(&tail, length), Tail::Footer(_)));
    for shorter in [1, 51, 150, 449] {
        let parsed = parse_tail(&tail, length - shorter);
        assert!(matches!(&parsed, Tail::Broken(_)), "{shorter} bytes short: {parsed:?}");
    }
}

/// Metadata in Thrift's compact protocol, written by hand to say what no writer would.
fn hostile(chunk: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x29, 0x0c]; // 2: schema, an empty list of structures
    bytes.extend([0x29, 0x1c]); // 4: row groups, one
    bytes.extend([0x19, 0x1c]); // 1: columns, one
    bytes.extend([0x3c]); // 3: metadata
    bytes.extend(chunk);
    bytes.extend([0, 0, 0, 0]); // the ends of metadata, chunk, row group, file
    bytes
}

fn zigzag(value: i64) -> Vec<u8> {
    let mut raw = (value << 1 ^ value >> 63).cast_unsigned();
    let mut bytes = Vec::new();
    while raw >= 0x80 {
        bytes.push(raw.to_le_bytes()[0] | 0x80);
        raw >>= 7;
    }
    bytes.push(raw.to_le_bytes()[0]);
    bytes
}

/// 7: total compressed size, 9: data page offset, 11: dictionary page offset, each an I64.
fn chunk(size: i64, data: i64, dictionary: i64) -> Vec<u8> {
    [vec![0x76], zigzag(size), vec![0x26], zigzag(data), vec![0x26], zigzag(dictionary)].concat()
}

#[test]
fn places_are_checked_whatever_the_numbers_claim() {
    let parse = |chunk: &[u8]| {
        let (tail, length) = with_metadata(&hostile(chunk));
        parse_tail(&tail, length)
    };
    for (size, data, dictionary) in [
        (-1, 100, 0),
        (100, -1, 0),
        (100, i64::MIN, 0),
        (i64::MAX, 100, 0),
        (i64::MAX, i64::MAX, i64::MAX),
        (997, 4, 0),
        (1, 1000, 0),
        (10, 3, 0),
        (10, 100, 50),
        (10, 100, 1),
    ] {
        let parsed = parse(&chunk(size, data, dictionary));
        assert!(matches!(&parsed, Tail::Broken(_)), "{size} {data} {dictionary}: {parsed:?}");
    }
    for (size, data, dictionary, range) in [
        (996, 4, 0, 4..1000),
        (10, 100, -5, 100..110),
        (10, 100, 100, 100..110),
        (10, 100, 200, 100..110),
        (60, 100, 50, 50..110),
        (0, 4, 0, 4..4),
    ] {
        let Tail::Footer(footer) = parse(&chunk(size, data, dictionary)) else {
            panic!("{size} {data} {dictionary}");
        };
        assert_eq!(footer.row_group(0).unwrap().chunks[0].range(), range);
    }
}

#[test]
fn row_groups_that_overlap_or_differ_are_broken() {
    let chunk = |size, at| [vec![0x3c], chunk(size, at, 0), vec![0, 0]].concat();
    let file = |groups: &[&[Vec<u8>]]| {
        let mut bytes = vec![0x29, 0x0c, 0x29, 0x0c | u8::try_from(groups.len()).unwrap() << 4];
        for chunks in groups {
            bytes.extend([0x19, 0x0c | u8::try_from(chunks.len()).unwrap() << 4]);
            bytes.extend(chunks.concat());
            bytes.push(0);
        }
        bytes.push(0);
        let (tail, length) = with_metadata(&bytes);
        parse_tail(&tail, length)
    };
    let (a, b, c, d) = (chunk(100, 4), chunk(100, 104), chunk(100, 204), chunk(100, 304));
    let good = file(&[&[a.clone(), b.clone()], &[c.clone(), d.clone()]]);
    assert!(matches!(&good, Tail::Footer(_)), "{good:?}");
    let swapped = file(&[&[b.clone(), a.clone()], &[c.clone(), d.clone()]]);
    let Tail::Footer(footer) = swapped else { panic!("columns may lie in any order") };
    let columns: Vec<_> = footer.row_group(0).unwrap().chunks.iter().map(Chunk::column).collect();
    assert_eq!(columns, [1, 0]);
    for (what, groups) in [
        ("same bytes twice", [vec![a.clone(), a.clone()], vec![c.clone(), d.clone()]]),
        ("overlap inside", [vec![a.clone(), chunk(100, 103)], vec![c.clone(), d.clone()]]),
        ("overlap of row groups", [vec![a.clone(), b.clone()], vec![b.clone(), d.clone()]]),
        ("backwards", [vec![c.clone(), d.clone()], vec![a.clone(), b.clone()]]),
        ("interleaved", [vec![a.clone(), c.clone()], vec![b.clone(), d.clone()]]),
        ("fewer columns", [vec![a.clone(), b.clone()], vec![c.clone()]]),
        ("no columns", [vec![], vec![]]),
    ] {
        let parsed = file(&[&groups[0], &groups[1]]);
        assert!(matches!(&parsed, Tail::Broken(_)), "{what}: {parsed:?}");
    }
}

#[test]
fn small_bombs_are_refused() {
    let nested: Vec<u8> = [0x1c].repeat(100_000); // structures in structures
    let lists: Vec<u8> = [vec![0x19], [0x19].repeat(100_000)].concat(); // lists of lists
    let many = |count: i64| [vec![0x29, 0x0c, 0x29, 0xfc], zigzag(count), vec![0; 64]].concat();
    let wide = [vec![0x29, 0x0c, 0x29, 0x1c, 0x19, 0xfc], zigzag(1 << 19), vec![0; 64]].concat();
    for (what, metadata) in [
        ("nested structures", nested),
        ("nested lists", lists),
        ("2^31 row groups", many(i64::from(i32::MAX))),
        ("2^62 row groups", many(i64::MAX >> 1)),
        ("2^18 columns in no bytes", wide),
        ("a number without end", vec![0x16; 1].into_iter().chain([0xff; 20]).collect()),
        ("a text of 2^60 bytes", [vec![0x18], zigzag(1 << 59)].concat()),
        ("a map of 2^60 entries", [vec![0x1b], zigzag(1 << 59), vec![0x11]].concat()),
        ("nothing", vec![0]),
        ("an unknown type", vec![0x1e, 0]),
        ("a schema of another type", vec![0x28, 0, 0]),
        ("row groups of another type", vec![0x29, 0x0c, 0x28, 0, 0]),
    ] {
        let (tail, length) = with_metadata(&metadata);
        let parsed = parse_tail(&tail, length);
        assert!(matches!(&parsed, Tail::Broken(_)), "{what}: {parsed:?}");
    }
}

/// Both make version 60.1 of the parquet crate end the process, which is why it doesn't decode here;
/// this reader passes over schemas without building them.
#[test]
fn schemas_that_kill_the_parquet_crate_are_just_passed_over() {
    let element = |children: i64| [vec![0x48, 1, b'a', 0x15], zigzag(children), vec![0]].concat();
    let endings = vec![0x29, 0x0c, 0];
    let claims = [vec![0x29, 0x1c], element(i64::from(i32::MAX)), endings.clone()].concat();
    let deep = [vec![0x29, 0xfc, 0x80, 0xb5, 0x18], element(1).repeat(400_000), endings].concat();
    for metadata in [claims, deep] {
        let (tail, length) = with_metadata(&metadata);
        let Tail::Footer(footer) = parse_tail(&tail, length) else { panic!("a plain footer") };
        assert_eq!((footer.row_group_count(), footer.columns()), (0, 0));
        assert!(footer.weight() < 200);
    }
}

#[test]
fn there_is_a_most_that_one_file_may_cost() {
    let most = 1_i64 << 18;
    let file = |columns: i64| {
        let one = [vec![0x3c], chunk(0, 4, 0), vec![0, 0]].concat();
        let count = zigzag(columns / 2); // an unsigned number, so half of it zigzagged
        let times = usize::try_from(columns).unwrap();
        let head = [vec![0x29, 0x0c, 0x29, 0x1c, 0x19, 0xfc], count].concat();
        let (tail, length) = with_metadata(&[head, one.repeat(times), vec![0, 0]].concat());
        parse_tail(&tail, length)
    };
    let Tail::Footer(footer) = file(most) else { panic!("at the limit") };
    assert!(footer.weight() < 7 << 20, "{}", footer.weight());
    assert!(matches!(file(most + 2), Tail::Broken(_)));
}

#[test]
fn a_wide_footer_costs_24_bytes_per_chunk() {
    let layout = vec![vec![(0, 100); 1000]; 50];
    let footer = footer(&layout, 0);
    assert!(footer.weight() < 24 * 50_000 + 16 * 50 + 300, "{}", footer.weight());
}

#[test]
fn the_fingerprint_follows_the_schema_alone() {
    let of = |layout: &[Vec<Sizes>]| footer(layout, 0).schema_fingerprint();
    let two = of(&[vec![(0, 10), (0, 10)]]);
    assert_eq!(two, of(&[vec![(5, 99), (0, 1)], vec![(0, 1), (0, 1)]]));
    assert_ne!(two, of(&[vec![(0, 10), (0, 10), (0, 10)]]));
}

#[test]
fn row_groups_are_found_by_offset() {
    let footer = footer(&[vec![(0, 100)], vec![(0, 100)], vec![(0, 100)]], 0);
    for (range, numbers) in [
        (0..4, 0..0),
        (4..5, 0..1),
        (103..104, 0..1),
        (104..105, 1..2),
        (103..205, 0..3),
        (304..400, 3..3),
    ] {
        assert_eq!(footer.row_groups_over(&range), numbers, "{range:?}");
    }
    assert_eq!(footer.row_group(1).unwrap().split_point, 154);
    assert!(footer.row_group(3).is_none());
}

fn inside(footer: &Footer, length: u64) {
    let mut free = 4;
    for group in footer.row_groups() {
        for chunk in group.chunks {
            assert!(free <= chunk.range().start && chunk.range().start <= chunk.range().end);
            assert!(chunk.data() <= chunk.range().end);
            free = chunk.range().end;
        }
    }
    let index = footer.page_index().unwrap_or(free..free);
    assert!(free <= index.start && index.start <= index.end && index.end <= footer.range().start);
    assert!(footer.range().start < length && footer.range().end == length);
}

proptest! {
    #![proptest_config(crate::seeded(2_000))]

    #[test]
    fn any_layout_is_read_as_the_parquet_crate_reads_it(
        columns in 1_usize..6,
        sizes in prop::collection::vec((0_u64..50, 1_u64..5_000), 1..30),
        index in 0_u64..300,
    ) {
        let layout: Vec<_> = sizes.chunks_exact(columns).map(<[Sizes]>::to_vec).collect();
        prop_assume!(!layout.is_empty());
        let (tail, length) = written(&layout, index);
        let Tail::Footer(footer) = parse_tail(&tail, length) else { panic!("no footer") };
        agrees_with_the_parquet_crate(&footer, metadata_of(&tail));
        inside(&footer, length);
    }

    #[test]
    fn flipped_bytes_never_panic_and_never_name_a_place_outside(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = real_file();
        let footer = file.len() - metadata_of(&file).len() - 8;
        for (at, value) in flips {
            let at = footer + at.index(file.len() - footer);
            file[at] ^= value;
        }
        let length = length_of(&file);
        let cut = cut.index(file.len());
        for tail in [&file[..], &file[cut..]] {
            if let Tail::Footer(footer) = parse_tail(tail, length) {
                inside(&footer, length);
            }
        }
    }

    #[test]
    fn garbage_never_panics(metadata in prop::collection::vec(any::<u8>(), 1..400)) {
        let (tail, length) = with_metadata(&metadata);
        if let Tail::Footer(footer) = parse_tail(&tail, length) {
            inside(&footer, length);
        }
    }

    #[test]
    fn garbage_in_the_place_of_a_chunk_never_panics(
        chunk in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let (tail, length) = with_metadata(&hostile(&chunk));
        if let Tail::Footer(footer) = parse_tail(&tail, length) {
            inside(&footer, length);
        }
    }
}
