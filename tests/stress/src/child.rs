//! One process of a run: an engine on the shared directory, many threads that read, check every byte
//! against the oracle, and report.
//!
//! A child prints what it did so far as one line of JSON, twice a second and at its end, so that one
//! that is killed loses half a second of its account and nothing else.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use forebay_cache::disk::faults::{self, DiskFault};
use forebay_engine::{
    Access, CELL, Credentials, DirectSettings, Engine, EngineSettings, File, ReadHints, ReadStep,
    Settings, Store, StoreSettings, metrics,
};
use forebay_testkit::content;
use forebay_testkit::origin::Bucket;
use serde_json::{Map, Value, json};

use crate::random::{Random, Zipf};
use crate::report;
use crate::set::{Object, ROUGH, load};

/// What a child is told on its command line, as JSON.
#[derive(Debug, Clone)]
pub struct Orders {
    /// The configured place of the cache; empty for none.
    pub place: PathBuf,
    /// The list of objects.
    pub list: PathBuf,
    /// The bucket's or the proxy's URL.
    pub url: String,
    /// Of the oracle's content.
    pub content_seed: u64,
    /// Of this child's choices and faults.
    pub seed: u64,
    /// How many read.
    pub threads: u64,
    /// How long.
    pub milliseconds: u64,
    /// Budget of the directory.
    pub budget: u64,
    /// Zipf's exponent, in hundredths.
    pub zipf: u64,
    /// Disk faults, in a million.
    pub faults: BTreeMap<String, u64>,
    /// How long an injected stall of the disk takes.
    pub stall_ms: u64,
    /// Reads every object once from front to back, in order, instead of at random.
    pub scan: bool,
    /// The call that changes the disk at which the child kills itself; 0 for none. A scan that is to be
    /// killed waits after each object until it is written.
    pub kill_at: u64,
    /// What befalls the disk after half of the time: `hang`, `eio`, `erofs`, `removed` or nothing. Only
    /// reads after that are timed.
    pub sickness: String,
    /// Further configuration.
    pub config: BTreeMap<String, String>,
}

impl Default for Orders {
    fn default() -> Orders {
        Orders {
            place: PathBuf::new(),
            list: PathBuf::new(),
            url: String::new(),
            content_seed: 1,
            seed: 1,
            threads: 16,
            milliseconds: 1000,
            budget: 64 << 20,
            zipf: 110,
            faults: BTreeMap::new(),
            stall_ms: 20,
            scan: false,
            kill_at: 0,
            sickness: String::new(),
            config: BTreeMap::new(),
        }
    }
}

impl Orders {
    /// As text.
    #[must_use]
    pub fn encode(&self) -> String {
        json!({
            "place": self.place, "list": self.list, "url": self.url,
            "content_seed": self.content_seed, "seed": self.seed, "threads": self.threads,
            "milliseconds": self.milliseconds, "budget": self.budget, "zipf": self.zipf,
            "faults": self.faults, "stall_ms": self.stall_ms, "scan": self.scan,
            "kill_at": self.kill_at, "sickness": self.sickness, "config": self.config,
        })
        .to_string()
    }

    /// From that text.
    ///
    /// # Errors
    /// If it is not what [`Orders::encode`] wrote.
    pub fn decode(text: &str) -> io::Result<Orders> {
        let value: Value = serde_json::from_str(text)?;
        let number = |name: &str| value[name].as_u64().unwrap_or(0);
        let word = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let pairs = |name: &str| value[name].as_object().cloned().unwrap_or_default();
        Ok(Orders {
            place: word("place").into(),
            list: word("list").into(),
            url: word("url"),
            content_seed: number("content_seed"),
            seed: number("seed"),
            threads: number("threads"),
            milliseconds: number("milliseconds"),
            budget: number("budget"),
            zipf: number("zipf"),
            faults: pairs("faults")
                .into_iter()
                .filter_map(|(name, chance)| Some((name, chance.as_u64()?)))
                .collect(),
            stall_ms: number("stall_ms"),
            scan: value["scan"].as_bool().unwrap_or(false),
            kill_at: number("kill_at"),
            sickness: word("sickness"),
            config: pairs("config")
                .into_iter()
                .filter_map(|(name, text)| Some((name, text.as_str()?.to_owned())))
                .collect(),
        })
    }
}

