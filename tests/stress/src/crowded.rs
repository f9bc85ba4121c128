//! Opening a directory of a hundred thousand segments whose last process was killed: it must not take
//! longer than opening an empty one takes, since nothing is scanned.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::child::Orders;
use crate::crowd::Member;
use crate::random::Random;
use crate::report::number;
use crate::{report, set};

/// How it is run.
#[derive(Debug, Clone)]
pub struct Crowded {
    /// This crate's binary.
    pub program: PathBuf,
    /// Of everything.
    pub seed: u64,
    /// Segments in the directory.
    pub segments: u64,
    /// Openings of it, each by a process that is killed thereafter.
    pub openings: u64,
}

/// What a user who starts a job notices, in microseconds.
const SOON: u64 = 100_000;

/// Runs it.
///
/// # Errors
/// If it can't begin.
pub fn run(run: &Crowded) -> io::Result<Map<String, Value>> {
    let scratch = crate::scratch()?;
    let bucket = Bucket::start()?;
    bucket.count_only();
    let list = scratch.path().join("list.json");
    set::store(&bucket, run.seed, set::Sizes::Small, 1 << 20, &list)?;
    let mut random = Random::new(run.seed);
    let mut orders = Orders {
        place: scratch.path().join("place"),
        list,
        url: bucket.url(),
        content_seed: run.seed,
        threads: 4,
        milliseconds: 10_000,
        budget: 1 << 30,
        ..Orders::default()
    };
    let mut times = Vec::new();
    let (mut sum, mut empty) = (Map::new(), 0);
    for opening in 0..=run.openings {
        orders.seed = random.bits();
        let mut member = Member::start(&run.program, &orders)?;
        let until = std::time::Instant::now() + Duration::from_secs(30);
        while number(&member.told(), "reads") == 0 && std::time::Instant::now() < until {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        std::thread::park_timeout(Duration::from_micros(random.below(50_000)));
        member.kill();
        let told = member.end();
        let took = number(&told, "slowest_open_us");
        report::add(&mut sum, &told);
        if opening == 0 {
            empty = took;
            crowd(&orders.place, run.segments, &mut random)?;
        } else {
            times.push(took);
        }
    }
    times.sort_unstable();
    let slowest = times.last().copied().unwrap_or(u64::MAX);
    let mut report = Map::new();
    for (name, value) in [
        ("seed", json!(run.seed)),
        ("segments", json!(run.segments)),
        ("openings", json!(run.openings)),
        ("first_opening_us", json!(empty)),
        ("median_opening_us", json!(times.get(times.len() / 2))),
        ("slowest_opening_us", json!(slowest)),
        ("wrong_bytes", json!(number(&sum, "wrong_bytes"))),
        ("unexplained_errors", json!(number(&sum, "unexplained_errors"))),
        ("too_slow", json!(u64::from(slowest > SOON))),
    ] {
        report.insert(name.to_owned(), value);
    }
    report::publish("crowded", &report)?;
    Ok(report)
}

/// Makes `count` files as segments are named, each of the length of a whole one and without a block.
fn crowd(place: &Path, count: u64, random: &mut Random) -> io::Result<()> {
    let root = place.join(format!("forebay-{}", rustix::process::geteuid().as_raw()));
    for upper in 0..16 {
        for lower in 0..16 {
            fs::create_dir_all(root.join(format!("{upper:x}/{lower:x}")))?;
        }
    }
    for _ in 0..count {
        let hash = |random: &mut Random| format!("{:016x}{:016x}", random.bits(), random.bits());
        let (location, identity) = (hash(random), hash(random));
        let shelf = root.join(&location[..1]).join(&location[1..2]);
        let name = format!("{location}-{identity}-0.1");
        fs::File::create(shelf.join(name))?.set_len(34 << 20)?;
    }
    Ok(())
}
