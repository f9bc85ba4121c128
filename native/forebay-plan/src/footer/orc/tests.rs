use super::super::{Tail, parse_tail};
use super::*;
use forebay_testkit::orc::{message, numbers_of};
use std::sync::Arc;

/// Small files of real writers, three stripes or more of the same five columns each: Java's (Spark
/// 3.5's ORC 1.9, with a Bloom filter) and C++'s (pyarrow 25).
const SAMPLES: &[(&str, &[u8])] = &[
    ("java none", include_bytes!("../../../samples/java-none.orc")),
    ("java zlib", include_bytes!("../../../samples/java-zlib.orc")),
    ("java snappy", include_bytes!("../../../samples/java-snappy.orc")),
    ("java lz4", include_bytes!("../../../samples/java-lz4.orc")),
    ("java zstd", include_bytes!("../../../samples/java-zstd.orc")),
    ("c++ none", include_bytes!("../../../samples/cpp-none.orc")),
    ("c++ zlib", include_bytes!("../../../samples/cpp-zlib.orc")),
    ("c++ snappy", include_bytes!("../../../samples/cpp-snappy.orc")),
    ("c++ lz4", include_bytes!("../../../samples/cpp-lz4.orc")),
    ("c++ zstd", include_bytes!("../../../samples/cpp-zstd.orc")),
];

fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap()
}

fn part(file: &[u8], range: &Range<u64>) -> Vec<u8> {
    file[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()].to_vec()
}

/// A file of a test's own making, as its footer says it, and its stripes' footers.
pub(crate) struct Written {
    pub(crate) footer: Arc<Footer>,
    pub(crate) stripe_footers: Vec<Vec<u8>>,
}

/// A file of stripes with these columns and `index` bytes of row index per stripe.
pub(crate) fn written(stripes: &[Vec<u64>], index: u64) -> Written {
    let layout = forebay_testkit::orc::layout(stripes, index);
    let parsed = parse_tail(&layout.tail, layout.length);
    let Tail::Footer(footer) = parsed else { panic!("{parsed:?}") };
    let stripe_footers = layout.stripes.into_iter().map(|stripe| stripe.footer_bytes).collect();
    Written { footer, stripe_footers }
}

/// The parts of a file that its reader needs, each asked for by the one before.
fn read_as_a_reader_does(file: &[u8]) -> Arc<Footer> {
    let length = length_of(file);
    let mut held = 8;
    for _ in 0..3 {
        match parse_tail(&file[file.len() - held..], length) {
            Tail::NeedMore(more) => held = usize::try_from(more).unwrap(),
            Tail::Footer(footer) => return footer,
            other @ (Tail::NotColumnar | Tail::Broken(_)) => panic!("{other:?}"),
        }
    }
    panic!("more than three looks at the tail")
}

#[test]
fn files_of_real_writers_are_understood_whatever_packs_them() {
    for (name, file) in SAMPLES {
        let footer = read_as_a_reader_does(file);
        assert_eq!(footer.columns(), 9, "{name}: the root, five columns and three below the last");
        assert!(footer.row_group_count() >= 1, "{name}");
        for number in 0..footer.row_group_count() {
            assert!(footer.row_group(number).unwrap().chunks.is_empty(), "{name}");
            let own = footer.undescribed(number).unwrap();
            footer.describe(number, &part(file, &own));
            assert_eq!(footer.undescribed(number), None, "{name}");
            let group = footer.row_group(number).unwrap();
            let data = footer.stripe_index(number).map_or(group.range.start, |index| index.end);
            let mut at = data;
            for chunk in group.chunks {
                assert_eq!(chunk.range().start, at, "{name}: no gap in stripe {number}");
                at = chunk.range().end;
            }
            assert_eq!(at, own.start, "{name}: the chunks fill stripe {number}");
            let columns: Vec<u32> = group.chunks.iter().map(Chunk::column).collect();
            assert!(columns.len() >= 6 && columns.is_sorted(), "{name}: {columns:?}");
        }
    }
}

#[test]
fn the_same_schema_has_the_same_fingerprint_in_every_stripe_and_codec() {
    let of = |prefix: &str| {
        let kept = SAMPLES.iter().filter(|(name, _)| name.starts_with(prefix));
        let mut all: Vec<u64> =
            kept.map(|(_, file)| read_as_a_reader_does(file).schema_fingerprint()).collect();
        all.dedup();
        all
    };
    assert_eq!((of("java").len(), of("c++").len()), (1, 1));
}

/// Whatever one byte of a file's end becomes: no panic, and nothing named outside of the file.
#[test]
fn flipped_bytes_never_name_a_place_outside() {
    for (name, file) in SAMPLES {
        let length = length_of(file);
        for at in file.len().saturating_sub(700)..file.len() {
            for bit in 0..8 {
                let mut broken = file.to_vec();
                broken[at] ^= 1 << bit;
                if let Tail::Footer(footer) = parse_tail(&broken, length) {
                    for number in 0..footer.row_group_count() {
                        let own = footer.undescribed(number).unwrap();
                        assert!(own.end <= length, "{name}");
                        footer.describe(number, &part(&broken, &own));
                        let group = footer.row_group(number).unwrap();
                        let inside = |chunk: &Chunk| {
                            group.range.start <= chunk.start && chunk.end <= group.range.end
                        };
                        assert!(group.chunks.iter().all(inside), "{name} {at} {bit}");
                    }
                }
            }
        }
    }
}

#[test]
fn lies_about_places_are_refused() {
    let honest = written(&[vec![100, 200], vec![100, 200]], 50);
    assert_eq!(honest.footer.row_group_count(), 2);
    let first = honest.footer.undescribed(0).unwrap();
    assert_eq!(first.start, 3 + 350);
    assert_eq!(honest.footer.row_group(1).unwrap().split_point, first.end);
    let mut too_long = numbers_of(&[(1, 1 << 40)]);
    message(&mut too_long, 8000, b"ORC");
    too_long.push(u8::try_from(too_long.len()).unwrap());
    assert!(matches!(parse_tail(&too_long, 1 << 20), Tail::Broken(_)));
    let mut own = Vec::new();
    message(&mut own, 1, &numbers_of(&[(2, 1), (3, u64::MAX)]));
    honest.footer.describe(0, &own);
    assert!(honest.footer.row_group(0).unwrap().chunks.is_empty());
    assert_eq!(honest.footer.undescribed(0), None, "looked at once");
}
