//! Objects overwritten while they are read: all old, all new, or the error that says so.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use forebay_engine::{ETag, ErrorKind, ReadHints, ReadStep, Store, Version};
use forebay_testkit::content;
use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::child::{self, Orders};
use crate::random::Random;
use crate::report;

/// How it is run.
#[derive(Debug, Clone)]
pub struct Overwrite {
    /// Of everything.
    pub seed: u64,
    /// Objects read while they are overwritten: a third each cold, half cached and warm.
    pub rounds: u64,
}

/// Same length each time, so that nothing but the version tells them apart; longer than what is fetched
/// whole.
const LENGTH: u64 = 700_000;

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
    let (engine, store) = child::open(&orders)?;
    let mut random = Random::new(run.seed);
    let (mut old, mut changed, mut wrong, mut other, mut bytes) = (0u64, 0u64, 0u64, 0u64, 0u64);
    let mut first: Option<String> = None;
    for round in 0..run.rounds {
        let key = format!("k{}", round % 50);
        let content = u32::try_from(round).unwrap_or(0);
        let put = |content| bucket.put_content(run.seed, &key, content, LENGTH);
        let etag = ETag::strong(&put(content)).ok_or_else(|| io::Error::other("a weak etag"))?;
        let version = Version { etag, length: LENGTH, version_id: None };
        let warm = LENGTH * (round % 3) / 2;
        let _ = read(&store, &key, &version, 0, warm);
        if round % 2 == 0 {
            engine.drain();
        }
        let begun = Arc::new(AtomicBool::new(false));
        let step = 1 + random.below(60_000);
        let answers = std::thread::scope(|scope| {
            let (reader, writer) = (Arc::clone(&begun), Arc::clone(&begun));
            let (store, key, version, bucket) = (&store, &key, &version, &bucket);
            let reading = scope.spawn(move || {
                let mut pieces = Vec::new();
                let mut at = 0;
                while at < LENGTH {
                    let end = (at + step).min(LENGTH);
                    pieces.push((at, read(store, key, version, at, end)));
                    reader.store(true, Ordering::Release);
                    at = end;
                }
                pieces
            });
            while !writer.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            bucket.put_content(run.seed, key, content + 1_000_000, LENGTH);
            reading.join().unwrap_or_default()
        });
        let mut whole = true;
        for (at, answer) in answers {
            match answer {
                Ok(piece) => {
                    bytes += piece.len() as u64;
                    if let Err(found) = content::check(run.seed, &key, content, at, &piece) {
                        wrong += 1;
                        first.get_or_insert(found.to_string());
                    }
                }
                Err(ErrorKind::Changed) => whole = false,
                Err(kind) => {
                    other += 1;
                    first.get_or_insert(kind.name().to_owned());
                }
            }
        }
        if whole { old += 1 } else { changed += 1 }
    }
    let mut report = Map::new();
    for (name, value) in [
        ("seed", json!(run.seed)),
        ("rounds", json!(run.rounds)),
        ("all_old", json!(old)),
        ("changed_error", json!(changed)),
        ("bytes_verified", json!(bytes)),
        ("wrong_bytes", json!(wrong)),
        ("unexplained_errors", json!(other)),
        ("first", json!(first)),
    ] {
        report.insert(name.to_owned(), value);
    }
    report::publish("overwrite", &report)?;
    Ok(report)
}

fn read(
    store: &Arc<Store>,
    key: &str,
    version: &Version,
    from: u64,
    to: u64,
) -> Result<Vec<u8>, ErrorKind> {
    let file = store
        .open_file(key, version.clone(), ReadHints::default())
        .map_err(|error| error.kind())?;
    let mut bytes = vec![0; usize::try_from(to - from).unwrap_or(0)];
    let mut done = 0;
    while done < bytes.len() {
        let left = (bytes.len() - done) as u64;
        match file.read(from + done as u64, &mut bytes[done..], left) {
            Ok(ReadStep::Bytes(read)) => done += read,
            Ok(ReadStep::Pending) => {}
            Ok(ReadStep::EndOfFile | ReadStep::Delegate) => break,
            Err(error) => return Err(error.kind()),
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}
