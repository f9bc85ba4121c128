//! The engine's threads in orders that a test decides: flights with their readers, and one fetch for
//! many readers of a store whose host fetches, from the first look to the close of the last stream.
//!
//! What the library's own client fetches lands by the same calls, on threads that no schedule reaches.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_types::config::Settings;
use forebay_types::sync::atomic::{AtomicU64, Ordering};
use forebay_types::sync::schedules::{Deadlines, explore};
use forebay_types::sync::thread;
use forebay_types::{ETag, Error, ErrorKind, Version};

use crate::budget::Budget;
use crate::engine::{Engine, EngineSettings};
use crate::file::{File, ReadHints, ReadStep};
use crate::flight::{Carrier, Copied, Flight, Purpose};
use crate::store::{Access, Store, StoreSettings};

const LENGTH: u64 = 3 * forebay_cache::CELL + 100;

fn byte(at: u64) -> u8 {
    u8::try_from(at * 7 % 251).unwrap()
}

fn content(from: u64, to: u64) -> Vec<u8> {
    (from..to).map(byte).collect()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// Reads a flight to its end: how far that went.
fn read_along(flight: &Flight) -> u64 {
    let mut at = 0;
    let mut into = [0; 5000];
    while at < flight.length() {
        match flight.copy(at, &mut into) {
            Copied::Bytes(bytes) => {
                assert!(into[..bytes].iter().zip(at..).all(|(found, at)| *found == byte(at)));
                at += bytes as u64;
            }
            Copied::NotYet => flight.wait(at, soon()),
            Copied::Failed(_) => break,
        }
    }
    at
}

#[test]
fn readers_of_a_flight_get_its_bytes_or_learn_that_it_failed() {
    explore("flight", Deadlines::Never, || {
        let flight = Flight::new(1, 0..LENGTH, Carrier::Direct, Purpose::Demand);
        let budget = Budget::new(1 << 20);
        let flight = Arc::new(flight);
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let flight = Arc::clone(&flight);
                thread::spawn(move || read_along(&flight))
            })
            .collect();
        let breaker = {
            let flight = Arc::clone(&flight);
            thread::spawn(move || {
                flight.fail(Error::new(ErrorKind::Origin, "fetch", "k", "given up"));
            })
        };
        // Given up before it took off, it stays so.
        let reserved = budget.try_reserve(LENGTH).unwrap();
        let landed = flight.take_off(reserved).is_ok()
            && content(0, LENGTH).chunks(9000).all(|piece| flight.land(piece).is_ok())
            && flight.finish().is_ok();
        flight.wait_for_end(soon());
        breaker.join().unwrap();
        for reader in readers {
            let read = reader.join().unwrap();
            assert!(!landed || read == LENGTH, "{read} of a flight that landed");
        }
        assert!(flight.has_ended());
        drop(flight);
        assert_eq!(budget.used(), 0);
    });
}

/// A store that its host reads, over a cache in `directory` or in memory.
fn store(directory: Option<&Path>) -> Arc<Store> {
    let place = directory.map_or("/proc/none".to_owned(), |path| path.display().to_string());
    let given = [("fs.forebay.cache.dirs", place.as_str()), ("fs.forebay.cache.size", "64MB")];
    let config = Settings::new(given, None);
    let settings = EngineSettings { config: config.clone(), heap_bytes: 0 };
    let engine = Engine::start(settings).unwrap().engine;
    let settings = StoreSettings {
        kind: "s3".to_owned(),
        endpoint: String::new(),
        bucket: "lake".to_owned(),
        content_settings: 0,
        config,
        access: Access::Delegate,
    };
    engine.open_store(settings).unwrap()
}

fn open(store: &Arc<Store>) -> Arc<File> {
    let version = Version { etag: ETag::strong("v1").unwrap(), length: LENGTH, version_id: None };
    store.open_file("k", version, ReadHints::default()).unwrap()
}

/// Reads everything as a host does that fetches by itself; `brought` counts what it fetched.
fn read_whole(file: &File, brought: &AtomicU64) -> Result<(), Error> {
    let mut at = 0;
    let mut into = vec![0; 10_000];
    while at < LENGTH {
        match file.read(at, &mut into, LENGTH - at)? {
            ReadStep::Bytes(bytes) => {
                assert!(into[..bytes].iter().zip(at..).all(|(found, at)| *found == byte(at)));
                at += bytes as u64;
            }
            ReadStep::Pending => thread::yield_now(),
            ReadStep::EndOfFile => break,
            ReadStep::Delegate => {
                for claim in file.claims(at, LENGTH - at)? {
                    brought.fetch_add(claim.length, Ordering::Relaxed);
                    for piece in content(claim.offset, claim.offset + claim.length).chunks(9000) {
                        file.land(claim.flight, piece)?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn many_readers(directory: Option<&Path>) {
    let store = store(directory);
    let brought = Arc::new(AtomicU64::new(0));
    // Opened by one thread: the table of objects is another library's, which no schedule reaches.
    let files: Vec<_> = (0..3).map(|_| open(&store)).collect();
    let threads = files.into_iter().map(|file| {
        let brought = Arc::clone(&brought);
        thread::spawn(move || read_whole(&file, &brought).unwrap())
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(brought.load(Ordering::Relaxed), LENGTH, "each byte once");
    store.engine.drain();
    assert_eq!(store.engine.flight_bytes(), 0);
}

#[test]
fn readers_of_one_object_fetch_it_once() {
    explore("single flight in memory", Deadlines::Never, || many_readers(None));
}

#[test]
fn readers_of_one_object_fetch_it_once_over_a_disk() {
    explore("single flight over a disk", Deadlines::Never, || {
        let beside = std::env::current_exe().unwrap();
        let directory = tempfile::tempdir_in(beside.parent().unwrap()).unwrap();
        many_readers(Some(directory.path()));
    });
}

#[test]
fn a_stream_that_is_closed_in_the_midst_leaves_the_rest_to_the_others() {
    explore("close", Deadlines::Sometimes, || {
        let store = store(None);
        let (closed, other) = (open(&store), open(&store));
        let brought = Arc::new(AtomicU64::new(0));
        let (theirs, ours) = (Arc::clone(&brought), brought);
        let (reading, closing) = (Arc::clone(&closed), closed);
        let threads = vec![
            thread::spawn(move || {
                // Closed under it, or its claims given up: an error, never a wrong byte.
                let _ = read_whole(&reading, &theirs);
            }),
            thread::spawn(move || closing.close()),
            thread::spawn(move || read_whole(&other, &ours).unwrap()),
        ];
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        store.engine.drain();
        assert_eq!(store.engine.flight_bytes(), 0);
    });
}