/// A histogram of microseconds.
#[derive(Debug)]
struct Times([AtomicU64; 256]);

impl Default for Times {
    fn default() -> Times {
        Times([const { AtomicU64::new(0) }; 256])
    }
}

impl Times {
    fn add(&self, us: u64) {
        let us = us.max(8);
        let octave = u64::from(us.ilog2());
        let step = (us >> (octave - 3)) & 7;
        let place = usize::try_from((octave - 3) * 8 + step).unwrap_or(255);
        self.0[place.min(255)].fetch_add(1, Ordering::Relaxed);
    }

    fn forget(&self) {
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

/// What all threads count.
#[derive(Debug, Default)]
struct Counts {
    reads: AtomicU64,
    bytes: AtomicU64,
    wrong: AtomicU64,
    calm_errors: AtomicU64,
    slowest_us: AtomicU64,
    /// How often a read took so long: eight steps to each doubling, from one microsecond on.
    times: Times,
    /// Objects read to their end and written.
    kept: AtomicU64,
    errors: std::sync::Mutex<BTreeMap<&'static str, u64>>,
    first_wrong: std::sync::Mutex<Option<String>>,
    first_error: std::sync::Mutex<Option<String>>,
}

/// An engine on the place of `orders`, and a store that reads from its URL.
///
/// # Errors
/// A configuration the engine refuses.
pub fn open(orders: &Orders) -> io::Result<(Arc<Engine>, Arc<Store>)> {
    let engine = start(orders)?;
    let access = Access::Direct(Box::new(DirectSettings {
        region: "us-east-1".to_owned(),
        endpoint: Some(orders.url.clone()),
        path_style: true,
        ..DirectSettings::default()
    }));
    let store = open_store(&engine, orders, access)?;
    store.set_credentials(Credentials::Anonymous);
    Ok((engine, store))
}

/// An engine on the place of `orders`.
///
/// # Errors
/// A configuration it refuses.
pub fn start(orders: &Orders) -> io::Result<Arc<Engine>> {
    let settings = EngineSettings { config: config(orders), heap_bytes: 0 };
    Ok(Engine::start(settings).map_err(io::Error::other)?.engine)
}

/// A store of that engine.
///
/// # Errors
/// A configuration it refuses.
pub fn open_store(engine: &Arc<Engine>, orders: &Orders, access: Access) -> io::Result<Arc<Store>> {
    let store = engine.open_store(StoreSettings {
        kind: "s3".to_owned(),
        endpoint: "stress".to_owned(),
        bucket: Bucket::NAME.to_owned(),
        content_settings: 0,
        config: config(orders),
        access,
    });
    store.map_err(io::Error::other)
}

fn config(orders: &Orders) -> Settings {
    let place = match orders.place.as_os_str().is_empty() {
        true => "/proc/none".to_owned(),
        false => orders.place.display().to_string(),
    };
    let mut given = vec![
        ("fs.forebay.cache.dirs".to_owned(), place),
        ("fs.forebay.cache.size".to_owned(), orders.budget.to_string()),
        ("fs.forebay.cache.free-floor".to_owned(), "0".to_owned()),
        ("fs.forebay.origin.stall-timeout".to_owned(), "300ms".to_owned()),
    ];
    given.extend(orders.config.clone());
    Settings::new(given, None)
}

/// Does what `orders` say.
///
/// # Errors
/// If it can't begin.
pub fn run(orders: &Orders) -> io::Result<()> {
    let objects = load(&orders.list)?;
    let chances: Vec<(DiskFault, u64)> = orders
        .faults
        .iter()
        .filter_map(|(name, chance)| Some((DiskFault::named(name)?, *chance)))
        .collect();
    if !chances.is_empty() {
        faults::set_rest(Duration::from_millis(50));
        faults::arm(orders.seed, &chances, Duration::from_millis(orders.stall_ms));
    }
    faults::kill_at(orders.kill_at);
    let began = Instant::now();
    let (engine, store) = open(orders)?;
    let opened_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let zipf = Zipf::new(objects.len(), f64::from(u32::try_from(orders.zipf).unwrap_or(0)) / 100.0);
    let counts = Counts::default();
    let until = began + Duration::from_millis(orders.milliseconds);
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..orders.threads)
            .map(|thread| {
                let reader = Reader {
                    orders,
                    objects: &objects,
                    zipf: &zipf,
                    store: &store,
                    counts: &counts,
                    random: Random::new(orders.seed ^ (thread << 40)),
                    engine: &engine,
                    opened_us,
                    open: HashMap::new(),
                    opened: VecDeque::new(),
                };
                scope.spawn(move || reader.run(until))
            })
            .collect();
        let (ended, counts) = (&ended, &counts);
        let teller = scope.spawn(move || {
            while !ended.load(Ordering::Acquire) {
                std::thread::park_timeout(Duration::from_millis(500));
                tell(counts, opened_us);
            }
        });
        if !orders.sickness.is_empty() {
            // Half of the run is healthy, the other half sick: how long is what the run is told.
            std::thread::sleep(Duration::from_millis(orders.milliseconds / 2));
            fall_sick(orders);
            counts.times.forget();
            counts.slowest_us.store(0, Ordering::Relaxed);
        }
        for reader in readers {
            // A panic of a reader ends the process: it has been printed.
            if reader.join().is_err() {
                std::process::exit(101);
            }
        }
        ended.store(true, Ordering::Release);
        teller.thread().unpark();
    });
    faults::disarm();
    faults::resume();
    engine.drain();
    if engine.flight_bytes() != 0 {
        note(&counts.first_error, format!("{} bytes of flights remain", engine.flight_bytes()));
        counts.calm_errors.fetch_add(1, Ordering::Relaxed);
    }
    tell(&counts, opened_us);
    Ok(())
}

