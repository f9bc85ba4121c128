//! Everything a disk may do to a segment's file: the answer is the right bytes, or fewer.

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::{content, fill, get, identity, open, place, put, read, segment_file, segment_path};
use crate::cell::ENTRY;
use crate::header::{FORMAT, HEADER};
use crate::slice::{CELLS_AT, Slice, TABLE_AT};
use crate::{CELL, MissCause, crc, metrics, size};

const LENGTH: u64 = 3 * CELL + 100;

#[test]
fn every_bit_of_the_header_is_checked() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, LENGTH);
    fill(&cache, &identity, 0, LENGTH);
    let file = segment_file(&place, &identity, 0);
    let header = get(&file, HEADER, 0);
    for bit in 0..HEADER * 8 {
        let mut flipped = header[bit / 8];
        flipped ^= 1 << (bit % 8);
        put(&file, &[flipped], (bit / 8) as u64);
        // A new cache each time: the header is read when a segment opens.
        let fresh = open(&place).object(Arc::clone(&identity));
        let outcome = read(&fresh, 10, 100);
        assert_eq!(outcome.bytes, 0, "bit {bit}");
        put(&file, &header[bit / 8..=bit / 8], (bit / 8) as u64);
    }
    assert_eq!(read(&open(&place).object(identity), 0, size(LENGTH)).miss, None);
}

#[test]
fn every_bit_of_an_entry_is_checked_before_and_after_first_use() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, LENGTH);
    fill(&cache, &identity, 0, LENGTH);
    let file = segment_file(&place, &identity, 0);
    for cell in 0..4 {
        let at = Slice::entry_at(cell);
        let entry = get(&file, size(ENTRY), at);
        for bit in 0..64 {
            let mut flipped = entry.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            put(&file, &flipped, at);
            let fresh = open(&place).object(Arc::clone(&identity));
            let outcome = read(&fresh, cell * CELL, 50);
            assert_eq!(outcome.bytes, 0, "bit {bit} of entry {cell}");
            put(&file, &entry, at);
            assert_eq!(read(&fresh, cell * CELL, 50).miss, None, "it is looked up again");
        }
    }
}

#[test]
fn flipped_bytes_of_a_cell_cost_that_cell_only() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, LENGTH);
    fill(&cache, &identity, 0, LENGTH);
    let file = segment_file(&place, &identity, 0);
    let object = cache.object(Arc::clone(&identity));
    assert_eq!(read(&object, 0, size(LENGTH)).miss, None, "the cells have been used");
    let mut state = 7u64;
    eprintln!("seed {state}");
    for round in 0..2_000u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let at = (state >> 20) % LENGTH;
        let cell = at / CELL;
        let byte = get(&file, 1, CELLS_AT + at)[0];
        put(&file, &[byte ^ (1 << (state >> 61))], CELLS_AT + at);
        let outcome = read(&object, 0, size(LENGTH));
        assert_eq!((outcome.bytes as u64, outcome.miss), (cell * CELL, Some(MissCause::Corrupt)));
        assert_eq!(object.missing(0..LENGTH).len(), 1, "round {round}: one cell was dropped");
        assert_eq!(get(&file, size(ENTRY), Slice::entry_at(cell)), [0; 8], "for all processes");
        assert_eq!(read(&object, cell * CELL, 1).miss, Some(MissCause::Cold));
        fill(&cache, &identity, cell * CELL, ((cell + 1) * CELL).min(LENGTH));
        assert_eq!(read(&object, 0, size(LENGTH)).miss, None);
    }
}

#[test]
fn zeroed_swapped_and_foreign_cells_fail() {
    let place = place();
    let cache = open(&place);
    let (one, two) = (identity("k", 1, LENGTH), identity("k", 2, LENGTH));
    for identity in [&one, &two] {
        fill(&cache, identity, 0, LENGTH);
    }
    let file = segment_file(&place, &one, 0);
    let cell = |at: u64| get(&file, size(CELL), CELLS_AT + at * CELL);
    let entry = |at: u64| get(&file, size(ENTRY), Slice::entry_at(at));
    let restore = || {
        let all = content(&one, 0, LENGTH);
        put(&file, &all, CELLS_AT);
    };
    let bad = |what: &str| {
        let object = open(&place).object(Arc::clone(&one));
        assert_eq!(read(&object, 5, 5).miss, Some(MissCause::Corrupt), "{what}");
        fill(&cache, &one, 0, LENGTH);
    };
    put(&file, &vec![0; size(CELL)], CELLS_AT);
    bad("a zeroed cell");
    restore();
    put(&file, &cell(1), CELLS_AT);
    bad("another cell's bytes");
    restore();
    let (c0, c1, e0, e1) = (cell(0), cell(1), entry(0), entry(1));
    put(&file, &c1, CELLS_AT);
    put(&file, &c0, CELLS_AT + CELL);
    put(&file, &e1, Slice::entry_at(0));
    put(&file, &e0, Slice::entry_at(1));
    bad("two cells swapped together with their entries");
    restore();
    fill(&cache, &one, 0, LENGTH);
    let other = segment_file(&place, &two, 0);
    put(&file, &get(&other, size(CELL), CELLS_AT), CELLS_AT);
    put(&file, &get(&other, size(ENTRY), TABLE_AT), TABLE_AT);
    bad("the same cell of another version, with its entry");
}

