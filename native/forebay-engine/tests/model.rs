//! The whole engine against a model: two principals and two processes on one cache directory, objects
//! that are overwritten, removed and read, a store that fails, a disk whose files rot and vanish, and
//! restarts. What is read is the version that was opened, or an error there is a reason for.
//!
//! `PROPTEST_CASES` says how many histories; one that fails is printed in its shortest form.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use forebay_engine::{ErrorKind, File, Proof, Store, Version};
use forebay_testkit::content;
use forebay_testkit::faults::{Faults, OriginFault};
use forebay_testkit::origin::Bucket;
use proptest::prelude::*;
use support::{Rig, SEED, open, put, read, rig_with, store_on};

const KEYS: [&str; 3] = ["a", "b/c", "d"];
const LENGTH: usize = 400_000;

/// What cures itself by asking again, and what does not.
const SPOILED: [OriginFault; 10] = [
    OriginFault::Refuse,
    OriginFault::Reset,
    OriginFault::ShortBody,
    OriginFault::WholeForRange,
    OriginFault::EtagChanged,
    OriginFault::OtherRange,
    OriginFault::OtherVersion,
    OriginFault::Forbidden,
    OriginFault::Absent,
    OriginFault::Precondition,
];

#[derive(Debug, Clone)]
enum Step {
    /// A principal opens a key's present version and keeps it open.
    Open {
        principal: usize,
        key: usize,
    },
    /// Reads from what a principal opened last of a key.
    Read {
        principal: usize,
        key: usize,
        at: usize,
        length: usize,
    },
    /// Somebody writes a key, at the same length.
    Overwrite {
        key: usize,
    },
    Remove {
        key: usize,
    },
    /// The store spoils a third of its answers, in one way, or none.
    Faults {
        kind: Option<usize>,
    },
    /// A process ends, and another takes its place on the directory.
    Restart {
        process: usize,
    },
    /// Files of the cache are damaged, or go.
    Rot {
        seed: u64,
        remove: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (key, principal) = (0..KEYS.len(), 0..4usize);
    prop_oneof![
        4 => (principal.clone(), key.clone())
            .prop_map(|(principal, key)| Step::Open { principal, key }),
        10 => (principal, key.clone(), 0..LENGTH, 1..100_000usize).prop_map(
            |(principal, key, at, length)| Step::Read { principal, key, at, length }
        ),
        2 => key.clone().prop_map(|key| Step::Overwrite { key }),
        1 => key.prop_map(|key| Step::Remove { key }),
        2 => prop::option::of(0..SPOILED.len()).prop_map(|kind| Step::Faults { kind }),
        1 => (0..2usize).prop_map(|process| Step::Restart { process }),
        1 => (any::<u64>(), any::<bool>()).prop_map(|(seed, remove)| Step::Rot { seed, remove }),
    ]
}

/// A stream, and the version it was opened in.
type Opened = Option<(Arc<File>, u32)>;

/// What is so.
struct World {
    bucket: Bucket,
    directory: tempfile::TempDir,
    /// Two processes; each has two principals, whose stores share the engine.
    rigs: Vec<Rig>,
    stores: Vec<Arc<Store>>,
    /// The present version of each key; `None` where it was removed.
    present: [Option<(u32, Version)>; KEYS.len()],
    written: u32,
    /// What each principal opened last of each key, and in which version.
    opened: Vec<[Opened; KEYS.len()]>,
    spoiled: bool,
}

impl World {
    fn new() -> World {
        let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
        let mut world = World {
            bucket,
            directory,
            rigs: Vec::new(),
            stores: Vec::new(),
            present: [const { None }; KEYS.len()],
            written: 0,
            opened: Vec::new(),
            spoiled: false,
        };
        (0..KEYS.len()).for_each(|key| world.overwrite(key));
        for _ in 0..2 {
            let rig = world.process();
            world.stores.push(Arc::clone(&rig.store));
            world.stores.push(store_on(&rig.engine, &world.bucket));
            world.rigs.push(rig);
        }
        world.opened = (0..4).map(|_| [const { None }; KEYS.len()]).collect();
        world
    }

    /// A small cache, so that segments are evicted, and no look-ahead beside what is read.
    fn process(&self) -> Rig {
        let settings =
            [("fs.forebay.cache.size", "1MB"), ("fs.forebay.origin.stall-timeout", "100ms")];
        rig_with(&self.bucket, Some(self.directory.path()), &settings)
    }

