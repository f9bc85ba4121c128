//! What a reader gets from a store that spoils every answer, kind by kind, and afterwards.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::time::Duration;

use forebay_engine::{ErrorKind, Result};
use forebay_testkit::content;
use forebay_testkit::faults::{Faults, OriginFault};
use forebay_testkit::origin::Bucket;
use support::{SEED, check, open, put, read, rig_with};

const LENGTH: usize = 3_000_000;

/// Longer than the client waits, shorter than a test.
const HANG: Duration = Duration::from_millis(400);

/// What comes of a read each of whose requests is spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Bytes, and the right ones.
    Right,
    /// The store is at fault; asking again did not help.
    Store,
    /// An error that says what the store says.
    Said(ErrorKind),
}

fn expected(kind: OriginFault) -> Outcome {
    match kind {
        OriginFault::Forbidden => Outcome::Said(ErrorKind::AccessDenied),
        OriginFault::Absent => Outcome::Said(ErrorKind::NotFound),
        // Inside of the version that is read there is no such thing as beyond its end.
        OriginFault::Precondition | OriginFault::Beyond => Outcome::Said(ErrorKind::Changed),
        // Followed, it would take signed requests to another host.
        OriginFault::Redirect => Outcome::Said(ErrorKind::Unsupported),
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
        | OriginFault::EtagMissing
        | OriginFault::EtagWeak
        | OriginFault::OtherRange
        | OriginFault::EtagChanged
        | OriginFault::NoLength
        | OriginFault::OtherVersion => Outcome::Store,
    }
}

fn outcome(read: Result<Vec<u8>>, from: u64) -> Outcome {
    match read {
        Ok(bytes) => {
            content::check(SEED, "k", 1, from, &bytes).unwrap();
            Outcome::Right
        }
        Err(error) => match error.kind() {
            said if said.is_transient() => Outcome::Store,
            said => Outcome::Said(said),
        },
    }
}

fn suffer(kind: OriginFault) {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, LENGTH);
    let settings =
        [("fs.forebay.prefetch.enabled", "false"), ("fs.forebay.origin.stall-timeout", "100ms")];
    let rig = rig_with(&bucket, Some(directory.path()), &settings);
    let file = open(&rig.store, "k", &version);
    check(&file, "k", 1, 0..10_000);
    bucket.set_faults(Some(Faults::new(1, &[(kind, 1_000_000)], "", HANG)));
    let found = outcome(read(&file, 1_000_000..1_400_000), 1_000_000);
    assert_eq!(found, expected(kind), "{}", kind.name());
    assert!(bucket.injected()[kind.name()] > 0, "{} was never injected", kind.name());
    check(&file, "k", 1, 0..10_000);
    bucket.set_faults(None);
    check(&file, "k", 1, 900_000..1_500_000);
    rig.engine.drain();
    drop((file, rig));
    let again = rig_with(&bucket, Some(directory.path()), &settings);
    check(&open(&again.store, "k", &version), "k", 1, 0..LENGTH as u64);
}

#[test]
fn a_fault_is_an_error_or_is_cured_and_never_a_wrong_byte_nor_kept() {
    std::thread::scope(|scope| {
        for kind in OriginFault::ALL {
            scope.spawn(|| suffer(*kind));
        }
    });
}
