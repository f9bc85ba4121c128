//! A warm read against bare `pread` of the same files, in one run.
//!
//! Two GiB of segments are laid down as in production: fills of 8 MiB, brought as a delegate's claims.
//! Then two arms read random unaligned ranges in turns: [`File::read`], with every check, and `pread`
//! of the places where the segments hold those bytes. Each round draws its places anew and gives the
//! same ones to both arms; the arms take turns at being first.
//!
//! A round's ratio is `pread`'s time divided by the engine's, 1 is as fast as bare. Time is what the
//! thread has had of a processor, so that neighbours on a busy machine count less; the ratio by the
//! clock stands beside it. One line of JSON per combination goes to standard output; `bench/hotpath`
//! knows the bars.
//!
//! `cargo bench -p forebay-engine --bench hotpath -- [--directory DIR] [--seed N] [--mib N]`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a benchmark ends at the first thing that is wrong"
)]

use std::fs;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::time::{Instant, SystemTime};

use forebay_cache::{CELL, SEGMENT};
use forebay_engine::{
    Access, ETag, Engine, EngineSettings, File, ReadHints, ReadStep, Settings, Store,
    StoreSettings, Version, metrics,
};
use forebay_testkit::content;
use serde_json::json;

const LENGTHS: [usize; 4] = [4 << 10, 64 << 10, 1 << 20, 8 << 20];
const SEGMENTS_EACH: u64 = 8;
const ROUNDS: usize = 15;
/// Of one arm; long enough that reading the clocks doesn't show.
const ROUND_SECONDS: f64 = 0.020;

fn main() {
    let options = Options::parse();
    let place = options.directory.join(format!("rust-{}", std::process::id()));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&place).unwrap();
    let lake = Lake::fill(&place, &options);
    eprintln!("checking {} MiB byte by byte, through both arms", options.mib);
    lake.verify();
    for threads in [1, 2] {
        for length in LENGTHS {
            let row = compare(&lake, threads, length, options.seed);
            println!("{row}");
        }
    }
    assert_eq!(metric("read.bytes.ram"), 0, "the RAM tier must be out of the way");
    drop(lake);
    fs::remove_dir_all(&place).unwrap();
}

struct Options {
    directory: PathBuf,
    seed: u64,
    mib: u64,
}

impl Options {
    fn parse() -> Options {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let mut options =
            Options { directory: std::env::temp_dir(), seed: now.as_secs(), mib: 2 << 10 };
        let mut given = std::env::args().skip(1);
        while let Some(flag) = given.next() {
            match flag.as_str() {
                "--bench" => {}
                "--directory" => options.directory = given.next().unwrap().into(),
                "--seed" => options.seed = given.next().unwrap().parse().unwrap(),
                "--mib" => options.mib = given.next().unwrap().parse().unwrap(),
                _ => panic!("no flag {flag}: --directory DIR, --seed N, --mib N"),
            }
        }
        options
    }
}

/// Objects in the cache, and the files that hold their slices.
struct Lake {
    engine: Arc<Engine>,
    store: Arc<Store>,
    objects: Vec<Object>,
    seed: u64,
}

struct Object {
    key: String,
    version: Version,
    segments: Vec<fs::File>,
    /// Where cells begin in a segment's file.
    cells_at: u64,
}

