//! Objects overwritten while they are read: all old, all new, or the error that says so.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use forebay_engine::{Access, ETag, Engine, ErrorKind, ReadHints, ReadStep, Store, Version};
use forebay_testkit::content;
use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::child::{self, Orders};
use crate::random::Random;
use crate::report;
use crate::wrapped::Wrapped;

/// How it is run.
#[derive(Debug, Clone)]
pub struct Overwrite {
    /// Of everything.
    pub seed: u64,
    /// Objects read while they are overwritten: a third each cold, half cached and warm, half of each
    /// through the library's own client and half through a wrapped one.
    pub rounds: u64,
}

/// Same length each time, so that nothing but the version tells them apart; longer than what is fetched
/// whole.
const LENGTH: u64 = 700_000;

/// What the rounds found.
#[derive(Debug, Default)]
struct Found {
    old: u64,
    changed: u64,
    wrong: u64,
    other: u64,
    bytes: u64,
    first: Option<String>,
}

/// Where a round reads: a store, and who brings its bytes if it is a delegate.
#[derive(Clone, Copy)]
struct Way<'a> {
    store: &'a Arc<Store>,
    wrapped: Option<&'a Wrapped>,
}

/// Runs it.
///
/// # Errors
/// If it can't begin.
pub fn run(run: &Overwrite) -> io::Result<Map<String, Value>> {
    let scratch = crate::scratch()?;
    let bucket = Bucket::start()?;
    bucket.count_only();
    let orders = Orders {
        place: scratch.path().join("cache"),
        url: bucket.url(),
        content_seed: run.seed,
        budget: 64 << 20,
        // What is fetched ahead of a reader can't change under it.
        config: [("fs.forebay.prefetch.enabled", "false"), ("fs.forebay.prefetch.small-file", "0")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..Orders::default()
    };
    let (engine, direct) = child::open(&orders)?;
    let delegate = child::open_store(&engine, &orders, Access::Delegate)?;
    let wrapped = Wrapped { address: bucket.url().trim_start_matches("http://").to_owned() };
    let ways =
        [Way { store: &direct, wrapped: None }, Way { store: &delegate, wrapped: Some(&wrapped) }];
    let mut random = Random::new(run.seed);
    let mut found = Found::default();
    for round in 0..run.rounds {
        // Of six rounds each way has one cold, one half cached, one warm.
        let way = ways[usize::from(round % 6 >= 3)];
        one_round(run, round, way, &bucket, &engine, &mut random, &mut found)?;
    }
    let mut report = Map::new();
    for (name, value) in [
        ("seed", json!(run.seed)),
        ("rounds", json!(run.rounds)),
        ("all_old", json!(found.old)),
        ("changed_error", json!(found.changed)),
        ("bytes_verified", json!(found.bytes)),
        ("wrong_bytes", json!(found.wrong)),
        ("unexplained_errors", json!(found.other)),
        ("first", json!(found.first)),
    ] {
        report.insert(name.to_owned(), value);
    }
    report::publish("overwrite", &report)?;
    Ok(report)
}

fn one_round(
    run: &Overwrite,
    round: u64,
    way: Way<'_>,
    bucket: &Bucket,
    engine: &Engine,
    random: &mut Random,
    found: &mut Found,
) -> io::Result<()> {
    let key = format!("k{}", round % 50);
    let content = u32::try_from(round).unwrap_or(0);
    let put = |content| bucket.put_content(run.seed, &key, content, LENGTH);
    let etag = ETag::strong(&put(content)).ok_or_else(|| io::Error::other("a weak etag"))?;
    let version = Version { etag, length: LENGTH, version_id: None };
    let warm = LENGTH * (round % 3) / 2;
    let _ = way.read(&key, &version, 0, warm);
    if random.below(2) == 0 {
        engine.drain();
    }
    let begun = AtomicBool::new(false);
    let step = 1 + random.below(60_000);
    let answers = std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut pieces = Vec::new();
            let mut at = 0;
            while at < LENGTH {
                let end = (at + step).min(LENGTH);
                pieces.push((at, way.read(&key, &version, at, end)));
                begun.store(true, Ordering::Release);
                at = end;
            }
            pieces
        });
        while !begun.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        put(content + 1_000_000);
        reading.join().unwrap_or_default()
    });
    let mut whole = true;
    for (at, answer) in answers {
        match answer {
            Ok(piece) => {
                found.bytes += piece.len() as u64;
                if let Err(wrong) = content::check(run.seed, &key, content, at, &piece) {
                    found.wrong += 1;
                    found.first.get_or_insert(wrong.to_string());
                }
            }
            Err(ErrorKind::Changed) => whole = false,
            Err(kind) => {
                found.other += 1;
                found.first.get_or_insert(kind.name().to_owned());
            }
        }
    }
    if whole {
        found.old += 1;
    } else {
        found.changed += 1;
    }
    Ok(())
}

impl Way<'_> {
    fn read(self, key: &str, version: &Version, from: u64, to: u64) -> Result<Vec<u8>, ErrorKind> {
        let opened = self.store.open_file(key, version.clone(), ReadHints::default());
        let file = opened.map_err(|error| error.kind())?;
        let mut bytes = vec![0; usize::try_from(to - from).unwrap_or(0)];
        let mut done = 0;
        while done < bytes.len() {
            let (at, left) = (from + done as u64, (bytes.len() - done) as u64);
            match file.read(at, &mut bytes[done..], left).map_err(|error| error.kind())? {
                ReadStep::Bytes(read) => done += read,
                ReadStep::Pending => {}
                ReadStep::EndOfFile => break,
                ReadStep::Delegate => match self.wrapped {
                    Some(wrapped) => wrapped.bring(&file, key, version, at, left)?,
                    None => break,
                },
            }
        }
        bytes.truncate(done);
        Ok(bytes)
    }
}
