//! The cache as a whole, on real files. Content is a function of object and offset, so that any
//! byte answered can be judged without a copy.

mod crash;
mod damage;
mod hardening;
mod model;
mod power;
mod scan;
#[cfg(feature = "schedules")]
mod schedules;
mod segments;
mod sharing;
mod versions;

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use forebay_types::{ETag, Identity, Location, Version};
use tempfile::TempDir;

use crate::slice::{CELLS_AT, Slice};
use crate::{
    CELL, CacheSettings, CachedObject, FillOutcome, HostCache, KEYS, METRICS, MissCause,
    ReadOutcome, RefusedFill, SEGMENT, header, long, size,
};

/// A directory on the disk the test binary lies on: `/tmp` may be a tmpfs, which is refused.
pub(crate) fn place() -> TempDir {
    let beside = std::env::current_exe().unwrap();
    tempfile::tempdir_in(beside.parent().unwrap()).unwrap()
}

fn settings(place: &Path) -> CacheSettings {
    CacheSettings {
        directories: vec![place.to_owned()],
        budget: Some(1 << 30),
        free_floor: 0,
        ..CacheSettings::default()
    }
}

pub(crate) fn open(place: &TempDir) -> HostCache {
    HostCache::open(settings(place.path())).unwrap()
}

pub(crate) fn identity(key: &str, version: u32, length: u64) -> Arc<Identity> {
    let location = Location {
        store: "s3".into(),
        endpoint: "".into(),
        bucket: "lake".into(),
        key: key.into(),
        settings: 0,
    };
    let etag = ETag::strong(&format!("\"v{version}\"")).unwrap();
    Arc::new(Identity::new(location, Version { etag, length, version_id: None }).unwrap())
}

