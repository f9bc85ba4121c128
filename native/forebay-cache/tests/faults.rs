//! What a reader gets from a disk that fails in one way at every call, and afterwards. Faults are the
//! process's, so all of it is one test.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use forebay_cache::disk::faults::{self, DiskFault};
use forebay_cache::{CELL, CacheSettings, CachedObject, HostCache, MissCause};
use forebay_types::{ETag, Identity, Location, Version};

const CELLS: u64 = 12;
const LENGTH: u64 = CELLS * CELL + 99;

fn identity(key: &str) -> Arc<Identity> {
    let location = Location {
        store: "s3".into(),
        endpoint: "".into(),
        bucket: "lake".into(),
        key: key.into(),
        settings: 0,
    };
    let version = Version { etag: ETag::strong("v1").unwrap(), length: LENGTH, version_id: None };
    Arc::new(Identity::new(location, version).unwrap())
}

fn byte(identity: &Identity, at: u64) -> u8 {
    let key = identity.location().key.len() as u64;
    u8::try_from((at / 3 + at * 7 + key * 31) % 251).unwrap()
}

fn fill(cache: &HostCache, identity: &Arc<Identity>) {
    let content: Bytes = (0..LENGTH).map(|at| byte(identity, at)).collect();
    let _ = cache.fill(identity, 0, content);
    cache.drain();
}

/// Reads every cell by itself: how many were answered in full, and why the others were not.
fn cells(object: &CachedObject) -> (u64, Vec<MissCause>) {
    let mut misses = Vec::new();
    for cell in 0..CELLS {
        let mut into = vec![0xee; usize::try_from(CELL).unwrap()];
        let outcome = object.read(cell * CELL, &mut into);
        for (found, at) in into[..outcome.bytes].iter().zip(cell * CELL..) {
            assert_eq!(*found, byte(object.identity(), at), "wrong byte at {at}");
        }
        misses.extend(outcome.miss);
    }
    (CELLS - misses.len() as u64, misses)
}

/// What a fault leaves of an object's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    All,
    None,
    /// Any number: what is wrong was found.
    Right,
}

/// Of an object that was warm and open, one that was warm and not open yet, and one that is filled
/// while every call fails.
fn expected(kind: DiskFault) -> Option<[Left; 3]> {
    match kind {
        DiskFault::Full
        | DiskFault::Quota
        | DiskFault::WriteError
        // A ledger that is written in part is one that can't be written.
        | DiskFault::ShortWrite
        | DiskFault::LostWrite
        | DiskFault::Misdirected
        // Purged under it: the file is emptied, although its name can't be removed.
        | DiskFault::UnlinkError => Some([Left::All, Left::All, Left::None]),
        DiskFault::WriteFlip | DiskFault::Torn | DiskFault::Writeback => {
            Some([Left::All, Left::All, Left::Right])
        }
        DiskFault::ReadError | DiskFault::ReadFlip => Some([Left::None, Left::None, Left::Right]),
        DiskFault::ReadOnly | DiskFault::Denied | DiskFault::NoDescriptor => {
            Some([Left::All, Left::None, Left::None])
        }
        DiskFault::ShortRead | DiskFault::Refused | DiskFault::Stall => {
            Some([Left::All, Left::All, Left::All])
        }
        // Ends the process; `tests/crash` and the runs of `make soak` do that.
        DiskFault::Kill => None,
    }
}

fn assert_left(kind: DiskFault, what: &str, object: &CachedObject, wanted: Left) {
    let (good, misses) = cells(object);
    let is_met = match wanted {
        Left::All => good == CELLS,
        Left::None => good == 0,
        Left::Right => true,
    };
    assert!(is_met, "{}, {what}: {good} cells, {misses:?}", kind.name());
}

fn suffer(kind: DiskFault, [open, closed, new]: [Left; 3]) {
    let beside = std::env::current_exe().unwrap();
    let place = tempfile::tempdir_in(beside.parent().unwrap()).unwrap();
    let settings = CacheSettings {
        directories: vec![place.path().to_owned()],
        budget: Some(64 << 20),
        free_floor: 0,
        ..CacheSettings::default()
    };
    let cache = HostCache::open(settings).unwrap();
    let identities = ["open", "not yet", "filled under it"].map(identity);
    identities[..2].iter().for_each(|identity| fill(&cache, identity));
    let objects = identities.clone().map(|identity| cache.object(identity));
    assert_left(kind, "before", &objects[0], Left::All);

    faults::arm(7, &[(kind, 1_000_000)], Duration::from_millis(1));
    assert_left(kind, "open", &objects[0], open);
    assert_left(kind, "not open", &objects[1], closed);
    fill(&cache, &identities[2]);
    if kind == DiskFault::UnlinkError {
        assert_eq!(cache.purge_location(identities[2].location()), 0);
    }
    faults::disarm();
    assert!(faults::injected()[kind.name()] > 0, "{} was never injected", kind.name());
    // Left alone for a moment after errors, the directory is let through again.
    while cells(&objects[2]).1.contains(&MissCause::Disk) {
        std::thread::yield_now();
    }
    assert_left(kind, "filled under it", &objects[2], new);
    for (identity, object) in identities.iter().zip(&objects) {
        while !object.missing(0..LENGTH).is_empty() || cells(object).0 < CELLS {
            fill(&cache, identity);
        }
        assert_left(kind, "healed", object, Left::All);
    }
    assert_eq!(cache.waiting(), 0);
}

#[test]
fn every_fault_of_a_disk_is_a_miss_at_most_and_heals() {
    faults::set_rest(Duration::from_millis(1));
    let mut unmet = Vec::new();
    for kind in DiskFault::ALL {
        let Some(left) = expected(*kind) else { continue };
        if std::panic::catch_unwind(|| suffer(*kind, left)).is_err() {
            faults::disarm();
            unmet.push(kind.name());
        }
    }
    assert!(unmet.is_empty(), "{unmet:?}");
}