/// Prints what was done so far.
fn tell(counts: &Counts, opened_us: u64) {
    let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let mut line = Map::new();
    for (name, value) in [
        ("reads", get(&counts.reads)),
        ("bytes_verified", get(&counts.bytes)),
        ("wrong_bytes", get(&counts.wrong)),
        ("unexplained_errors", get(&counts.calm_errors)),
        ("slowest_read_us", get(&counts.slowest_us)),
        ("slowest_open_us", opened_us),
        ("slowest_p99_us", counts.times.below(990)),
        ("kept", get(&counts.kept)),
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
    if let Ok(errors) = counts.errors.lock() {
        line.insert("errors".to_owned(), json!(*errors));
    }
    for (name, text) in
        [("first_wrong", &counts.first_wrong), ("first_unexplained", &counts.first_error)]
    {
        if let Ok(text) = text.lock()
            && let Some(text) = text.as_deref()
        {
            line.insert(name.to_owned(), json!(text));
        }
    }
    report::print(&format!("{}\n", Value::Object(line)));
}

/// The disk of a child's directory falls sick.
fn fall_sick(orders: &Orders) {
    let always = |kinds: &[DiskFault]| {
        let chances: Vec<_> =
            kinds.iter().map(|kind| (*kind, 1_000_000 / kinds.len() as u64)).collect();
        faults::arm(orders.seed, &chances, Duration::from_millis(orders.stall_ms));
    };
    match orders.sickness.as_str() {
        "hang" => faults::hang(),
        "eio" => always(&[DiskFault::ReadError, DiskFault::WriteError, DiskFault::UnlinkError]),
        "erofs" => always(&[DiskFault::ReadOnly, DiskFault::Full]),
        // Gone or not: reads go on.
        "removed" => drop(std::fs::remove_dir_all(&orders.place)),
        _ => {}
    }
}

fn note(place: &std::sync::Mutex<Option<String>>, text: String) {
    if let Ok(mut held) = place.lock() {
        held.get_or_insert(text);
    }
}

/// One thread.
struct Reader<'a> {
    orders: &'a Orders,
    objects: &'a [Object],
    zipf: &'a Zipf,
    store: &'a Arc<Store>,
    counts: &'a Counts,
    random: Random,
    engine: &'a Engine,
    opened_us: u64,
    /// By object; the order in which they were opened beside it.
    open: HashMap<usize, Arc<File>>,
    opened: VecDeque<usize>,
}

/// Streams a thread keeps open, as a task does that reads many files.
const OPEN: usize = 64;

/// Before a read one byte in so many is spoiled: what a read does not bring can't be what another one
/// left.
const SPOILED: usize = 512;