/// The byte at `at`: it differs between objects, versions and neighbours.
fn byte(identity: &Identity, at: u64) -> u8 {
    let mixed = (at / 8 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ u64::try_from(identity.hash() >> 64).unwrap();
    mixed.to_le_bytes()[size(at % 8)] ^ mixed.to_le_bytes()[7]
}

pub(crate) fn content(identity: &Identity, from: u64, to: u64) -> Bytes {
    (from..to).map(|at| byte(identity, at)).collect()
}

/// Fills `from..to` and waits for it; where a call of a busy machine's disk is overdue, for that first.
pub(crate) fn fill(cache: &HostCache, identity: &Arc<Identity>, from: u64, to: u64) {
    let mut outcome = FillOutcome::Refused(RefusedFill::Disk);
    while outcome == FillOutcome::Refused(RefusedFill::Disk) {
        outcome = cache.fill(identity, from, content(identity, from, to));
    }
    assert_eq!(outcome, FillOutcome::Queued);
    cache.drain();
}

/// Reads, and checks what was answered.
pub(crate) fn read(object: &CachedObject, offset: u64, length: usize) -> ReadOutcome {
    let mut into = vec![0xee; length];
    let outcome = object.read(offset, &mut into);
    let identity = object.identity();
    for (past, found) in (0..).zip(&into[..outcome.bytes]) {
        let at = offset + past;
        assert_eq!(*found, byte(identity, at), "wrong byte at {at} of {identity:?}");
    }
    let all = long(length).min(identity.length().saturating_sub(offset));
    assert_eq!(outcome.miss.is_none(), long(outcome.bytes) == all, "{outcome:?} of {all}");
    outcome
}

pub(crate) fn root(place: &TempDir) -> PathBuf {
    place.path().join(format!("forebay-{}", rustix::process::geteuid().as_raw()))
}

fn segment_path(place: &TempDir, identity: &Identity, slice: u64) -> PathBuf {
    let slice = Slice::new(identity.length(), slice).unwrap();
    root(place).join(header::path(identity, slice).to_str().unwrap())
}

pub(crate) fn segment_file(place: &TempDir, identity: &Identity, slice: u64) -> File {
    let path = segment_path(place, identity, slice);
    File::options().read(true).write(true).open(path).unwrap()
}

/// What `du` would say of a directory.
pub(crate) fn blocks_below(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let size_of = |entry: std::io::Result<std::fs::DirEntry>| {
        let Ok(entry) = entry else { return 0 };
        let Ok(status) = entry.path().symlink_metadata() else { return 0 };
        let below = if status.is_dir() { blocks_below(&entry.path()) } else { 0 };
        status.blocks() * 512 + below
    };
    entries.map(size_of).sum()
}

#[test]
fn what_was_filled_is_read_at_any_offset() {
    let place = place();
    let cache = open(&place);
    let length = SEGMENT + 3 * CELL + 777;
    let identity = identity("a/b", 1, length);
    let object = cache.object(Arc::clone(&identity));
    assert_eq!(read(&object, 0, 100), ReadOutcome { bytes: 0, miss: Some(MissCause::Cold) });
    for at in (0..length).step_by(8 << 20) {
        fill(&cache, &identity, at, (at + (8 << 20)).min(length));
    }
    let mut offset = 1;
    while offset < length {
        for bytes in [1, 100, size(CELL), size(CELL) + 1, 300_000, 1 << 20] {
            assert_eq!(read(&object, offset, bytes).miss, None);
        }
        offset += 1_234_567;
    }
    let edges = [0, CELL, SEGMENT - CELL, SEGMENT - 1, SEGMENT, length - 777, length - 1];
    for offset in edges {
        for bytes in [1, size(CELL) - 1, size(CELL), size(3 * CELL), 600_000] {
            assert_eq!(read(&object, offset, bytes).miss, None, "{bytes} at {offset}");
        }
    }
    assert_eq!(read(&object, length, 10), ReadOutcome { bytes: 0, miss: None });
    assert_eq!(read(&object, u64::MAX, 10), ReadOutcome { bytes: 0, miss: None });
    assert_eq!(object.missing(0..u64::MAX), []);
}

#[test]
fn a_read_stops_at_the_first_cell_that_is_not_there() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, 40 * CELL + 9);
    fill(&cache, &identity, 2 * CELL, 5 * CELL);
    fill(&cache, &identity, 40 * CELL, 40 * CELL + 9);
    let object = cache.object(Arc::clone(&identity));
    let outcome = read(&object, 3 * CELL + 5, size(10 * CELL));
    assert_eq!(outcome, ReadOutcome { bytes: size(2 * CELL - 5), miss: Some(MissCause::Cold) });
    assert_eq!(object.missing(0..6 * CELL), [0..2 * CELL, 5 * CELL..6 * CELL]);
    assert_eq!(object.missing(3 * CELL + 1..u64::MAX), vec![5 * CELL..40 * CELL]);
    fill(&cache, &identity, 5 * CELL, 8 * CELL);
    assert_eq!(read(&object, 3 * CELL + 5, size(4 * CELL)).miss, None, "a later fill is seen");
}

#[test]
fn only_whole_cells_of_the_object_are_taken() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, 4 * CELL + 9);
    let misfit = FillOutcome::Refused(RefusedFill::Misfit);
    let offer = |at, bytes: u64| cache.fill(&identity, at, vec![0; size(bytes)].into());
    assert_eq!(offer(1, CELL), misfit);
    assert_eq!(offer(0, CELL - 1), misfit, "not a whole cell");
    assert_eq!(offer(4 * CELL, 10), misfit, "beyond the end");
    assert_eq!(offer(u64::MAX / CELL * CELL, CELL), misfit);
    assert_eq!(cache.fill(&identity, 0, content(&identity, 0, 2 * CELL + 5)), FillOutcome::Queued);
    cache.drain();
    let object = cache.object(Arc::clone(&identity));
    assert_eq!(object.missing(0..u64::MAX), vec![2 * CELL..4 * CELL + 9]);
}

#[test]
fn a_full_queue_refuses_and_nothing_waits_in_the_end() {
    let place = place();
    let settings = CacheSettings { queue: 3 * CELL, ..settings(place.path()) };
    let cache = HostCache::open(settings).unwrap();
    let identity = identity("k", 1, 100 * CELL);
    let refused = FillOutcome::Refused(RefusedFill::NotAdmitted);
    assert_eq!(cache.fill(&identity, 0, content(&identity, 0, 4 * CELL)), refused);
    assert_eq!(cache.fill(&identity, 0, content(&identity, 0, 3 * CELL)), FillOutcome::Queued);
    cache.drain();
    assert_eq!(cache.waiting(), 0);
    assert_eq!(read(&cache.object(identity), 0, size(3 * CELL)).miss, None);
}

