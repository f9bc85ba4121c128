//! One process of a run: an engine on the shared directory, many threads that read, check every byte
//! against the oracle, and report.
//!
//! A child prints what it did so far as one line of JSON, twice a second and at its end, so that one
//! that is killed loses half a second of its account and nothing else.

mod account;
mod orders;
mod reader;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use forebay_cache::disk::faults::{self, DiskFault};
use forebay_engine::{
    Access, Credentials, DirectSettings, Engine, EngineSettings, Settings, Store, StoreSettings,
};
use forebay_testkit::origin::Bucket;

use account::{Counts, note};
pub use orders::Orders;
use reader::Reader;

use crate::random::{Random, Zipf};
use crate::set::load;

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
                counts.tell(opened_us);
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
    counts.tell(opened_us);
    Ok(())
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