/// A scan reads pieces of this size.
const SCAN: usize = 1 << 20;

impl Reader<'_> {
    fn run(mut self, until: Instant) {
        let mut buffer = vec![0; 1 << 20];
        if self.orders.scan {
            return self.scan(&mut buffer);
        }
        while Instant::now() < until {
            let chosen = self.zipf.draw(&mut self.random);
            let length = self.objects[chosen].version.length;
            let wanted = match self.random.below(100) {
                0 => 1 << 20,
                1 | 2 => 64 << 10,
                _ => 1024 + self.random.below(3 * 1024 + 1),
            };
            let mut offset = self.random.below(length);
            if self.random.below(2) == 0 {
                // Across a cell's edge.
                let back = 1 + self.random.below(wanted.min(CELL));
                offset = (offset / CELL * CELL + CELL).saturating_sub(back).min(length - 1);
            }
            let wanted = usize::try_from(wanted.min(length - offset)).unwrap_or(1);
            self.read(chosen, offset, &mut buffer[..wanted]);
        }
    }

    fn scan(&mut self, buffer: &mut [u8]) {
        for chosen in 0..self.objects.len() {
            let length = self.objects[chosen].version.length;
            let mut offset = 0;
            while offset < length {
                let wanted = usize::try_from(length - offset).unwrap_or(SCAN).min(SCAN);
                self.read(chosen, offset, &mut buffer[..wanted]);
                offset += wanted as u64;
            }
            if self.orders.kill_at > 0 {
                self.engine.drain();
                self.counts.kept.fetch_add(1, Ordering::Relaxed);
                tell(self.counts, self.opened_us);
            }
        }
    }

    fn file(&mut self, chosen: usize) -> Option<Arc<File>> {
        if let Some(file) = self.open.get(&chosen) {
            return Some(Arc::clone(file));
        }
        if self.open.len() >= OPEN
            && let Some(file) = self.opened.pop_front().and_then(|first| self.open.remove(&first))
        {
            file.close();
        }
        let Object { key, version, .. } = &self.objects[chosen];
        let file = self.store.open_file(key, version.clone(), ReadHints::default());
        match file {
            Ok(file) => {
                self.open.insert(chosen, Arc::clone(&file));
                self.opened.push_back(chosen);
                Some(file)
            }
            Err(error) => {
                self.failed(chosen, &error);
                None
            }
        }
    }

    fn read(&mut self, chosen: usize, offset: u64, into: &mut [u8]) {
        let Some(file) = self.file(chosen) else { return };
        let began = Instant::now();
        into.iter_mut().step_by(SPOILED).for_each(|byte| *byte = !*byte);
        let mut done = 0;
        while done < into.len() {
            let left = (into.len() - done) as u64;
            match file.read(offset + done as u64, &mut into[done..], left) {
                Ok(ReadStep::Bytes(bytes)) => done += bytes,
                Ok(ReadStep::Pending) => {}
                Ok(ReadStep::EndOfFile | ReadStep::Delegate) => break,
                Err(error) => return self.failed(chosen, &error),
            }
        }
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counts.slowest_us.fetch_max(took, Ordering::Relaxed);
        self.counts.times.add(took);
        let Object { key, content, .. } = &self.objects[chosen];
        let checked = match done == into.len() {
            true => content::check(self.orders.content_seed, key, *content, offset, into)
                .map_err(|wrong| wrong.to_string()),
            false => Err(format!("{done} of {} bytes at {offset} of {key}", into.len())),
        };
        if let Err(wrong) = checked {
            self.counts.wrong.fetch_add(1, Ordering::Relaxed);
            note(&self.counts.first_wrong, wrong);
        }
        self.counts.reads.fetch_add(1, Ordering::Relaxed);
        self.counts.bytes.fetch_add(done as u64, Ordering::Relaxed);
    }

    fn failed(&self, chosen: usize, error: &forebay_engine::Error) {
        if let Ok(mut errors) = self.counts.errors.lock() {
            *errors.entry(error.kind().name()).or_default() += 1;
        }
        if !self.objects[chosen].key.starts_with(ROUGH) {
            self.counts.calm_errors.fetch_add(1, Ordering::Relaxed);
            note(&self.counts.first_error, error.to_string());
        }
    }
}
