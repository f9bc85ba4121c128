//! `forebay-stress`: long runs against the host's cache. `make soak` is how a person starts it.

use std::process::ExitCode;

use forebay_stress::budget::{self, Budget};
use forebay_stress::child::{self, Orders};
use forebay_stress::crowded::{self, Crowded};
use forebay_stress::flight::{self, Flight};
use forebay_stress::full::{self, Full};
use forebay_stress::kill::{self, Kill};
use forebay_stress::overwrite::{self, Overwrite};
use forebay_stress::report;
use forebay_stress::rot::{self, Rot};
use forebay_stress::sick::{self, Sick};
use forebay_stress::soak::{self, Soak};
use serde_json::{Map, Value};

const USAGE: &str = "\
usage: forebay-stress RUN [name=value ...]
  total      what the kept reports of one kind of run come to together: total soak
  soak       all faults at once: seed, seconds, processes, threads, budget, zipf, origin, disk, kill_ms
  kill       kill -9 at every step and at any moment: seed, kills
  crowded    opening a directory of many segments: seed, segments, openings
  rot        flipped bits, moved cells, cut files: seed, flips, every
  budget     the bound, asked of the file system: seed, seconds, processes, budget, room, kill_ms, xfs
  full       a full disk that gets room later: seed, seconds, inodes
  sick       a disk that hangs, fails, or loses the directory: seed, seconds
  overwrite  objects overwritten while they are read: seed, rounds
  flight     processes that read the same cold objects: seed, processes, bytes
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let found = match command.as_str() {
        "child" => {
            // A parent that is killed leaves nobody behind.
            let _ = rustix::process::set_parent_process_death_signal(Some(
                rustix::process::Signal::KILL,
            ));
            let orders = Orders::decode(rest.first().map_or("", String::as_str));
            orders.and_then(|orders| child::run(&orders)).map(|()| Map::new())
        }
        "total" => report::total(rest.first().map_or("", String::as_str)).inspect(|sum| {
            report::print(&format!("{:#}\n", Value::Object(sum.clone())));
        }),
        "soak" => soak::run(&soak_of(&rest)),
        "kill" => kill::run(&Kill {
            program: program(),
            seed: given(&rest, "seed", 1),
            kills: given(&rest, "kills", 200),
        }),
        "crowded" => crowded::run(&Crowded {
            program: program(),
            seed: given(&rest, "seed", 1),
            segments: given(&rest, "segments", 100_000),
            openings: given(&rest, "openings", 30),
        }),
        "rot" => rot::run(&Rot {
            seed: given(&rest, "seed", 1),
            flips: given(&rest, "flips", 2000),
            every: given(&rest, "every", 101),
        }),
        "budget" => budget::run(&budget_of(&rest)).map(Option::unwrap_or_default),
        "full" => full::run(&Full {
            program: program(),
            seed: given(&rest, "seed", 1),
            seconds: given(&rest, "seconds", 5),
            inodes: given(&rest, "inodes", 0) > 0,
        })
        .map(Option::unwrap_or_default),
        "sick" => sick::run(&Sick {
            program: program(),
            seed: given(&rest, "seed", 1),
            seconds: given(&rest, "seconds", 3),
        }),
        "overwrite" => overwrite::run(&Overwrite {
            seed: given(&rest, "seed", 1),
            rounds: given(&rest, "rounds", 500),
        }),
        "flight" => flight::run(&Flight {
            program: program(),
            seed: given(&rest, "seed", 1),
            processes: given(&rest, "processes", 8),
            bytes: given(&rest, "bytes", 256 << 20),
        }),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match found {
        Ok(report) => verdict(&report),
        Err(error) => {
            eprintln!("forebay-stress: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Fails where a report tells of a wrong byte, an error without a cause, or a time beyond its bar.
fn verdict(found: &Map<String, Value>) -> ExitCode {
    let bad = ["wrong_bytes", "unexplained_errors", "failed", "too_slow"];
    let sum: u64 = bad.iter().map(|name| report::number(found, name)).sum();
    if sum == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The value given as `name=value`, or the default.
fn given(rest: &[String], name: &str, default: u64) -> u64 {
    let value = rest.iter().find_map(|text| text.strip_prefix(name)?.strip_prefix('='));
    value.and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn program() -> std::path::PathBuf {
    std::env::current_exe().unwrap_or_default()
}

fn budget_of(rest: &[String]) -> Budget {
    let kind = if given(rest, "xfs", 0) > 0 { "xfs" } else { "ext4" };
    Budget {
        program: program(),
        kind: kind.to_owned(),
        seed: given(rest, "seed", 1),
        seconds: given(rest, "seconds", 20),
        processes: usize::try_from(given(rest, "processes", 8)).unwrap_or(8),
        budget: given(rest, "budget", 64 << 20),
        room: given(rest, "room", 140),
        kill_ms: given(rest, "kill_ms", 1000),
    }
}

fn soak_of(rest: &[String]) -> Soak {
    Soak {
        program: program(),
        name: "soak".to_owned(),
        seed: given(rest, "seed", 1),
        seconds: given(rest, "seconds", 60),
        processes: given(rest, "processes", 4),
        threads: given(rest, "threads", 16),
        budget: given(rest, "budget", 128 << 20),
        zipf: given(rest, "zipf", 180),
        origin: given(rest, "origin", 4000),
        disk: given(rest, "disk", 15),
        kill_ms: given(rest, "kill_ms", 3000),
    }
}
