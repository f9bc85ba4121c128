//! A child that a host forks starts anew: its parent's threads, locks and sockets are not its own.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::panic::AssertUnwindSafe;

use forebay_engine::{EngineSettings, Settings, shared};
use forebay_testkit::origin::Bucket;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use support::{check, open, put, store_on};

#[test]
fn a_forked_child_gets_an_engine_of_its_own_and_reads() {
    let (bucket, directory) = (Bucket::start().unwrap(), tempfile::tempdir().unwrap());
    let version = put(&bucket, "k", 1, 3_000_000);
    let place = directory.path().display().to_string();
    let given = [("fs.forebay.cache.dirs", place.as_str()), ("fs.forebay.cache.size", "64MB")];
    let settings = EngineSettings { config: Settings::new(given, None), heap_bytes: 0 };
    let parent = shared(settings.clone()).unwrap().engine;
    let file = open(&store_on(&parent, &bucket), "k", &version);
    check(&file, "k", 1, 0..1_000_000);

    // SAFETY: the child only does what is under test, and leaves by `_exit`.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            let read = std::panic::catch_unwind(AssertUnwindSafe(|| {
                let child = shared(settings).unwrap();
                assert!(!child.notes.is_empty(), "the child's engine has just been started");
                let file = open(&store_on(&child.engine, &bucket), "k", &version);
                check(&file, "k", 1, 0..3_000_000);
                child.engine.drain();
            }));
            // SAFETY: ends the child without running the parent's exit handlers.
            unsafe { nix::libc::_exit(i32::from(read.is_err())) }
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None).unwrap(), WaitStatus::Exited(child, 0));
        }
    }
    check(&file, "k", 1, 0..3_000_000);
    assert!(
        shared(EngineSettings::default()).unwrap().notes.is_empty(),
        "the parent keeps its own"
    );
}
