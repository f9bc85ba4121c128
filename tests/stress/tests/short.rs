//! The runs of this crate for some seconds each. Minutes of them: `make soak`.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::PathBuf;

use forebay_stress::budget::{self, Budget};
use forebay_stress::flight::{self, Flight};
use forebay_stress::full::{self, Full};
use forebay_stress::kill::{self, Kill};
use forebay_stress::overwrite::{self, Overwrite};
use forebay_stress::report::number;
use forebay_stress::sick::{self, Sick};
use forebay_stress::soak::{self, Soak};
use serde_json::{Map, Value};

const MIB: u64 = 1 << 20;

fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_forebay-stress").into()
}

/// Nothing wrong, nothing unexplained, and something done.
fn assert_good(report: &Map<String, Value>) {
    for name in ["wrong_bytes", "unexplained_errors", "failed"] {
        assert_eq!(number(report, name), 0, "{name}: {report:#?}");
    }
}

#[test]
fn everything_fails_at_once_and_every_byte_is_right() {
    let report = soak::run(&Soak {
        program: program(),
        name: "short-soak".to_owned(),
        seed: 11,
        seconds: 8,
        processes: 2,
        threads: 8,
        budget: 16 * MIB,
        zipf: 120,
        origin: 2000,
        disk: 40,
        kill_ms: 1500,
    })
    .unwrap();
    assert_good(&report);
    assert!(number(&report, "reads") > 1000, "{report:#?}");
    let faults = report["faults"].as_object().unwrap();
    let kinds = faults.values().filter(|count| count.as_u64() > Some(0)).count();
    assert!(kinds > 20, "{faults:#?}");
}

#[test]
fn killed_at_steps_and_moments_nothing_written_is_lost() {
    let report = kill::run(&Kill { program: program(), seed: 12, kills: 24 }).unwrap();
    assert_good(&report);
    assert!(number(&report, "kills_at_steps") >= 12 && number(&report, "kills_at_moments") >= 12);
}

#[test]
fn overwritten_objects_are_all_old_or_changed() {
    let report = overwrite::run(&Overwrite { seed: 13, rounds: 60 }).unwrap();
    assert_good(&report);
    assert!(number(&report, "all_old") > 0 && number(&report, "changed_error") > 0, "{report:#?}");
}

#[test]
fn the_file_system_agrees_that_the_budget_holds() {
    let run = Budget {
        program: program(),
        kind: "ext4".to_owned(),
        seed: 14,
        seconds: 5,
        processes: 3,
        budget: 32 * MIB,
        room: 140,
        kill_ms: 700,
    };
    // Where no file system can be made, the sum of blocks in forebay-cache's tests has to do.
    if let Some(report) = budget::run(&run).unwrap() {
        assert_good(&report);
        assert!(number(&report, "most_bytes_allocated") > 16 * MIB, "{report:#?}");
    }
}

#[test]
fn a_full_disk_fails_no_read_and_caching_resumes() {
    for inodes in [false, true] {
        let run = Full { program: program(), seed: 15, seconds: 1, inodes };
        if let Some(report) = full::run(&run).unwrap() {
            assert_good(&report);
        }
    }
}

#[test]
fn a_sick_disk_fails_no_read() {
    assert_good(&sick::run(&Sick { program: program(), seed: 16, seconds: 1 }).unwrap());
}

#[test]
fn processes_fetch_what_is_cold_once() {
    let run = Flight { program: program(), seed: 17, processes: 4, bytes: 64 * MIB };
    assert_good(&flight::run(&run).unwrap());
}
