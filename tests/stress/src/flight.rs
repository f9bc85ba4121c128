//! Several processes that read the same cold objects at once: each byte should leave the store once.

use std::io;
use std::path::PathBuf;

use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::child::Orders;
use crate::crowd::Member;
use crate::report::number;
use crate::{report, set};

/// How it is run.
#[derive(Debug, Clone)]
pub struct Flight {
    /// This crate's binary.
    pub program: PathBuf,
    /// Of everything.
    pub seed: u64,
    /// Processes at once.
    pub processes: u64,
    /// Bytes of all objects together.
    pub bytes: u64,
}

/// Runs it.
///
/// # Errors
/// If it can't begin.
pub fn run(run: &Flight) -> io::Result<Map<String, Value>> {
    let scratch = crate::scratch()?;
    let bucket = Bucket::start()?;
    bucket.count_only();
    let list = scratch.path().join("list.json");
    set::store(&bucket, run.seed, set::Sizes::Mixed, run.bytes, &list)?;
    let cold: u64 = set::load(&list)?.iter().map(|object| object.version.length).sum();
    let mut members = Vec::new();
    for process in 0..run.processes {
        let orders = Orders {
            place: scratch.path().join("cache"),
            list: list.clone(),
            url: bucket.url(),
            content_seed: run.seed,
            seed: process,
            threads: 1,
            budget: cold * 2,
            scan: true,
            ..Orders::default()
        };
        members.push(Member::start(&run.program, &orders)?);
    }
    let mut sum = Map::new();
    members.into_iter().for_each(|member| report::add(&mut sum, &member.end()));
    let fetched = bucket.requests().get_bytes;
    let mut report = Map::new();
    let bad = number(&sum, "wrong_bytes") + number(&sum, "unexplained_errors");
    for (name, value) in [
        ("seed", json!(run.seed)),
        ("processes", json!(run.processes)),
        ("cold_bytes", json!(cold)),
        ("fetched_bytes", json!(fetched)),
        ("fetched_permille_of_cold", json!(fetched * 1000 / cold.max(1))),
        ("failed", json!(bad + u64::from(fetched * 100 > cold * 105))),
    ] {
        report.insert(name.to_owned(), value);
    }
    for (name, value) in sum {
        report.entry(name).or_insert(value);
    }
    report::publish("flight", &report)?;
    Ok(report)
}
