//! Hostile bytes for every reader of ours that takes bytes from outside.
//!
//! A *target* reads one input and must neither panic nor abort nor take more than 64 MiB and four times
//! the input of memory ([`memory`] counts). Inputs are files of the *corpus* (`fuzz/corpus/<target>`,
//! and the samples of the planner's tests), as they are and *mutated*: bits flipped, bytes set to
//! telling values, parts cut, doubled, or put in from another input.
//!
//! Case number *n* of a target is a function of the seed and *n* alone ([`Cases`]), so that a crash is
//! repeated by its two numbers, even where the process died without a word. `cargo test` runs the corpus
//! and some thousand cases of each target; `make fuzz TARGET=... MINUTES=...` goes on for as long as told.

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
