//! Real processes on one directory, killed without warning.
//!
//! The test binary starts itself: [`child`] is a test that does nothing unless it was started with a
//! directory to work in. It reports each step; the parent kills it after a step chosen by seed.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use super::{blocks_below, content, fill, identity, place, read, root, settings};
use crate::{CELL, CacheSettings, HostCache, SEGMENT, long, size};

const PLACE: &str = "FOREBAY_TEST_PLACE";
const SEED: &str = "FOREBAY_TEST_SEED";
const BUDGET: u64 = 12 << 20;
const OBJECTS: u64 = 24;
const LENGTH: u64 = SEGMENT + 10 * CELL + 99;

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn cache(place: &Path) -> HostCache {
    HostCache::open(CacheSettings { budget: Some(BUDGET), ..settings(place) }).unwrap()
}

/// Fills and reads for as long as it is allowed to live.
#[test]
fn child() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let seed = std::env::var(SEED).unwrap().parse().unwrap();
    let mut random = Random(seed);
    let cache = cache(Path::new(&place));
    for step in 0.. {
        let identity = identity(&format!("k{}", random.below(OBJECTS)), 1, LENGTH);
        let begin = SEGMENT - 20 * CELL + random.below(25) * CELL;
        let object = cache.object(Arc::clone(&identity));
        let length = size(random.below(6 * CELL) + 1);
        if read(&object, begin + random.below(CELL), length).miss.is_some() {
            let end = (begin + (1 + random.below(12)) * CELL).min(LENGTH);
            let _ = cache.fill(&identity, begin, content(&identity, begin, end));
        }
        writeln!(std::io::stdout(), "step {step}").unwrap();
    }
}

fn start(place: &Path, seed: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::crash::child", "--nocapture", "--test-threads=1"])
        .env(PLACE, place)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Lets the child live for `steps` of its own, then kills it. False where it ended by itself: it
/// found a wrong byte.
fn kill_after(mut child: Child, steps: u64) -> bool {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen =
        lines.map_while(Result::ok).filter(|l| l.starts_with("step ")).take(size(steps)).count();
    child.kill().unwrap();
    let status = child.wait().unwrap();
    long(seen) == steps && status.code().is_none()
}

#[test]
fn killed_processes_leave_right_bytes_and_a_true_ledger() {
    let place = place();
    let mut random = Random(0x5eed);
    eprintln!("seed {:#x}", random.0);
    for round in 0..15 {
        let children: Vec<_> = (0..2)
            .map(|_| (start(place.path(), random.below(1 << 40) + 1), random.below(120) + 1))
            .collect();
        let lived = std::thread::scope(|scope| {
            let kills: Vec<_> = children
                .into_iter()
                .map(|(child, steps)| scope.spawn(move || kill_after(child, steps)))
                .collect();
            kills.into_iter().all(|kill| kill.join().unwrap())
        });
        assert!(lived, "a child failed by itself in round {round}");
        let blocks = blocks_below(&root(&place));
        assert!(blocks <= BUDGET, "{blocks} bytes after round {round}");
    }
    let warm = cache(place.path());
    let mut hits = 0;
    for key in 0..OBJECTS {
        let object = warm.object(identity(&format!("k{key}"), 1, LENGTH));
        for cell in 0..30 {
            let outcome = read(&object, SEGMENT - 20 * CELL + cell * CELL, size(CELL));
            hits += u32::from(outcome.miss.is_none());
        }
    }
    assert!(hits > 0, "a new process finds what the dead ones left");
    for key in 0..OBJECTS {
        let identity = identity(&format!("k{key}"), 1, LENGTH);
        fill(&warm, &identity, SEGMENT - 20 * CELL, SEGMENT);
        assert!(blocks_below(&root(&place)) <= BUDGET);
    }
}