#[test]
fn a_queue_is_behind_before_it_is_full() {
    let place = place();
    let settings = CacheSettings { queue: 60 * CELL, ..settings(place.path()) };
    let cache = HostCache::open(settings).unwrap();
    assert!(!cache.is_behind(50 * CELL));
    assert!(cache.is_behind(51 * CELL), "a piece that a reader waits for must find room");
}

#[test]
fn what_the_kernel_knows_to_be_absent_needs_no_disk() {
    let place = place();
    let cache = open(&place);
    let one = identity("one", 1, SEGMENT + CELL);
    let object = cache.object(Arc::clone(&one));
    // The first look may have to ask the disk, and the kernel remembers its answer.
    read(&object, 0, 10);
    read(&object, SEGMENT, 10);
    assert!(object.is_surely_cold(0..SEGMENT + CELL));
    fill(&cache, &one, SEGMENT, SEGMENT + CELL);
    assert!(!object.is_surely_cold(0..SEGMENT + CELL));
    // Its folder has been made since.
    read(&object, 0, 10);
    assert!(object.is_surely_cold(0..SEGMENT), "the other slice");
}

#[test]
fn few_segments_stay_open_however_many_are_read() {
    let place = place();
    let settings = CacheSettings { open_segments: 3, ..settings(place.path()) };
    let cache = HostCache::open(settings).unwrap();
    let identities: Vec<_> = (0..20).map(|n| identity(&format!("k{n}"), 1, CELL)).collect();
    for identity in &identities {
        fill(&cache, identity, 0, CELL);
    }
    let objects: Vec<_> = identities.iter().map(|i| cache.object(Arc::clone(i))).collect();
    for round in 0..3 {
        for object in &objects {
            assert_eq!(read(object, round, 50).miss, None);
            // And the file of locks. The use of one that was closed is written down behind our back.
            let began = std::time::Instant::now();
            while open_files(&place).len() > 3 + 1 {
                assert!(began.elapsed().as_secs() < 60, "{:?}", open_files(&place));
                std::thread::yield_now();
            }
        }
    }
}

/// The files below `place` that this process has open, its directories apart.
fn open_files(place: &TempDir) -> Vec<PathBuf> {
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|path| path.starts_with(place.path()) && !path.is_dir()).collect()
}

#[test]
fn no_descriptor_is_inherited() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, CELL);
    fill(&cache, &identity, 0, CELL);
    let object = cache.object(identity);
    assert_eq!(read(&object, 0, 10).miss, None);
    assert!(!open_files(&place).is_empty());
    let child = std::process::Command::new("ls").args(["-l", "/proc/self/fd"]).output().unwrap();
    let listing = String::from_utf8_lossy(&child.stdout).into_owned();
    assert!(listing.contains("/proc/"), "{listing}");
    assert!(!listing.contains(place.path().to_str().unwrap()), "{listing}");
}

#[test]
fn a_huge_claimed_length_costs_nothing() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, u64::MAX);
    let object = cache.object(Arc::clone(&identity));
    assert_eq!(read(&object, u64::MAX - 100, 50).miss, Some(MissCause::Cold));
    let at = u64::MAX / CELL * CELL - CELL;
    fill(&cache, &identity, at, at + CELL);
    assert_eq!(read(&object, at + 1, 50).miss, None);
    assert_eq!(read(&object, 1, 50).miss, Some(MissCause::Cold), "another slice in its place");
    assert_eq!(read(&object, at + 1, 50).miss, None);
}

#[test]
fn purging_a_location_takes_all_its_versions_and_no_other() {
    let place = place();
    let cache = open(&place);
    let kept = identity("kept", 1, CELL);
    let purged: Vec<_> = (1..4).map(|version| identity("k", version, SEGMENT + CELL)).collect();
    for identity in &purged {
        fill(&cache, identity, 0, CELL);
        fill(&cache, identity, SEGMENT, SEGMENT + CELL);
    }
    fill(&cache, &kept, 0, CELL);
    let object = cache.object(Arc::clone(&purged[0]));
    assert_eq!(read(&object, 0, 10).miss, None);
    assert_eq!(cache.purge_location(purged[0].location()), 6);
    assert_eq!(read(&object, 0, 10).miss, Some(MissCause::Evicted));
    assert_eq!(read(&cache.object(kept), 0, 10).miss, None);
}

