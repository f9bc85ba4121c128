//! kill -9 at every step of writing, and at any moment: what was written before is warm, everything
//! read is right, and the ledger counts what is there.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_engine::{ReadHints, ReadStep, Store};
use forebay_testkit::content;
use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::child::{self, Orders};
use crate::crowd::Member;
use crate::random::Random;
use crate::report;
use crate::set::{self, Object};

/// How it is run.
#[derive(Debug, Clone)]
pub struct Kill {
    /// This crate's binary.
    pub program: PathBuf,
    /// Of everything.
    pub seed: u64,
    /// Kills: at least half of them at a step, and half at a moment.
    pub kills: u64,
}

const BUDGET: u64 = 64 << 20;

/// What the rounds found.
#[derive(Debug, Default)]
struct Found {
    by_step: u64,
    by_moment: u64,
    steps: u64,
    reads: u64,
    bytes: u64,
    wrong: u64,
    lost: u64,
    uncounted: u64,
    slowest_open_us: u64,
    first_wrong: Option<String>,
}

/// Runs it.
///
/// # Errors
/// If it can't begin.
pub fn run(run: &Kill) -> io::Result<Map<String, Value>> {
    let scratch = crate::scratch()?;
    let bucket = Bucket::start()?;
    bucket.count_only();
    let list = scratch.path().join("list.json");
    set::store(&bucket, run.seed, set::Sizes::Small, 1 << 20, &list)?;
    let objects = set::load(&list)?;
    let mut random = Random::new(run.seed);
    let mut found = Found::default();
    let mut step = 0;
    while found.by_step.min(found.by_moment) < run.kills / 2 {
        let place = scratch.path().join("place");
        // Two lives in one directory: the second begins with what the first one's end left.
        for life in 0..2 {
            // The first life writes everything, so its steps are gone through one by one.
            let at_step = life == 0 && random.below(3) < 2;
            step += u64::from(at_step);
            let orders = Orders {
                place: place.clone(),
                list: list.clone(),
                url: bucket.url(),
                content_seed: run.seed,
                seed: random.bits(),
                threads: 1,
                budget: BUDGET,
                scan: true,
                kill_at: if at_step { step } else { u64::MAX },
                ..Orders::default()
            };
            let mut member = Member::start(&run.program, &orders)?;
            if !at_step {
                // A life takes some tens of milliseconds; one that ends before counts as no kill.
                std::thread::sleep(Duration::from_micros(random.below(40_000)));
                member.kill();
            }
            let told = member.end();
            match (report::number(&told, "kills"), at_step) {
                (0, true) => step = 0,
                (0, false) => {}
                (_, true) => found.by_step += 1,
                (_, false) => found.by_moment += 1,
            }
            found.steps = found.steps.max(step);
            let kept = usize::try_from(report::number(&told, "kept")).unwrap_or(0);
            examine(&orders, &objects, kept, &bucket, &mut found)?;
        }
        std::fs::remove_dir_all(&place)?;
    }
    let mut report = Map::new();
    for (name, value) in [
        ("seed", json!(run.seed)),
        ("kills_at_steps", json!(found.by_step)),
        ("kills_at_moments", json!(found.by_moment)),
        ("steps_of_a_life", json!(found.steps)),
        ("reads", json!(found.reads)),
        ("bytes_verified", json!(found.bytes)),
        ("wrong_bytes", json!(found.wrong)),
        ("slowest_open_us", json!(found.slowest_open_us)),
        ("objects_lost_after_they_were_written", json!(found.lost)),
        ("bytes_the_ledger_did_not_count", json!(found.uncounted)),
        ("first_wrong", json!(found.first_wrong)),
        ("failed", json!(found.lost + found.uncounted)),
    ] {
        report.insert(name.to_owned(), value);
    }
    report::publish("kill", &report)?;
    Ok(report)
}

/// A new process's view of what the dead one left; this process stands for it.
fn examine(
    orders: &Orders,
    objects: &[Object],
    kept: usize,
    bucket: &Bucket,
    found: &mut Found,
) -> io::Result<()> {
    let began = Instant::now();
    let (engine, store) = child::open(orders)?;
    let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    found.slowest_open_us = found.slowest_open_us.max(took);
    bucket.forget();
    for object in objects.iter().take(kept) {
        read(orders, &store, object, found)?;
    }
    if bucket.requests().get > 0 {
        found.lost += 1;
    }
    let there = blocks_below(&orders.place);
    let ledger = orders.place.join(format!("forebay-{}", rustix::process::geteuid().as_raw()));
    // What a sweep corrects is what killed processes were granted; the other direction is the bound.
    let counted = used(&ledger.join("ledger"));
    found.uncounted += there.saturating_sub(counted);
    for object in objects.iter().skip(kept) {
        read(orders, &store, object, found)?;
    }
    engine.drain();
    Ok(())
}

fn read(orders: &Orders, store: &Arc<Store>, object: &Object, found: &mut Found) -> io::Result<()> {
    let file = store
        .open_file(&object.key, object.version.clone(), ReadHints::default())
        .map_err(io::Error::other)?;
    let length = usize::try_from(object.version.length).unwrap_or(0);
    let mut bytes = vec![0; length];
    let mut done = 0;
    while done < length {
        let left = (length - done) as u64;
        match file.read(done as u64, &mut bytes[done..], left).map_err(io::Error::other)? {
            ReadStep::Bytes(read) => done += read,
            ReadStep::Pending => {}
            ReadStep::EndOfFile | ReadStep::Delegate => break,
        }
    }
    found.reads += 1;
    found.bytes += length as u64;
    if let Err(wrong) = content::check(orders.content_seed, &object.key, object.content, 0, &bytes)
    {
        found.wrong += 1;
        found.first_wrong.get_or_insert(wrong.to_string());
    }
    Ok(())
}

/// The `used` of a ledger: the third number after its magic.
fn used(ledger: &Path) -> u64 {
    let bytes = std::fs::read(ledger).unwrap_or_default();
    let field = bytes.get(24..32).and_then(|field| field.try_into().ok());
    field.map_or(0, u64::from_le_bytes)
}

/// What `du` would say of what lies below `path`.
fn blocks_below(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            let Ok(status) = entry.path().symlink_metadata() else { return 0 };
            let below = if status.is_dir() { blocks_below(&entry.path()) } else { 0 };
            status.blocks() * 512 + below
        })
        .sum()
}