impl Lake {
    fn fill(place: &Path, options: &Options) -> Lake {
        let config = Settings::new(
            [
                ("fs.forebay.cache.dirs", place.display().to_string()),
                ("fs.forebay.cache.size", format!("{}MB", 2 * options.mib)),
                ("fs.forebay.cache.free-floor", "0".to_owned()),
            ],
            None,
        );
        let settings = EngineSettings { config: config.clone(), heap_bytes: 0 };
        let engine = Engine::start(settings).unwrap().engine;
        let settings = StoreSettings {
            kind: "s3".to_owned(),
            endpoint: String::new(),
            bucket: "bench".to_owned(),
            content_settings: 0,
            config,
            access: Access::Delegate,
        };
        let store = engine.open_store(settings).unwrap();
        let mut lake = Lake { engine, store, objects: Vec::new(), seed: options.seed };
        let length = SEGMENTS_EACH * SEGMENT;
        for number in 0..(options.mib << 20).div_ceil(length) {
            let key = format!("object-{number}");
            let version =
                Version { etag: ETag::strong("bench").unwrap(), length, version_id: None };
            eprintln!("filling {key}");
            lake.land(&key, &version);
            lake.objects.push(Object { key, version, segments: Vec::new(), cells_at: 0 });
        }
        lake.find_segments(place);
        lake
    }

    fn open(&self, object: &Object) -> Arc<File> {
        let version = object.version.clone();
        self.store.open_file(&object.key, version, ReadHints::default()).unwrap()
    }

    /// Brings an object as a host does: takes the claims of one piece after the other.
    fn land(&self, key: &str, version: &Version) {
        let file = self.store.open_file(key, version.clone(), ReadHints::default()).unwrap();
        let mut at = 0;
        while at < version.length {
            let claims = file.claims(at, forebay_plan::MAX_PIECE).unwrap();
            assert!(!claims.is_empty(), "{key} at {at}: the cache must be empty before");
            for claim in claims {
                let length = usize::try_from(claim.length).unwrap();
                let bytes = content::bytes(self.seed, key, 1, claim.offset, length);
                file.land(claim.flight, &bytes).unwrap();
                at = at.max(claim.offset + claim.length);
            }
            // A full queue would refuse the next fill.
            self.engine.drain();
        }
        file.close();
    }

    /// Finds which file holds which slice by its bytes, so that nothing here knows how files are
    /// named; cells are what a file ends with.
    fn find_segments(&mut self, place: &Path) {
        let mut files = Vec::new();
        walk(place, &mut files);
        let mut known: Vec<(fs::File, u64, [u8; 64])> = Vec::new();
        for path in files {
            let file = fs::File::open(&path).unwrap();
            let length = file.metadata().unwrap().len();
            if length > SEGMENT {
                // The disk must be done with them before anything is timed.
                file.sync_all().unwrap();
                let mut front = [0; 64];
                file.read_exact_at(&mut front, length - SEGMENT).unwrap();
                known.push((file, length - SEGMENT, front));
            }
        }
        for object in &mut self.objects {
            for slice in 0..SEGMENTS_EACH {
                let meant = content::bytes(self.seed, &object.key, 1, slice * SEGMENT, 64);
                let found = known.iter().position(|(_, _, front)| front[..] == meant[..]);
                let (file, cells_at, _) = known.swap_remove(found.unwrap());
                object.segments.push(file);
                object.cells_at = cells_at;
            }
        }
    }

