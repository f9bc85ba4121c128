//! Several caches on one directory: one budget, eviction, recency.

use std::fs::FileTimes;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{
    blocks_below, fill, identity, open, place, read, root, segment_file, segment_path, segments,
    settings,
};
use crate::{
    CELL, CacheSettings, Claim, FillOutcome, HostCache, Inspection, MissCause, long, size,
};

const MIB: u64 = 1 << 20;

fn small(place: &tempfile::TempDir, budget: u64) -> CacheSettings {
    CacheSettings { budget: Some(budget), ..settings(place.path()) }
}

#[test]
fn the_budget_holds_at_every_step_for_all_caches_together() {
    let place = place();
    let budget = 6 * MIB;
    let caches: Vec<_> = (0..3).map(|_| HostCache::open(small(&place, budget)).unwrap()).collect();
    let mut hits = 0;
    for n in 0..120u64 {
        let identity = identity(&format!("k{n}"), 1, 30 * CELL);
        let cache = &caches[size(n) % caches.len()];
        fill(cache, &identity, 0, 30 * CELL);
        let blocks = blocks_below(&root(&place));
        assert!(blocks <= budget, "{blocks} after {n}");
        hits += u64::from(read(&caches[0].object(identity), 0, size(30 * CELL)).miss.is_none());
    }
    assert!(hits > 100, "{hits} of 120 were admitted");
    assert!(long(segments(&place).len()) < budget / (30 * CELL), "the rest was evicted");
}

#[test]
fn space_of_files_others_hold_open_is_freed() {
    let place = place();
    let budget = 4 * MIB;
    let one = HostCache::open(small(&place, budget)).unwrap();
    let two = HostCache::open(small(&place, budget)).unwrap();
    let first = identity("first", 1, 30 * CELL);
    fill(&one, &first, 0, 30 * CELL);
    let held = two.object(Arc::clone(&first));
    assert_eq!(read(&held, 0, 100).miss, None);
    let file = segment_file(&place, &first, 0);
    for n in 0..20 {
        fill(&one, &identity(&format!("k{n}"), 1, 30 * CELL), 0, 30 * CELL);
    }
    assert!(!segment_path(&place, &first, 0).exists());
    assert_eq!(file.metadata().unwrap().len(), 0);
    assert_eq!(read(&held, 0, 100).miss, Some(MissCause::Evicted));
    fill(&one, &first, 0, CELL);
    assert_eq!(read(&held, 0, 100).miss, None, "filled again, and found by who held the old file");
}

fn dated(place: &tempfile::TempDir, key: &str, filled: u64, touched: Option<u64>) {
    let epoch = SystemTime::UNIX_EPOCH;
    let base = 1_700_000_000;
    let times = FileTimes::new()
        .set_modified(epoch + Duration::from_secs(base + filled))
        .set_accessed(touched.map_or(epoch, |at| epoch + Duration::from_secs(base + at)));
    segment_file(place, &identity(key, 1, 30 * CELL), 0).set_times(times).unwrap();
}

#[test]
fn what_was_touched_again_outlives_a_scan() {
    let place = place();
    let cache = HostCache::open(small(&place, 8 * MIB)).unwrap();
    let filled = |key: &str| fill(&cache, &identity(key, 1, 30 * CELL), 0, 30 * CELL);
    let exists = |key: &str| segment_path(&place, &identity(key, 1, 30 * CELL), 0).exists();
    for n in 0..4 {
        filled(&format!("used{n}"));
        dated(&place, &format!("used{n}"), n, Some(10 + n));
    }
    for n in 0..100 {
        filled(&format!("scan{n}"));
        // The scan is newer than everything.
        if exists(&format!("scan{n}")) {
            dated(&place, &format!("scan{n}"), 1000 + n, None);
        }
    }
    assert!((0..4).all(|n| exists(&format!("used{n}"))), "{:?}", segments(&place).len());
    assert!(exists("scan99") && !exists("scan0"));
    // But not for ever: what is used now pushes out what was used then.
    for n in 0..100 {
        filled(&format!("new{n}"));
        if exists(&format!("new{n}")) {
            dated(&place, &format!("new{n}"), 5000, Some(5000 + n));
        }
    }
    assert!(!exists("used0") && exists("new99"));
}

#[test]
fn the_budget_is_the_creators() {
    let place = place();
    let made = HostCache::open(small(&place, 8 * MIB)).unwrap();
    assert!(made.notes().is_empty(), "{:?}", made.notes());
    let other = HostCache::open(small(&place, 64 * MIB)).unwrap();
    let [note] = other.notes() else { panic!("{:?}", other.notes()) };
    assert!(note.contains("8388608") && note.contains("budget 67108864 --dirs"), "{note}");
    let any = HostCache::open(CacheSettings { budget: None, ..small(&place, 0) }).unwrap();
    assert!(any.notes().is_empty());
    // What the note says works.
    Inspection::open(place.path()).unwrap().set_budget(64 * MIB).unwrap();
    let resized = HostCache::open(small(&place, 64 * MIB)).unwrap();
    assert!(resized.notes().is_empty(), "{:?}", resized.notes());
    for cache in [&made, &resized] {
        let identity = identity("k", 1, 60 * CELL);
        fill(cache, &identity, 0, 60 * CELL);
        assert_eq!(read(&cache.object(identity), 0, 10).miss, None);
    }
}

#[test]
fn a_directory_without_a_budget_says_so() {
    let place = place();
    let made = HostCache::open(small(&place, 0)).unwrap();
    let [note] = made.notes() else { panic!("{:?}", made.notes()) };
    assert!(note.contains("its budget is 0 bytes") && note.contains("budget <size>"), "{note}");
}