    fn overwrite(&mut self, key: usize) {
        self.written += 1;
        let version = put(&self.bucket, KEYS[key], self.written, LENGTH);
        self.present[key] = Some((self.written, version));
    }

    fn open(&mut self, principal: usize, key: usize) {
        let Some((number, version)) = self.present[key].clone() else { return };
        let store = &self.stores[principal];
        let asked = self.opened[principal][key].as_ref().is_some_and(|(_, had)| *had == number);
        if !asked {
            let proof = store.proof(KEYS[key], version.clone()).unwrap();
            assert_eq!(
                proof,
                Proof::None,
                "another's reads prove nothing to principal {principal}"
            );
        }
        self.opened[principal][key] = Some((open(store, KEYS[key], &version), number));
    }

    fn read(&self, principal: usize, key: usize, at: usize, length: usize) {
        let Some((file, number)) = &self.opened[principal][key] else { return };
        let range = at as u64..(at + length).min(LENGTH) as u64;
        match read(file, range.clone()) {
            Ok(bytes) => {
                assert_eq!(bytes.len() as u64, range.end - range.start);
                content::check(SEED, KEYS[key], *number, range.start, &bytes).unwrap();
            }
            Err(error) => {
                let present = self.present[key].as_ref().map(|(present, _)| *present);
                let changed = present.is_some_and(|present| present != *number);
                let explained = (error.kind() == ErrorKind::Changed && changed)
                    || (error.kind() == ErrorKind::NotFound && present.is_none());
                assert!(explained || self.spoiled, "version {number} of {}: {error}", KEYS[key]);
            }
        }
    }

    fn spoil(&mut self, kind: Option<usize>) {
        let faults = kind.map(|kind| {
            let chances = [(SPOILED[kind], 300_000)];
            Faults::new(self.written.into(), &chances, "", Duration::from_millis(150))
        });
        self.spoiled = faults.is_some();
        self.bucket.set_faults(faults);
    }

    fn restart(&mut self, process: usize) {
        for principal in [process * 2, process * 2 + 1] {
            self.opened[principal] = [const { None }; KEYS.len()];
        }
        self.rigs[process].engine.drain();
        let rig = self.process();
        self.stores[process * 2] = Arc::clone(&rig.store);
        self.stores[process * 2 + 1] = store_on(&rig.engine, &self.bucket);
        self.rigs[process] = rig;
    }

    fn rot(&self, seed: u64, remove: bool) {
        let mut random = seed;
        for path in files_below(self.directory.path()) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let Ok(file) = std::fs::File::options().write(true).open(&path) else { continue };
            let length = file.metadata().map_or(1, |status| status.len()).max(1);
            // Headers and tables as well as cells: half of all damage goes to the first 16 KiB.
            let span = if random >> 63 == 0 { length.min(16 << 10) } else { length };
            let _ = file.write_at(&random.to_le_bytes(), (random >> 20) % span);
            if remove && random >> 62 == 3 {
                let _ = std::fs::remove_file(&path);
            }
        }
    }
}

fn files_below(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            below if below.is_dir() => files_below(&below),
            file => vec![file],
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_is_what_was_opened(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Open { principal, key } => world.open(principal, key),
                Step::Read { principal, key, at, length } => world.read(principal, key, at, length),
                Step::Overwrite { key } => world.overwrite(key),
                Step::Remove { key } => {
                    world.bucket.remove(KEYS[key]);
                    world.present[key] = None;
                }
                Step::Faults { kind } => world.spoil(kind),
                Step::Restart { process } => world.restart(process),
                Step::Rot { seed, remove } => world.rot(seed, remove),
            }
        }
        // And in the end all is readable as it is, by everybody.
        world.spoil(None);
        for principal in 0..4 {
            world.opened[principal] = [const { None }; KEYS.len()];
            for (key, present) in KEYS.into_iter().zip(&world.present) {
                let Some((number, version)) = present else { continue };
                let file = open(&world.stores[principal], key, version);
                support::check(&file, key, *number, 0..LENGTH as u64);
            }
        }
        for rig in &world.rigs {
            rig.engine.drain();
            prop_assert_eq!(rig.engine.flight_bytes(), 0);
        }
    }
}
