//! What a child did so far: counted by all of its threads, told as a line of JSON.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use forebay_cache::disk::faults;
use forebay_engine::metrics;
use serde_json::{Map, Value, json};

use crate::report;

/// What all threads count.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) reads: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) wrong: AtomicU64,
    pub(super) calm_errors: AtomicU64,
    pub(super) slowest_us: AtomicU64,
    /// How often a read took so long: eight steps to each doubling, from one microsecond on.
    pub(super) times: Times,
    /// Objects read to their end and written.
    pub(super) kept: AtomicU64,
    pub(super) errors: Mutex<BTreeMap<&'static str, u64>>,
    pub(super) first_wrong: Mutex<Option<String>>,
    pub(super) first_error: Mutex<Option<String>>,
}

impl Counts {
    /// Prints what was done so far.
    pub(super) fn tell(&self, opened_us: u64) {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut line = Map::new();
        for (name, value) in [
            ("reads", get(&self.reads)),
            ("bytes_verified", get(&self.bytes)),
            ("wrong_bytes", get(&self.wrong)),
            ("unexplained_errors", get(&self.calm_errors)),
            ("slowest_read_us", get(&self.slowest_us)),
            ("slowest_open_us", opened_us),
            ("slowest_p99_us", self.times.below(990)),
            ("kept", get(&self.kept)),
        ] {
            line.insert(name.to_owned(), json!(value));
        }
        let rows: Map<String, Value> = metrics()
            .into_iter()
            .filter(|metric| metric.get() > 0)
            .map(|metric| (metric.name().to_owned(), json!(metric.get())))
            .collect();
        let misses: u64 = rows
            .iter()
            .filter(|(name, _)| name.starts_with("miss."))
            .filter_map(|(_, count)| count.as_u64())
            .sum();
        line.insert("misses".to_owned(), json!(misses));
        line.insert("metrics".to_owned(), Value::Object(rows));
        line.insert("faults".to_owned(), json!(faults::injected()));
        if let Ok(errors) = self.errors.lock() {
            line.insert("errors".to_owned(), json!(*errors));
        }
        for (name, text) in
            [("first_wrong", &self.first_wrong), ("first_unexplained", &self.first_error)]
        {
            if let Ok(text) = text.lock()
                && let Some(text) = text.as_deref()
            {
                line.insert(name.to_owned(), json!(text));
            }
        }
        report::print(&format!("{}\n", Value::Object(line)));
    }
}

/// Keeps the first of its kind.
pub(super) fn note(place: &Mutex<Option<String>>, text: String) {
    if let Ok(mut held) = place.lock() {
        held.get_or_insert(text);
    }
}

/// A histogram of microseconds.
#[derive(Debug)]
pub(super) struct Times([AtomicU64; 256]);

impl Default for Times {
    fn default() -> Times {
        Times([const { AtomicU64::new(0) }; 256])
    }
}

impl Times {
    pub(super) fn add(&self, us: u64) {
        let us = us.max(8);
        let octave = u64::from(us.ilog2());
        let step = (us >> (octave - 3)) & 7;
        let place = usize::try_from((octave - 3) * 8 + step).unwrap_or(255);
        self.0[place.min(255)].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn forget(&self) {
        self.0.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }

    /// The time that `permille` of the reads stayed below.
    fn below(&self, permille: u64) -> u64 {
        let all: u64 = self.0.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        let mut seen = 0;
        for (place, count) in (0u64..).zip(&self.0) {
            seen += count.load(Ordering::Relaxed);
            if seen * 1000 >= all * permille {
                let (octave, step) = (place / 8 + 3, place % 8);
                return (8 + step + 1) << (octave - 3);
            }
        }
        0
    }
}
