//! A disk that falls sick under readers: hangs, answers with errors, turns read-only, or loses the
//! directory. Reads go on, at the origin's speed.

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
pub struct Sick {
    /// This crate's binary.
    pub program: PathBuf,
    /// Of everything.
    pub seed: u64,
    /// How long each sickness lasts.
    pub seconds: u64,
}

/// The longest a read may take, in microseconds: the disk's deadline of 200 ms, and 100 ms.
const LONGEST: u64 = 300_000;

/// Each kind of sickness once, and reads without a cache to compare with.
///
/// # Errors
/// If it can't begin.
pub fn run(run: &Sick) -> io::Result<Map<String, Value>> {
    let scratch = crate::scratch()?;
    let bucket = Bucket::start()?;
    bucket.count_only();
    let list = scratch.path().join("list.json");
    set::store(&bucket, run.seed, set::Sizes::Mixed, 64 << 20, &list)?;
    let mut report = Map::new();
    report.insert("seed".to_owned(), json!(run.seed));
    let (mut failed, mut too_slow, mut straight) = (0, 0, 0);
    for sickness in ["none", "hang", "eio", "erofs", "removed"] {
        let place = match sickness {
            "none" => PathBuf::new(),
            _ => scratch.path().join(sickness),
        };
        let orders = Orders {
            place,
            list: list.clone(),
            url: bucket.url(),
            content_seed: run.seed,
            seed: run.seed,
            threads: 4,
            milliseconds: run.seconds * 2000,
            budget: 256 << 20,
            zipf: 80,
            sickness: sickness.to_owned(),
            ..Orders::default()
        };
        let told = Member::start(&run.program, &orders)?.end();
        failed += number(&told, "wrong_bytes") + number(&told, "unexplained_errors");
        failed += u64::from(number(&told, "reads") == 0);
        let (p99, slowest) = (number(&told, "slowest_p99_us"), number(&told, "slowest_read_us"));
        if sickness == "none" {
            straight = p99;
        } else {
            too_slow += u64::from(p99 > 2 * straight) + u64::from(slowest > LONGEST);
        }
        report.insert(sickness.to_owned(), Value::Object(told));
    }
    report.insert("failed".to_owned(), json!(failed));
    report.insert("too_slow".to_owned(), json!(too_slow));
    report::publish("sick", &report)?;
    Ok(report)
}
