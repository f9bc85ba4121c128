//! The corpus, and a bounded run of mutated inputs: what of `make fuzz` needs no fuzzer.
//!
//! One test for all targets, since memory is counted for the whole process. `FOREBAY_FUZZ_SEED=<n>`
//! takes other cases, `FOREBAY_FUZZ_CASES=<from>..<to>` others or more of them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

use std::ops::Range;
use std::path::Path;

use forebay_fuzz::{Cases, TARGETS, Target, allowed, corpus, run};

/// Cases of each target: a million in all take about half a minute.
const CASES: Range<u64> = 0..100_000;

fn seed() -> u64 {
    std::env::var("FOREBAY_FUZZ_SEED").map_or(1, |seed| seed.parse().unwrap())
}

fn cases() -> Range<u64> {
    let Ok(given) = std::env::var("FOREBAY_FUZZ_CASES") else { return CASES };
    let (from, to) = given.split_once("..").unwrap();
    from.parse().unwrap()..to.parse().unwrap()
}

/// Runs an input; one that does what it may not is kept where the fuzzer keeps such.
fn holds(target: &Target, input: &[u8], name: &str) -> u64 {
    let taken = std::panic::catch_unwind(|| run(target, input)).unwrap_or(u64::MAX);
    if taken > allowed(input.len()) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts").join(target.name);
        let kept = folder.join(name.replace(' ', "-"));
        std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&kept, input)).unwrap();
        panic!("{}: {name} took {taken} bytes; it is kept in {}", target.name, kept.display());
    }
    taken
}

#[test]
fn no_input_panics_or_takes_more_memory_than_it_may() {
    let seed = seed();
    for target in TARGETS {
        println!("{}: seed {seed}", target.name);
        let inputs = corpus::of(target.name);
        assert!(!inputs.is_empty(), "{} has no corpus", target.name);
        let mut most = 0;
        for (at, input) in inputs.iter().enumerate() {
            most = holds(target, input, &format!("corpus {at}")).max(most);
        }
        let mutated = Cases::new(seed, inputs);
        for case in cases() {
            most =
                holds(target, &mutated.case(case), &format!("seed {seed} case {case}")).max(most);
        }
        println!("{}: at most {most} bytes", target.name);
    }
}
