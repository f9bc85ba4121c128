//! Power loss, simulated on what a run has left: nothing was synced, so of every page and sector, of
//! every file's length and name, and of the ledger, either the last state reached the disk or none.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{blocks_below, fill, identity, place, read, root, settings};
use crate::slice::{CELLS_AT, TABLE, TABLE_AT};
use crate::{CELL, CacheSettings, HostCache, size};

const BUDGET: u64 = 8 << 20;
const LENGTH: u64 = 30 * CELL + 77;
const OBJECTS: u32 = 12;
const PAGE: u64 = 4096;
const SECTOR: usize = 512;

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn segments(path: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(path).unwrap().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => segments(&entry.path(), all),
            false if !path.ends_with(root_name()) => all.push(entry.path()),
            false => {}
        }
    }
}

fn root_name() -> String {
    format!("forebay-{}", rustix::process::geteuid().as_raw())
}

/// One page as the disk has it: whole, not at all, or some of its sectors.
fn scramble(random: &mut Random, file: &File, at: u64) {
    let mut page = vec![0; size(PAGE)];
    let Ok(read) = file.read_at(&mut page, at) else { return };
    match random.below(8) {
        0 => page.fill(0),
        1 => {
            let lost = page.chunks_mut(SECTOR).filter(|_| random.below(2) == 0);
            lost.for_each(|sector| sector.fill(0));
        }
        _ => return,
    }
    file.write_all_at(&page[..read], at).unwrap();
}

fn lose_power(random: &mut Random, place: &tempfile::TempDir) {
    let mut all = Vec::new();
    segments(&root(place), &mut all);
    for path in all {
        if random.below(20) == 0 {
            std::fs::remove_file(&path).unwrap();
            continue;
        }
        let file = File::options().read(true).write(true).open(&path).unwrap();
        for at in (0..TABLE_AT + TABLE).chain(CELLS_AT..CELLS_AT + LENGTH).step_by(size(PAGE)) {
            scramble(random, &file, at);
        }
        if random.below(10) == 0 {
            file.set_len(random.below(CELLS_AT + LENGTH)).unwrap();
        }
    }
    let ledger = root(place).join("ledger");
    match random.below(4) {
        0 => std::fs::remove_file(&ledger).unwrap(),
        1 => std::fs::write(&ledger, b"").unwrap(),
        2 => scramble(random, &File::options().read(true).write(true).open(&ledger).unwrap(), 0),
        _ => {}
    }
}

#[test]
fn after_a_power_loss_what_is_read_is_right_and_the_cache_heals() {
    let small = |place: &Path| CacheSettings { budget: Some(BUDGET), ..settings(place) };
    for seed in 0..150 {
        let mut random = Random(seed);
        let place = place();
        for _ in 0..2 {
            let cache = HostCache::open(small(place.path())).unwrap();
            for n in 0..OBJECTS {
                let identity = identity(&format!("k{n}"), 1, LENGTH);
                fill(&cache, &identity, 0, LENGTH);
            }
            drop(cache);
            lose_power(&mut random, &place);
            let cache = HostCache::open(small(place.path())).unwrap();
            for n in 0..OBJECTS {
                let identity = identity(&format!("k{n}"), 1, LENGTH);
                let object = cache.object(identity.clone());
                // `read` judges every byte that is answered.
                for cell in 0..LENGTH.div_ceil(CELL) {
                    let _ = read(&object, cell * CELL + random.below(70), 4000);
                }
                fill(&cache, &identity, 0, LENGTH);
                assert_eq!(read(&object, 0, size(LENGTH)).miss, None, "seed {seed}: k{n} heals");
                let blocks = blocks_below(&root(&place));
                assert!(blocks <= BUDGET, "seed {seed}: {blocks} bytes");
            }
        }
    }
}
