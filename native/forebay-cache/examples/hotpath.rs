//! The hot path against bare `pread` of the same files, in one run.
//!
//! Fills 2 GiB of segments in a directory (the first argument, else a temporary one), then reads
//! random unaligned ranges in turns: a round of `pread` at the places where the segments hold the
//! bytes, a round through the cache with every check. Prints the median time of a read of each, and
//! the median over rounds of `pread`'s time divided by the cache's: 1.00 is as fast as bare. Time is
//! the thread's own on a processor, so that neighbours on a busy machine count less; `quiet` is the
//! same ratio between the fastest tenths of the rounds.
//!
//! `cargo run --release -p forebay-cache --example hotpath [directory [KiB]]`

// A measurement that cannot be made ends the program.
#![allow(clippy::panic)]

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use bytes::Bytes;
use forebay_cache::{CELL, CacheSettings, CachedObject, HostCache, SEGMENT};
use forebay_types::{ETag, Identity, Location, Version};

const OBJECTS: usize = 8;
const SEGMENTS_EACH: u64 = 8;
const ROUND: Duration = Duration::from_millis(10);
const ROUNDS: usize = 41;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let own = tempfile::tempdir()?;
    let place = std::env::args_os().nth(1).map_or(own.path().to_owned(), PathBuf::from);
    let mut out = std::io::stdout();
    let cache = HostCache::open(CacheSettings {
        directories: vec![place.clone()],
        budget: Some(8 << 30),
        free_floor: 0,
        queue: 64 << 20,
        ..CacheSettings::default()
    })?;
    writeln!(out, "crc: {}", crc_fast::get_calculator_target(crc_fast::CrcAlgorithm::Crc32Iscsi))?;
    crc_speed(&mut out)?;
    let objects: Vec<Pair> = (0..OBJECTS).map(|n| fill(&cache, &place, n)).collect();
    writeln!(out, "cells of {} KiB, {OBJECTS} x {SEGMENTS_EACH} segments", CELL >> 10)?;
    let only = std::env::args().nth(2).and_then(|kib| kib.parse::<usize>().ok());
    for threads in [1, 2] {
        for length in [4 << 10, 64 << 10, 1 << 20, 8 << 20] {
            if only.is_some_and(|kib| kib << 10 != length) {
                continue;
            }
            let (bare, ours, ratio, quiet) = compare(&objects, threads, length);
            writeln!(
                out,
                "{threads} thread(s) {:>5} KiB  pread {bare:>9.2?}  cache {ours:>9.2?}  ratio {ratio:.3}  quiet {quiet:.3}",
                length >> 10
            )?;
        }
    }
    Ok(())
}

fn crc_speed(out: &mut impl Write) -> std::io::Result<()> {
    let bytes = vec![7u8; 256 << 10];
    let mut best = Duration::MAX;
    let mut sum = 0u32;
    for _ in 0..200 {
        let start = Instant::now();
        for cell in bytes.chunks(16 << 10) {
            sum ^= crc_fast::crc32_iscsi(std::hint::black_box(cell));
        }
        best = best.min(start.elapsed());
    }
    std::hint::black_box(sum);
    writeln!(out, "crc of 256 KiB in 16 KiB cells, hot: {best:?}")
}

/// An object, and the files that hold its slices.
struct Pair {
    object: CachedObject,
    files: Vec<File>,
}

fn fill(cache: &HostCache, place: &Path, number: usize) -> Pair {
    let location = Location {
        store: "s3".into(),
        endpoint: "".into(),
        bucket: "bench".into(),
        key: format!("object-{number}").into(),
        settings: 0,
    };
    let length = SEGMENTS_EACH * SEGMENT;
    let etag = ETag::strong("\"bench\"").unwrap_or_else(|| unreachable!("the tag is strong"));
    let version = Version { etag, length, version_id: None };
    let identity = Arc::new(Identity::new(location, version).unwrap_or_else(|e| panic!("{e}")));
    let mut state = number as u64 + 1;
    let piece: Bytes = (0..8 << 20).map(|_| next(&mut state).to_le_bytes()[0]).collect();
    for at in (0..length).step_by(piece.len()) {
        cache.fill(&identity, at, piece.clone());
        cache.drain();
    }
    let name = format!("{:032x}-{:032x}-", identity.location_hash(), identity.hash());
    let (upper, lower) = (&name[..1], &name[1..2]);
    let root = place.join(format!("forebay-{}", rustix::process::geteuid().as_raw()));
    let files = (0..SEGMENTS_EACH).map(|slice| {
        let path = root.join(upper).join(lower).join(format!("{name}{slice:x}.1"));
        File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    });
    Pair { files: files.collect(), object: cache.object(identity) }
}

/// Median time of a bare read, of a checked one, and median of the rounds' ratios.
fn compare(objects: &[Pair], threads: usize, length: usize) -> (Duration, Duration, f64, f64) {
    let barrier = Barrier::new(threads);
    let results: Vec<Vec<(f64, f64)>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let barrier = &barrier;
                scope.spawn(move || {
                    let mut into = vec![0; length];
                    let mut state = 0x9e37_79b9 + thread as u64 * 77;
                    (0..ROUNDS)
                        .map(|_| {
                            barrier.wait();
                            let bare = round(objects, &mut state, &mut into, bare_read);
                            barrier.wait();
                            let ours = round(objects, &mut state, &mut into, cache_read);
                            (bare, ours)
                        })
                        .collect()
                })
            })
            .collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    });
    let all: Vec<(f64, f64)> = results.into_iter().flatten().collect();
    let bare = sorted(all.iter().map(|(bare, _)| *bare));
    let ours = sorted(all.iter().map(|(_, ours)| *ours));
    let ratios = sorted(all.iter().map(|(bare, ours)| bare / ours));
    let (half, tenth) = (all.len() / 2, all.len() / 10);
    (
        Duration::from_secs_f64(bare[half]),
        Duration::from_secs_f64(ours[half]),
        ratios[half],
        bare[tenth] / ours[tenth],
    )
}

fn round(
    objects: &[Pair],
    state: &mut u64,
    into: &mut [u8],
    read: fn(&Pair, u64, u64, &mut [u8]),
) -> f64 {
    let (start, used) = (Instant::now(), processor_time());
    let mut reads = 0u32;
    while reads < 4 || start.elapsed() < ROUND {
        let pair = &objects[usize::try_from(next(state)).unwrap_or(0) % objects.len()];
        let slice = next(state) % SEGMENTS_EACH;
        let at = next(state) % (SEGMENT - into.len() as u64);
        read(pair, slice, at, into);
        reads += 1;
    }
    (processor_time() - used) / f64::from(reads)
}

fn bare_read(pair: &Pair, slice: u64, at: u64, into: &mut [u8]) {
    let file = &pair.files[usize::try_from(slice).unwrap_or(0)];
    file.read_exact_at(into, DATA_AT + at).unwrap_or_else(|error| panic!("{error}"));
}

const DATA_AT: u64 = 2 << 20;

fn cache_read(pair: &Pair, slice: u64, at: u64, into: &mut [u8]) {
    let outcome = pair.object.read(slice * SEGMENT + at, into);
    assert_eq!((outcome.bytes, outcome.miss), (into.len(), None));
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// What this thread has had of a processor, in seconds.
fn processor_time() -> f64 {
    let mut time = nix::libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours.
    unsafe { nix::libc::clock_gettime(nix::libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or(0));
    let rest = Duration::from_nanos(time.tv_nsec.try_into().unwrap_or(0));
    (seconds + rest).as_secs_f64()
}

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