#[test]
fn several_directories_share_the_segments() {
    let places = [place(), place(), place()];
    let all = CacheSettings {
        directories: places.iter().map(|place| place.path().to_owned()).collect(),
        ..settings(Path::new(""))
    };
    let cache = HostCache::open(all.clone()).unwrap();
    let identities: Vec<_> = (0..60).map(|n| identity(&format!("k{n}"), 1, CELL)).collect();
    for identity in &identities {
        fill(&cache, identity, 0, CELL);
    }
    let holds =
        |place: &TempDir| identities.iter().filter(|i| segment_path(place, i, 0).exists()).count();
    let counts: Vec<usize> = places.iter().map(holds).collect();
    assert_eq!(counts.iter().sum::<usize>(), 60);
    assert!(counts.iter().all(|count| *count > 5), "{counts:?}");
    drop(cache);
    // Without the last directory, what lies in the others is still found.
    let two = CacheSettings { directories: all.directories[..2].to_vec(), ..all };
    let cache = HostCache::open(two).unwrap();
    let hits =
        identities.iter().filter(|i| read(&cache.object(Arc::clone(i)), 0, 9).miss.is_none());
    assert_eq!(hits.count(), counts[0] + counts[1]);
}

#[test]
fn rows_have_names_of_their_own() {
    let mut names: Vec<&str> = METRICS.iter().map(|metric| metric.name()).collect();
    names.extend(KEYS.iter().map(|key| key.name()));
    assert!(METRICS.iter().all(|metric| metric.sentence().ends_with('.')));
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
}

#[test]
fn a_removed_directory_is_a_miss_and_comes_back() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, 8 * CELL);
    fill(&cache, &identity, 0, CELL);
    let object = cache.object(Arc::clone(&identity));
    assert_eq!(read(&object, 0, 10).miss, None);
    std::fs::remove_dir_all(root(&place)).unwrap();
    assert!(read(&object, CELL, 10).miss.is_some());
    for _ in 0..4 {
        // Refused once the directory is down; until then queued, and given up.
        let _ = cache.fill(&identity, CELL, content(&identity, CELL, 2 * CELL));
        cache.drain();
    }
    let refused = FillOutcome::Refused(RefusedFill::Disk);
    assert_eq!(cache.fill(&identity, 0, content(&identity, 0, CELL)), refused);
    assert_eq!(read(&object, 0, 10).miss, Some(MissCause::Disk));
    assert_eq!(cache.waiting(), 0);
    assert_eq!(read(&open(&place).object(identity), 0, 10).miss, Some(MissCause::Cold));
}

/// Overwrites bytes of a file.
fn put(file: &File, bytes: &[u8], at: u64) {
    file.write_all_at(bytes, at).unwrap();
}

/// Bytes of a file.
fn get(file: &File, length: usize, at: u64) -> Vec<u8> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at).unwrap();
    bytes
}

/// The names of all files of segments.
fn segments(place: &TempDir) -> Vec<OsString> {
    let below = |path: PathBuf| {
        std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path())
    };
    let shelves = below(root(place)).filter(|p| p.is_dir()).flat_map(below);
    shelves.flat_map(below).filter_map(|path| Some(path.file_name()?.to_owned())).collect()
}

#[test]
fn names_tell_nothing_and_the_file_costs_what_it_holds() {
    let place = place();
    let cache = open(&place);
    let identity = identity("secret/customer.parquet", 7, 3 * SEGMENT);
    fill(&cache, &identity, SEGMENT, SEGMENT + CELL);
    let names = segments(&place);
    let name = format!("{:032x}-{:032x}-1.1", identity.location_hash(), identity.hash());
    assert_eq!(names, [OsString::from(name)]);
    let status = segment_path(&place, &identity, 1).metadata().unwrap();
    assert_eq!((status.mode() & 0o7777, status.len()), (0o600, CELLS_AT + SEGMENT));
    assert!(status.blocks() * 512 <= CELL + 32 * 1024, "{} blocks", status.blocks());
}