#[test]
fn a_broken_ledger_is_made_anew_and_counts_what_is_there() {
    let place = place();
    let budget = 4 * MIB;
    let cache = HostCache::open(small(&place, budget)).unwrap();
    for n in 0..30 {
        let identity = identity(&format!("k{n}"), 1, 30 * CELL);
        fill(&cache, &identity, 0, 30 * CELL);
        let broken = vec![n; usize::from(n) * 3];
        std::fs::write(root(&place).join("ledger"), broken).unwrap();
        assert!(blocks_below(&root(&place)) <= budget);
    }
    assert!(!segments(&place).is_empty());
}

#[test]
fn below_the_floor_nothing_is_added_and_old_segments_go() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, 30 * CELL);
    fill(&cache, &identity, 0, 30 * CELL);
    let high = CacheSettings { free_floor: u64::MAX / 2, ..settings(place.path()) };
    let floored = HostCache::open(high).unwrap();
    let other = super::identity("other", 1, CELL);
    assert_eq!(
        floored.fill(&other, 0, super::content(&other, 0, CELL)),
        FillOutcome::Queued,
        "a full disk is found when it is written to"
    );
    floored.drain();
    assert!(read(&floored.object(other), 0, 10).miss.is_some());
    assert!(read(&floored.object(identity), 0, 10).miss.is_some(), "it was given back");
    assert_eq!(floored.waiting(), 0);
}

#[test]
fn many_threads_read_while_others_fill_and_evict() {
    let place = place();
    let budget = 6 * MIB;
    let caches: Vec<_> = (0..2).map(|_| HostCache::open(small(&place, budget)).unwrap()).collect();
    let identities: Vec<_> =
        (0..30).map(|n| identity(&format!("k{n}"), 1, 20 * CELL + 5)).collect();
    std::thread::scope(|scope| {
        for (seed, cache) in (1u64..).zip(caches.iter().chain(&caches)) {
            let identities = &identities;
            scope.spawn(move || {
                let mut state = seed * 0x9e37_79b9;
                let mut random = |below: usize| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    size(state % long(below))
                };
                for _ in 0..400 {
                    let identity = &identities[random(identities.len())];
                    let object = cache.object(Arc::clone(identity));
                    let outcome = read(&object, long(random(size(20 * CELL))), random(100_000) + 1);
                    if outcome.miss.is_some() {
                        let first = long(random(20)) * CELL;
                        let end = (first + 8 * CELL).min(identity.length());
                        let _ = cache.fill(identity, first, super::content(identity, first, end));
                    }
                }
            });
        }
    });
    for cache in &caches {
        cache.drain();
        assert_eq!(cache.waiting(), 0);
    }
    assert!(blocks_below(&root(&place)) <= budget);
}

#[test]
fn a_fetch_is_claimed_by_one_cache_at_a_time() {
    let place = place();
    let (one, two) = (open(&place), open(&place));
    let (a, b) = (identity("a", 1, 100 * CELL), identity("b", 1, 100 * CELL));
    let ours = |cache: &HostCache, identity, from, to| match cache.claim(identity, from..to) {
        Claim::Ours(claim) => Some(claim),
        Claim::Theirs(_) => None,
        Claim::Unknown => panic!("the directory gives no locks"),
    };
    let held = ours(&one, &a, 0, 10 * CELL).unwrap();
    assert!(ours(&two, &a, 9 * CELL, 12 * CELL).is_none(), "it overlaps");
    assert!(ours(&two, &a, 10 * CELL, 12 * CELL).is_some());
    assert!(ours(&two, &b, 0, 10 * CELL).is_some(), "another object");
    drop(held);
    let held = ours(&two, &a, 0, 10 * CELL).unwrap();
    std::fs::remove_file(root(&place).join("fetches")).unwrap();
    assert!(ours(&one, &a, 0, 10 * CELL).is_some(), "a deleted file of claims is no claim");
    drop(held);
    drop(ours(&one, &a, 99 * CELL, 100 * CELL).unwrap());
}

#[test]
fn who_waits_for_a_fetch_and_who_is_waited_for_both_know_of_it() {
    let place = place();
    let (one, two, three) = (open(&place), open(&place), open(&place));
    let a = identity("a", 1, 100 * CELL);
    let Claim::Ours(held) = one.claim(&a, 0..CELL) else { panic!("nobody else claims it") };
    assert!(!one.is_shared_now() && !two.is_shared_now());
    assert!(matches!(two.claim(&a, 0..CELL), Claim::Theirs(_)));
    assert!(one.is_shared_now() && two.is_shared_now());
    assert!(!three.is_shared_now(), "has claimed nothing, so nobody waits for it");
    drop((held, two));
    assert!(!one.is_shared_now(), "a mark goes with its process");
}

#[test]
fn while_there_is_no_room_what_is_not_there_is_looked_for_once() {
    let place = place();
    let (full, other) = (open(&place), open(&place));
    let a = identity("a", 1, 3 * CELL);
    let object = full.object(Arc::clone(&a));
    let is_full_for = |rest| full.pretend_full(rest);
    is_full_for(Duration::from_secs(3600));
    assert_eq!(read(&object, 0, 10).miss, Some(MissCause::Cold));
    fill(&other, &a, 0, 3 * CELL);
    assert!(object.is_surely_cold(0..CELL), "until there is room");
    assert!(matches!(full.claim(&a, 0..CELL), Claim::Unknown), "there is nothing to share");
    is_full_for(Duration::ZERO);
    assert_eq!(read(&object, 0, 10).miss, None);
}
