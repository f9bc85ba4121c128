//! A disk that is full when the cache comes, and has room later.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::child::Orders;
use crate::crowd::Member;
use crate::report::number;
use crate::volume::Volume;
use crate::{report, set};

/// How it is run.
#[derive(Debug, Clone)]
pub struct Full {
    /// This crate's binary.
    pub program: PathBuf,
    /// Of everything.
    pub seed: u64,
    /// How long each part takes.
    pub seconds: u64,
    /// Whether inodes are used up, rather than blocks.
    pub inodes: bool,
}

/// Turns that reads with a cache and without one take.
const ROUNDS: u64 = 5;

/// Reads over a full disk, and over none; then gives space back and waits for caching to resume.
/// `None` where no file system can be made here.
///
/// # Errors
/// If it can't begin.
pub fn run(run: &Full) -> io::Result<Option<Map<String, Value>>> {
    let scratch = crate::scratch()?;
    let more: &[&str] = if run.inodes { &["-N", "400"] } else { &[] };
    let Some(volume) = Volume::make(scratch.path(), "ext4", 200 << 20, more)? else {
        return Ok(None);
    };
    let bucket = Bucket::start()?;
    bucket.count_only();
    let list = scratch.path().join("list.json");
    set::store(&bucket, run.seed, set::Sizes::Mixed, 300 << 20, &list)?;
    let orders = Orders {
        place: volume.path().to_owned(),
        list,
        url: bucket.url(),
        content_seed: run.seed,
        seed: run.seed,
        threads: 8,
        milliseconds: run.seconds * 1000,
        budget: 100 << 20,
        zipf: 80,
        ..Orders::default()
    };
    let filler = if run.inodes { fill_inodes(&volume)? } else { fill_blocks(&volume)? };
    let (mut without, mut full) = (Map::new(), Map::new());
    for round in 0..ROUNDS {
        // In turns, so that what else the machine does hits both.
        let orders = Orders {
            seed: run.seed + round,
            milliseconds: run.seconds * 1000 / ROUNDS,
            ..orders.clone()
        };
        let bare = Orders { place: PathBuf::new(), ..orders.clone() };
        report::add(&mut without, &Member::start(&run.program, &bare)?.end());
        report::add(&mut full, &Member::start(&run.program, &orders)?.end());
    }
    let waited = resumes(run, &volume, &filler, &orders)?;
    let mut report = Map::new();
    let failed = without_bytes(&full) + u64::from(waited.is_none());
    let (bare, reads) = (number(&without, "reads"), number(&full, "reads"));
    for (name, value) in [
        ("seed", json!(run.seed)),
        ("seconds", json!(run.seconds)),
        ("reads_without_a_cache", json!(bare)),
        ("reads_on_a_full_disk", json!(reads)),
        ("full_permille_of_without", json!(reads * 1000 / bare.max(1))),
        ("too_slow", json!(u64::from(reads * 10 < bare * 9))),
        ("milliseconds_until_caching_resumed", json!(waited)),
        ("failed", json!(failed)),
    ] {
        report.insert(name.to_owned(), value);
    }
    for (name, value) in full {
        report.entry(name).or_insert(value);
    }
    report::publish(if run.inodes { "full-inodes" } else { "full" }, &report)?;
    Ok(Some(report))
}

/// 1 where a run read nothing at all.
fn without_bytes(told: &Map<String, Value>) -> u64 {
    u64::from(number(told, "reads") == 0)
}

fn fill_blocks(volume: &Volume) -> io::Result<Vec<PathBuf>> {
    // 128 KiB are left: enough to begin, too little to go on.
    Ok(vec![volume.ballast(128 << 10)?])
}

fn fill_inodes(volume: &Volume) -> io::Result<Vec<PathBuf>> {
    let mut made = Vec::new();
    loop {
        let path = volume.path().join(format!("filler{}", made.len()));
        match std::fs::File::create(&path) {
            Ok(_) => made.push(path),
            Err(_) => break,
        }
    }
    // The cache's own directory and a few files.
    for path in made.drain(made.len().saturating_sub(20)..) {
        std::fs::remove_file(path)?;
    }
    Ok(made)
}

/// Starts a process on the full disk, removes `filler` under it, and waits for it to cache: how long,
/// in milliseconds; `None` where it had not begun after a minute.
fn resumes(
    run: &Full,
    volume: &Volume,
    filler: &[PathBuf],
    orders: &Orders,
) -> io::Result<Option<u64>> {
    let mut member =
        Member::start(&run.program, &Orders { milliseconds: 70_000, ..orders.clone() })?;
    // Until it has met the full disk: it reads by then.
    let began = Instant::now();
    while number(&member.told(), "reads") < 1000 && began.elapsed() < Duration::from_secs(30) {
        std::thread::park_timeout(Duration::from_millis(20));
    }
    for path in filler {
        std::fs::remove_file(path)?;
    }
    let began = Instant::now();
    let (before, _) = volume.space()?;
    let mut waited = None;
    while waited.is_none() && member.lives() && began.elapsed() < Duration::from_secs(60) {
        std::thread::park_timeout(Duration::from_millis(20));
        if volume.space()?.0 > before + (4 << 20) {
            waited = u64::try_from(began.elapsed().as_millis()).ok();
        }
    }
    member.kill();
    drop(member);
    Ok(waited)
}
