//! The corpus, and a bounded run of mutated inputs: the short form of `make fuzz`.
//!
//! One test for all targets, since memory is counted for the whole process. `FOREBAY_FUZZ_SEED=<n>`
//! takes other cases, `FOREBAY_FUZZ_CASES=<n>` more of them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use forebay_fuzz::{Cases, TARGETS, allowed, corpus, run};

/// Cases of each target: 600,000 in all take about a quarter of a minute.
const CASES: u64 = 100_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn no_input_panics_or_takes_more_memory_than_it_may() {
    let seed = number("FOREBAY_FUZZ_SEED").unwrap_or(1);
    for target in TARGETS {
        let inputs = corpus::of(target.name);
        assert!(!inputs.is_empty(), "{} has no corpus", target.name);
        for (at, input) in inputs.iter().enumerate() {
            let taken = run(target, input);
            assert!(taken <= allowed(input.len()), "{} corpus {at}: {taken}", target.name);
        }
        let cases = Cases::new(seed, inputs);
        let mut most = 0;
        for case in 0..number("FOREBAY_FUZZ_CASES").unwrap_or(CASES) {
            let input = cases.case(case);
            let read = std::panic::catch_unwind(|| run(target, &input));
            let taken = read.unwrap_or(u64::MAX);
            assert!(
                taken <= allowed(input.len()),
                "repeat it by forebay-fuzz {} --seed {seed} --case {case} ({taken} bytes taken)",
                target.name
            );
            most = most.max(taken);
        }
        println!("{}: at most {most} bytes", target.name);
    }
}
