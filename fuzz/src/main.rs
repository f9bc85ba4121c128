//! `forebay-fuzz TARGET [--minutes M] [--seed S] [--case N]`: cases of a target for as long as told.

#![allow(clippy::print_stdout, reason = "a tool says what it does")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use forebay_fuzz::{Cases, TARGETS, allowed, corpus, run};

/// How often progress is shown.
const TELL: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let named = arguments.first().and_then(|name| TARGETS.iter().find(|t| t.name == name));
    let Some(target) = named else {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        println!("usage: forebay-fuzz TARGET [--minutes M] [--seed S] [--case N]");
        println!("targets: {}", names.join(", "));
        return ExitCode::from(2);
    };
    let seed = number("--seed").unwrap_or(1);
    let cases = Cases::new(seed, corpus::of(target.name));
    if let Some(case) = number("--case") {
        let input = cases.case(case);
        println!(
            "case {case} of seed {seed}: {} bytes, {} taken",
            input.len(),
            run(target, &input)
        );
        return ExitCode::SUCCESS;
    }
    let until = Instant::now() + Duration::from_secs(60 * number("--minutes").unwrap_or(1));
    let (mut told, mut done, mut most) = (Instant::now(), 0, 0);
    println!(
        "{}: seed {seed}; a crash is repeated by --seed {seed} --case <its number>",
        target.name
    );
    while Instant::now() < until {
        let input = cases.case(done);
        let crashed = std::panic::catch_unwind(|| run(target, &input));
        let taken = crashed.as_ref().copied().unwrap_or(0);
        if crashed.is_err() || taken > allowed(input.len()) {
            println!("case {done} of seed {seed}: {taken} bytes taken for {}", input.len());
            return ExitCode::FAILURE;
        }
        most = most.max(taken);
        done += 1;
        if told.elapsed() > TELL {
            println!("{done} cases, at most {most} bytes taken");
            told = Instant::now();
        }
    }
    println!("{}: {done} cases, at most {most} bytes taken", target.name);
    ExitCode::SUCCESS
}
