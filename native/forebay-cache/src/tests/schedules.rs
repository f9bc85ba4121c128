//! The cache's threads in orders that a test decides, on real files: a schedule switches between them
//! at every lock, atomic and wait of theirs, and a call to the disk is one step.
//!
//! `read` judges every byte that is answered, a segment that closes judges its own count of absent
//! cells, and a thread that would wait for ever is found as a deadlock.

use std::sync::Arc;

use forebay_types::sync::schedules::{Deadlines, explore};
use forebay_types::sync::thread;

use super::{content, fill, identity, open, open_files, place, put, read, segment_file, settings};
use crate::pool::Pool;
use crate::slice::Slice;
use crate::{CELL, CacheSettings, FillOutcome, HostCache, SEGMENT, size};

const LENGTH: u64 = 6 * CELL + 9;

/// Waits until nobody has anything below `place` open any more.
fn await_closed(place: &tempfile::TempDir) {
    while !open_files(place).is_empty() {
        thread::yield_now();
    }
}

fn join(threads: Vec<thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn cells_that_are_read_filled_and_rotten_at_once() {
    explore("cells", Deadlines::Never, || {
        let place = place();
        let cache = open(&place);
        let identity = identity("k", 1, LENGTH);
        fill(&cache, &identity, 0, 3 * CELL);
        let object = cache.object(Arc::clone(&identity));
        let _ = read(&object, 0, 10);
        let mut threads = Vec::new();
        let (filler, whose) = (cache.clone(), Arc::clone(&identity));
        threads.push(thread::spawn(move || fill(&filler, &whose, 2 * CELL, LENGTH)));
        for first in 0..2 {
            let object = object.clone();
            threads.push(thread::spawn(move || {
                let _ = read(&object, first * CELL + 5, size(4 * CELL));
                let _ = object.missing(0..LENGTH);
                let _ = read(&object, 0, size(LENGTH));
            }));
        }
        let file = segment_file(&place, &identity, 0);
        threads.push(thread::spawn(move || {
            thread::yield_now();
            put(&file, &[0xff; 9], Slice::cell_at(1) + 77);
        }));
        join(threads);
        // The rotten cell is found by whoever reads it, and is as good as new once it is filled again.
        let _ = read(&object, 0, size(LENGTH));
        fill(&cache, &identity, 0, LENGTH);
        assert_eq!(read(&object, 0, size(LENGTH)).miss, None);
        drop((cache, object));
        await_closed(&place);
    });
}

#[test]
fn segments_that_are_read_evicted_closed_and_filled_again_at_once() {
    explore("eviction", Deadlines::Never, || {
        let place = place();
        let one = CacheSettings { open_segments: 1, ..settings(place.path()) };
        let cache = HostCache::open(one).unwrap();
        let identities = [identity("a", 1, LENGTH), identity("b", 1, LENGTH)];
        identities.iter().for_each(|identity| fill(&cache, identity, 0, LENGTH));
        let mut threads = Vec::new();
        for identity in identities.clone() {
            let object = cache.object(identity);
            threads.push(thread::spawn(move || {
                for offset in [0, 3 * CELL, 50] {
                    let _ = read(&object, offset, size(2 * CELL));
                }
            }));
        }
        let (evictor, filler) = (cache.clone(), cache.clone());
        let [purged, filled] = identities.clone().map(|_| Arc::clone(&identities[0]));
        threads.push(thread::spawn(move || {
            evictor.purge_location(purged.location());
        }));
        threads.push(thread::spawn(move || {
            let _ = filler.fill(&filled, 0, content(&filled, 0, LENGTH));
            filler.drain();
        }));
        join(threads);
        fill(&cache, &identities[0], 0, LENGTH);
        for identity in identities {
            assert_eq!(read(&cache.object(identity), 0, size(LENGTH)).miss, None);
        }
        drop(cache);
        await_closed(&place);
    });
}

#[test]
fn what_was_queued_before_a_drain_is_there_after_it() {
    explore("fills", Deadlines::Never, || {
        let place = place();
        let cache = open(&place);
        let threads = (0..3u64).map(|n| {
            let cache = cache.clone();
            thread::spawn(move || {
                let identity = identity(&format!("k{n}"), 1, LENGTH);
                fill(&cache, &identity, 0, LENGTH);
                assert_eq!(cache.object(identity).missing(0..LENGTH), []);
            })
        });
        join(threads.collect());
        assert_eq!(cache.waiting(), 0);
    });
}

#[test]
fn closed_while_others_read_and_fills_wait_everything_ends() {
    explore("close", Deadlines::Never, || {
        let place = place();
        let cache = open(&place);
        let identity = identity("k", 1, SEGMENT + CELL);
        fill(&cache, &identity, 0, 2 * CELL);
        let object = cache.object(Arc::clone(&identity));
        let reader = thread::spawn(move || {
            let _ = read(&object, 100, size(CELL));
            let _ = read(&object, SEGMENT, 100);
        });
        let closer = thread::spawn(move || {
            let offered = content(&identity, SEGMENT, SEGMENT + CELL);
            assert_eq!(cache.fill(&identity, SEGMENT, offered), FillOutcome::Queued);
            drop(cache);
        });
        join(vec![reader, closer]);
        await_closed(&place);
    });
}

#[test]
fn two_processes_that_push_each_other_out_read_right_bytes() {
    explore("two caches", Deadlines::Never, || {
        let place = place();
        let small = || CacheSettings { budget: Some(1 << 20), ..settings(place.path()) };
        let caches = [HostCache::open(small()).unwrap(), HostCache::open(small()).unwrap()];
        let threads = caches.map(|cache| {
            thread::spawn(move || {
                for n in 0..5 {
                    let identity = identity(&format!("k{n}"), 1, 12 * CELL);
                    let _ = cache.fill(&identity, 0, content(&identity, 0, 12 * CELL));
                    cache.drain();
                    let _ = read(&cache.object(identity), 5, size(3 * CELL));
                }
            })
        });
        join(threads.into());
        let blocks = super::blocks_below(&super::root(&place));
        assert!(blocks <= 1 << 20, "{blocks} bytes");
    });
}

#[test]
fn a_disk_that_is_late_now_and_then_costs_no_byte() {
    explore("late disk", Deadlines::Sometimes, || {
        let place = place();
        let Ok(cache) = HostCache::open(settings(place.path())) else { return };
        let identity = identity("k", 1, LENGTH);
        let _ = cache.fill(&identity, 0, content(&identity, 0, LENGTH));
        cache.drain();
        let threads = (0..2).map(|n| {
            let object = cache.object(Arc::clone(&identity));
            thread::spawn(move || {
                for _ in 0..3 {
                    let _ = read(&object, n * CELL, size(2 * CELL));
                }
            })
        });
        join(threads.collect());
        drop(cache);
        await_closed(&place);
    });
}

#[test]
fn a_pool_owes_nothing_when_its_last_answer_has_come() {
    explore("pool", Deadlines::Sometimes, || {
        let pool = Arc::new(Pool::default());
        let threads = (0..3u64).map(|n| {
            let pool = Arc::clone(&pool);
            thread::spawn(move || {
                if let Ok(doubled) = pool.run(move || n * 2) {
                    assert_eq!(doubled, n * 2);
                }
            })
        });
        join(threads.collect());
        while pool.is_overdue() {
            thread::yield_now();
        }
        pool.close();
    });
}
