//! The soak: several processes of many threads on one directory that is far too small, over a store
//! and a disk that fail in every way we know, with kill -9 now and then.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use forebay_cache::disk::faults::DiskFault;
use forebay_testkit::faults::{Faults, OriginFault};
use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::child::Orders;
use crate::crowd::Member;
use crate::random::Random;
use crate::{report, set};

/// How a soak is run.
#[derive(Debug, Clone)]
pub struct Soak {
    /// This crate's binary.
    pub program: PathBuf,
    /// The name of its report.
    pub name: String,
    /// Of everything.
    pub seed: u64,
    /// How long.
    pub seconds: u64,
    /// Processes at a time.
    pub processes: u64,
    /// Threads of each.
    pub threads: u64,
    /// Budget of the directory; the working set is ten times that.
    pub budget: u64,
    /// Zipf's exponent in hundredths.
    pub zipf: u64,
    /// Chance of each origin fault, in a million requests of half of the keys.
    pub origin: u64,
    /// Chance of each disk fault, in a million calls that read; of others as much more often as they
    /// are rarer.
    pub disk: u64,
    /// A process is killed about this often, in milliseconds; 0 for never.
    pub kill_ms: u64,
}

/// So many calls read for one that writes.
const RARE: u64 = 70;

/// So many for one that opens.
const OPENS: u64 = 20;

/// So many for one that removes.
const REMOVALS: u64 = 700;

/// Longer than the 300 ms a child waits for its origin.
const HANG: Duration = Duration::from_millis(600);

/// Runs it.
///
/// # Errors
/// If it can't begin.
pub fn run(soak: &Soak) -> io::Result<Map<String, Value>> {
    let scratch = crate::scratch()?;
    let bucket = Bucket::start()?;
    bucket.count_only();
    let list = scratch.path().join("list.json");
    let objects = set::store(&bucket, soak.seed, set::Sizes::Mixed, soak.budget * 10, &list)?;
    let each: Vec<_> = OriginFault::ALL.iter().map(|kind| (*kind, soak.origin)).collect();
    bucket.set_faults(Some(Faults::new(soak.seed, &each, set::ROUGH, HANG)));
    let mut random = Random::new(soak.seed);
    let until = Instant::now() + Duration::from_secs(soak.seconds);
    let mut sum = Map::new();
    let mut members: Vec<Member> = Vec::new();
    let mut next_kill = Instant::now() + Duration::from_millis(soak.kill_ms);
    while Instant::now() < until {
        while members.len() < usize::try_from(soak.processes).unwrap_or(1) {
            let left = until.saturating_duration_since(Instant::now());
            let orders = orders(soak, scratch.path(), &list, &bucket, random.bits(), left);
            members.push(Member::start(&soak.program, &orders)?);
        }
        std::thread::park_timeout(Duration::from_millis(20));
        if soak.kill_ms > 0 && Instant::now() >= next_kill {
            next_kill += Duration::from_millis(soak.kill_ms / 2 + random.below(soak.kill_ms));
            let victim = usize::try_from(random.below(soak.processes)).unwrap_or(0);
            if let Some(member) = members.get_mut(victim) {
                member.kill();
            }
        }
        let (living, ended): (Vec<_>, Vec<_>) =
            members.into_iter().map(|mut m| (m.lives(), m)).partition(|(lives, _)| *lives);
        members = living.into_iter().map(|(_, member)| member).collect();
        ended.into_iter().for_each(|(_, member)| report::add(&mut sum, &member.end()));
    }
    members.into_iter().for_each(|member| report::add(&mut sum, &member.end()));
    finish(soak, objects, &bucket, sum)
}

fn orders(
    soak: &Soak,
    place: &Path,
    list: &Path,
    bucket: &Bucket,
    seed: u64,
    left: Duration,
) -> Orders {
    let faults: BTreeMap<String, u64> = DiskFault::ALL
        .iter()
        .filter(|kind| **kind != DiskFault::Kill || soak.kill_ms > 0)
        .map(|kind| (kind.name().to_owned(), chance(*kind, soak.disk)))
        .filter(|(_, chance)| *chance > 0)
        .collect();
    Orders {
        place: place.join("cache"),
        list: list.to_owned(),
        url: bucket.url(),
        content_seed: soak.seed,
        seed,
        threads: soak.threads,
        milliseconds: u64::try_from(left.as_millis()).unwrap_or(0),
        budget: soak.budget,
        zipf: soak.zipf,
        faults,
        ..Orders::default()
    }
}