    fn verify(&self) {
        let mut into = vec![0; 8 << 20];
        for object in &self.objects {
            let file = self.open(object);
            for at in (0..object.version.length).step_by(into.len()) {
                read_engine(&file, at, &mut into);
                content::check(self.seed, &object.key, 1, at, &into).unwrap();
                read_bare(object, at, &mut into);
                content::check(self.seed, &object.key, 1, at, &into).unwrap();
            }
        }
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

fn metric(name: &str) -> u64 {
    metrics().iter().filter(|metric| metric.name() == name).map(|metric| metric.get()).sum()
}

fn read_engine(file: &File, at: u64, into: &mut [u8]) {
    let step = file.read(at, into, into.len() as u64).unwrap();
    assert_eq!(step, ReadStep::Bytes(into.len()));
}

fn read_bare(object: &Object, at: u64, into: &mut [u8]) {
    let segment = &object.segments[(at / SEGMENT) as usize];
    segment.read_exact_at(into, object.cells_at + at % SEGMENT).unwrap();
}

/// Time of one read, in seconds: of a processor, and by the clock.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
}

/// All rounds of one combination, as a line of JSON.
fn compare(lake: &Lake, threads: usize, length: usize, seed: u64) -> serde_json::Value {
    let barrier = Barrier::new(threads);
    let rounds: Vec<Vec<(Cost, Cost)>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let barrier = &barrier;
                scope.spawn(move || worker(lake, barrier, length, seed ^ (thread as u64 + 1) << 32))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    // The mean over threads, round by round.
    let mean = |round: usize, of: fn(&(Cost, Cost)) -> f64| {
        rounds.iter().map(|of_thread| of(&of_thread[round])).sum::<f64>() / threads as f64
    };
    let each = |of: fn(&(Cost, Cost)) -> f64| (0..ROUNDS).map(move |round| mean(round, of));
    let ratios = sorted(each(|r| r.0.cpu).zip(each(|r| r.1.cpu)).map(|(bare, ours)| bare / ours));
    let by_clock =
        sorted(each(|r| r.0.wall).zip(each(|r| r.1.wall)).map(|(bare, ours)| bare / ours));
    json!({
        "arm": "engine", "base": "pread", "bytes": length, "threads": threads,
        "ratio": ratios[ROUNDS / 2], "low": ratios[ROUNDS / 4], "high": ratios[ROUNDS * 3 / 4],
        "clock_ratio": by_clock[ROUNDS / 2],
        "base_ns": sorted(each(|r| r.0.cpu))[ROUNDS / 2] * 1e9,
        "ours_ns": sorted(each(|r| r.1.cpu))[ROUNDS / 2] * 1e9,
        "crowd": sorted(each(|r| r.0.wall / r.0.cpu))[ROUNDS / 2],
        "cell": CELL,
    })
}

fn worker(lake: &Lake, barrier: &Barrier, length: usize, seed: u64) -> Vec<(Cost, Cost)> {
    let files: Vec<Arc<File>> = lake.objects.iter().map(|object| lake.open(object)).collect();
    let mut into = vec![0; length];
    let mut state = seed;
    // The first round warms both arms up and is not kept.
    let rounds = (0..=ROUNDS).map(|round| {
        let from = next(&mut state);
        let bare = |into: &mut [u8]| {
            barrier.wait();
            turn(lake, from, into, |which, at, into| read_bare(&lake.objects[which], at, into))
        };
        let ours = |into: &mut [u8]| {
            barrier.wait();
            turn(lake, from, into, |which, at, into| read_engine(&files[which], at, into))
        };
        if round % 2 == 0 {
            let bare = bare(&mut into);
            (bare, ours(&mut into))
        } else {
            let ours = ours(&mut into);
            (bare(&mut into), ours)
        }
    });
    rounds.skip(1).collect()
}

/// Reads at the places that follow from `state` until the round is over; says what one read cost.
fn turn(
    lake: &Lake,
    mut state: u64,
    into: &mut [u8],
    read: impl Fn(usize, u64, &mut [u8]),
) -> Cost {
    let between_clocks = ((512 << 10) / into.len()).max(1);
    let (start, used) = (Instant::now(), processor_time());
    let mut reads = 0;
    loop {
        for _ in 0..between_clocks {
            let which = (next(&mut state) % lake.objects.len() as u64) as usize;
            let slice = next(&mut state) % SEGMENTS_EACH;
            let within = next(&mut state) % (SEGMENT - into.len() as u64);
            read(which, slice * SEGMENT + within, into);
        }
        reads += between_clocks;
        let cpu = processor_time() - used;
        if cpu >= ROUND_SECONDS {
            let wall = start.elapsed().as_secs_f64();
            return Cost { cpu: cpu / reads as f64, wall: wall / reads as f64 };
        }
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// What this thread has had of a processor, in seconds.
fn processor_time() -> f64 {
    let mut time = nix::libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours, which the call fills.
    unsafe { nix::libc::clock_gettime(nix::libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// xorshift64*; the multiplication spreads the state's low bits.
fn next(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
}
