//! The bound: what all processes together have on disk, asked of the file system itself a thousand
//! times a second while they fill, evict, and are killed.
//!
//! On a file system of its own everything that is allocated counts: cells, headers, directories, the
//! map of each file, and files without a name that somebody has open. What a file system keeps for
//! itself (inode tables, journal) is not a cache's to bound. XFS makes its inodes as files come, so
//! those are counted apart, 512 bytes for each file that exists; and until data is written back it
//! sets blocks aside for the worst its maps could need (measured: 126 MB for 36 MB of scattered
//! cells, gone after a sync). So there the processes are stopped for each sample and the file system
//! is synced first: what is counted is what is allocated.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::child::Orders;
use crate::crowd::Member;
use crate::random::Random;
use crate::volume::Volume;
use crate::{report, set};

/// How it is run.
#[derive(Debug, Clone)]
pub struct Budget {
    /// This crate's binary.
    pub program: PathBuf,
    /// `ext4` or `xfs`.
    pub kind: String,
    /// Of everything.
    pub seed: u64,
    /// How long.
    pub seconds: u64,
    /// Processes at a time.
    pub processes: usize,
    /// Budget of the directory; the working set is twenty times that.
    pub budget: u64,
    /// Room on the file system, in hundredths of the budget.
    pub room: u64,
    /// A process is killed about this often, in milliseconds; 0 for never.
    pub kill_ms: u64,
}

/// Runs it; `None` where no file system can be made here.
///
/// # Errors
/// If it can't begin.
pub fn run(run: &Budget) -> io::Result<Option<Map<String, Value>>> {
    let scratch = crate::scratch()?;
    let size = (run.budget * 2).max(400 << 20);
    let Some(volume) = Volume::make(scratch.path(), &run.kind, size, &[])? else { return Ok(None) };
    let room = run.budget * run.room / 100;
    let ballast = volume.ballast(room)?;
    let bucket = Bucket::start()?;
    bucket.count_only();
    let list = scratch.path().join("list.json");
    set::store(&bucket, run.seed, set::Sizes::Mixed, run.budget * 20, &list)?;
    let (before, free) = volume.space()?;
    let mut random = Random::new(run.seed);
    let until = Instant::now() + Duration::from_secs(run.seconds);
    let mut next_kill = Instant::now() + Duration::from_millis(run.kill_ms);
    let (mut sum, mut samples, mut most) = (Map::new(), 0u64, 0u64);
    let mut members: Vec<Member> = Vec::new();
    while Instant::now() < until {
        while members.len() < run.processes {
            let left = until.saturating_duration_since(Instant::now());
            let orders = Orders {
                place: volume.path().to_owned(),
                list: list.clone(),
                url: bucket.url(),
                content_seed: run.seed,
                seed: random.bits(),
                threads: 4,
                milliseconds: u64::try_from(left.as_millis()).unwrap_or(0),
                budget: run.budget,
                zipf: 80,
                ..Orders::default()
            };
            members.push(Member::start(&run.program, &orders)?);
        }
        let settle = run.kind == "xfs";
        if settle {
            members.iter().for_each(|member| member.pause(true));
            volume.sync()?;
        }
        let (used, _) = volume.space()?;
        if settle {
            members.iter().for_each(|member| member.pause(false));
        }
        most = most.max(used.saturating_sub(before));
        samples += 1;
        std::thread::park_timeout(Duration::from_millis(if settle { 300 } else { 1 }));
        if run.kill_ms > 0 && Instant::now() >= next_kill {
            next_kill += Duration::from_millis(run.kill_ms / 2 + random.below(run.kill_ms));
            let victim = usize::try_from(random.bits() >> 1).unwrap_or(0) % members.len();
            members[victim].kill();
        }
        let (living, ended): (Vec<_>, Vec<_>) =
            members.into_iter().map(|mut m| (m.lives(), m)).partition(|(lives, _)| *lives);
        members = living.into_iter().map(|(_, member)| member).collect();
        ended.into_iter().for_each(|(_, member)| report::add(&mut sum, &member.end()));
    }
    members.into_iter().for_each(|member| report::add(&mut sum, &member.end()));
    let inodes = if run.kind == "xfs" { 512 * files_below(volume.path()) } else { 0 };
    let over = most.saturating_sub(run.budget + inodes);
    drop(ballast);
    let mut report = Map::new();
    for (name, value) in [
        ("seed", json!(run.seed)),
        ("file_system", json!(run.kind)),
        ("seconds", json!(run.seconds)),
        ("processes", json!(run.processes)),
        ("budget", json!(run.budget)),
        ("free_at_start", json!(free)),
        ("samples", json!(samples)),
        ("most_bytes_allocated", json!(most)),
        ("inode_bytes", json!(inodes)),
        ("failed", json!(over)),
    ] {
        report.insert(name.to_owned(), value);
    }
    for (name, value) in sum {
        report.entry(name).or_insert(value);
    }
    report::publish(&format!("budget-{}-{}", run.kind, run.room), &report)?;
    Ok(Some(report))
}

/// How many files and directories lie below `path`.
fn files_below(path: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => 1 + files_below(&entry.path()),
            _ => 1,
        })
        .sum()
}