fn chance(kind: DiskFault, of_reads: u64) -> u64 {
    match kind {
        DiskFault::ReadError | DiskFault::ShortRead | DiskFault::ReadFlip | DiskFault::Refused => {
            of_reads
        }
        // A process dies of one of these; the others are survived thousands of times.
        DiskFault::Kill => of_reads * 2,
        DiskFault::UnlinkError => of_reads * REMOVALS,
        DiskFault::ReadOnly | DiskFault::Denied | DiskFault::NoDescriptor => of_reads * OPENS,
        DiskFault::Full
        | DiskFault::Quota
        | DiskFault::WriteError
        | DiskFault::ShortWrite
        | DiskFault::Stall
        | DiskFault::WriteFlip
        | DiskFault::LostWrite
        | DiskFault::Misdirected
        | DiskFault::Torn
        | DiskFault::Writeback => of_reads * RARE,
    }
}

/// What a fault of the origin may look like to a reader.
fn cause(kind: OriginFault) -> &'static str {
    match kind {
        OriginFault::Forbidden => "ACCESS_DENIED",
        OriginFault::Absent => "NOT_FOUND",
        OriginFault::Precondition | OriginFault::Beyond => "CHANGED",
        OriginFault::Redirect => "UNSUPPORTED",
        OriginFault::Refuse
        | OriginFault::Reset
        | OriginFault::Stall
        | OriginFault::Drip
        | OriginFault::HungFirstByte
        | OriginFault::Error500
        | OriginFault::SlowDown
        | OriginFault::RetryAfter
        | OriginFault::TooMany
        | OriginFault::ErrorIn200
        | OriginFault::WholeForRange
        | OriginFault::WrongContentRange
        | OriginFault::ShortBody
        | OriginFault::LongBody
        | OriginFault::NoLength
        | OriginFault::EtagChanged
        | OriginFault::EtagMissing
        | OriginFault::EtagWeak
        | OriginFault::OtherRange
        | OriginFault::OtherVersion => "ORIGIN",
    }
}

fn finish(
    soak: &Soak,
    objects: usize,
    bucket: &Bucket,
    mut sum: Map<String, Value>,
) -> io::Result<Map<String, Value>> {
    let injected = bucket.injected();
    let mut allowed: BTreeMap<&str, u64> = BTreeMap::new();
    for kind in OriginFault::ALL {
        *allowed.entry(cause(*kind)).or_default() += injected.get(kind.name()).unwrap_or(&0);
    }
    // A failed fetch is one reader's error; more errors of a kind than faults that can cause it are
    // unexplained, and so is any kind that no fault causes.
    let errors = sum.get("errors").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut unexplained = report::number(&sum, "unexplained_errors");
    for (kind, count) in &errors {
        let timed_out = kind == "TIMED_OUT";
        let allowed = allowed.get(if timed_out { "ORIGIN" } else { kind.as_str() });
        unexplained += count.as_u64().unwrap_or(0).saturating_sub(*allowed.unwrap_or(&0));
    }
    sum.insert("unexplained_errors".to_owned(), json!(unexplained));
    let mut faults = sum.remove("faults").and_then(|f| f.as_object().cloned()).unwrap_or_default();
    // Who is killed can't count it; its parent's kills are among these.
    faults.insert("kill".to_owned(), json!(report::number(&sum, "kills")));
    for (kind, count) in injected {
        faults.insert(format!("origin {kind}"), json!(count));
    }
    let mut report = Map::new();
    for (name, value) in [
        ("seed", json!(soak.seed)),
        ("seconds", json!(soak.seconds)),
        ("processes", json!(soak.processes)),
        ("threads", json!(soak.threads)),
        ("budget", json!(soak.budget)),
        ("objects", json!(objects)),
        ("zipf", json!(soak.zipf)),
        ("requests", json!(bucket.requests().get + bucket.requests().failed)),
    ] {
        report.insert(name.to_owned(), value);
    }
    report.insert("faults".to_owned(), Value::Object(faults));
    for (name, value) in sum {
        report.entry(name).or_insert(value);
    }
    report::publish(&soak.name, &report)?;
    Ok(report)
}
