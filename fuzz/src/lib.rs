//! Hostile bytes for every reader of ours that takes bytes from outside.
//!
//! A *target* reads one input and must neither panic nor abort nor take more than 64 MiB and four times
//! the input of memory ([`memory`] counts). Inputs begin with the files of the *corpus*
//! (`fuzz/corpus/<target>`, and the samples of the planner's tests).
//!
//! `make fuzz TARGET=... MINUTES=...` has libFuzzer look for inputs that reach code which none before
//! reached (`fuzz_targets`, [`hold`]). `cargo test` replays the corpus and some thousand *mutated* inputs
//! of each target: bits flipped, bytes set to telling values, parts cut, doubled, or put in from another
//! input. Case number *n* is a function of the seed and *n* alone ([`Cases`]), so that a failure is
//! repeated by its two numbers.

pub mod cases;
pub mod corpus;
pub mod memory;
pub mod targets;

pub use cases::Cases;
pub use targets::{TARGETS, Target};

/// Runs one input: the memory it took at most beyond what was held before.
pub fn run(target: &Target, input: &[u8]) -> u64 {
    memory::peak_of(|| (target.read)(input))
}

/// What an input of this many bytes may take.
#[must_use]
pub fn allowed(input: usize) -> u64 {
    (64 << 20) + 4 * input as u64
}

/// Runs one input of the target with this name, and holds it to what it may take.
///
/// # Panics
/// Where it takes more, or there is no such target.
pub fn hold(target: &str, input: &[u8]) {
    let found = TARGETS.iter().find(|known| known.name == target);
    let taken = found.map(|target| run(target, input));
    let (taken, may) = (taken.unwrap_or(u64::MAX), allowed(input.len()));
    assert!(
        taken <= may,
        "{target}: {taken} bytes taken for {}, at most {may} may be",
        input.len()
    );
}