#[test]
fn another_segments_file_under_the_name_is_not_believed() {
    let place = place();
    let cache = open(&place);
    let (one, two) = (identity("k", 1, LENGTH), identity("k", 2, LENGTH));
    for identity in [&one, &two] {
        fill(&cache, identity, 0, LENGTH);
    }
    std::fs::copy(segment_path(&place, &two, 0), segment_path(&place, &one, 0)).unwrap();
    // As if the two identities' hashes had collided.
    let outcome = read(&open(&place).object(Arc::clone(&one)), 0, 10);
    assert_eq!((outcome.bytes, outcome.miss), (0, Some(MissCause::Corrupt)));
    fill(&cache, &one, 0, LENGTH);
    assert_eq!(read(&open(&place).object(one), 0, size(LENGTH)).miss, None, "it was replaced");
}

#[test]
fn a_file_cut_anywhere_is_a_miss_and_heals() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, LENGTH);
    let full = CELLS_AT + LENGTH;
    let cuts = (0..CELLS_AT).step_by(64 << 10).chain((0..65_536).step_by(4096));
    for cut in cuts.chain((CELLS_AT..full).step_by(4096)) {
        fill(&cache, &identity, 0, LENGTH);
        let opened = open(&place).object(Arc::clone(&identity));
        assert_eq!(read(&opened, 0, size(LENGTH)).miss, None);
        segment_file(&place, &identity, 0).set_len(cut).unwrap();
        for object in [&opened, &open(&place).object(Arc::clone(&identity))] {
            let outcome = read(object, 0, size(LENGTH));
            assert!(outcome.miss.is_some(), "cut at {cut}");
            assert!(long_enough(outcome.bytes, cut), "cut at {cut}");
        }
        fill(&cache, &identity, 0, LENGTH);
        assert_eq!(read(&opened, 0, size(LENGTH)).miss, None, "cut at {cut}, filled again");
    }
}

fn long_enough(answered: usize, cut: u64) -> bool {
    CELLS_AT + answered as u64 <= cut.max(CELLS_AT)
}

#[test]
fn another_format_is_left_alone_and_counted() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, LENGTH);
    fill(&cache, &identity, 0, LENGTH);
    let file = segment_file(&place, &identity, 0);
    let mut header = get(&file, HEADER, 0);
    header[8..12].copy_from_slice(&(FORMAT + 1).to_le_bytes());
    let end = HEADER - 4;
    let sum = crc::of(&header[..end]).to_le_bytes();
    header[end..].copy_from_slice(&sum);
    put(&file, &header, 0);
    let before = metrics::FOREIGN_SEGMENTS.get();
    let object = open(&place).object(Arc::clone(&identity));
    assert_eq!(read(&object, 0, 10).miss, Some(MissCause::Cold));
    fill(&cache, &identity, 0, LENGTH);
    assert!(metrics::FOREIGN_SEGMENTS.get() >= before + 2);
    assert_eq!(get(&file, HEADER, 0), header, "a fill does not touch it");
}

#[test]
fn what_is_no_regular_file_is_a_miss() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, LENGTH);
    fill(&cache, &identity, 0, LENGTH);
    let path = segment_path(&place, &identity, 0);
    let aside = place.path().join("aside");
    std::fs::rename(&path, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &path).unwrap();
    assert_eq!(read(&open(&place).object(Arc::clone(&identity)), 0, 9).bytes, 0, "a link");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(read(&open(&place).object(Arc::clone(&identity)), 0, 9).bytes, 0, "a directory");
    std::fs::remove_dir(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    assert_eq!(read(&open(&place).object(Arc::clone(&identity)), 0, 9).bytes, 0, "a pipe");
    let mut untouched = vec![0; 10];
    std::fs::File::open(&aside).unwrap().read_exact_at(&mut untouched, CELLS_AT).unwrap();
    assert_eq!(untouched, content(&identity, 0, 10));
}
