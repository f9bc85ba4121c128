//! Everything that decides; nothing that does.
//!
//! Bytes from the end of a file become a [`Footer`] ([`parse_tail`]): where its row groups, column
//! chunks, dictionaries and page indexes lie. A [`StreamPlanner`] is told of the reads of one open
//! stream, in order, and answers each with a [`Plan`]: the ranges to fetch now, each with a
//! [`Priority`] and a [`Reason`], and the range inside which it has nothing more to say. Somebody
//! else fetches. There is no I/O here, no clock, no thread and no randomness, so the same reads give
//! the same plans, and every decision has a test that takes microseconds.
//!
//! Invariants, held for every footer and every sequence of reads:
//! - what was read is covered by the plan's first pieces, and they have [`Priority::Demand`];
//! - pieces lie inside the file, are at most [`MAX_PIECE`] long and don't overlap within a plan;
//! - no byte is planned ahead twice by the same planner;
//! - a footer costs at most 24 bytes per column chunk and 16 per row group, a planner at most
//!   100 KiB, whatever the file says;
//! - a bad footer turns look-ahead off for its file. It is never an error.

mod allowance;
mod footer;
mod history;
mod keys;
mod next_file;
mod pace;
mod plan;
mod planner;
mod policy;
mod settings;

pub use allowance::Allowance;
pub use footer::{Chunk, Footer, RowGroup, Tail, parse_tail};
pub use history::{ColumnSet, Habit, Refused};
pub use keys::KEYS;
pub use next_file::next_file;
pub use pace::Pace;
pub use plan::{Piece, Plan, Priority, Reason};
pub use planner::StreamPlanner;
pub use policy::ReadPolicy;
pub use settings::{MAX_PIECE, PlanSettings};

/// Property tests take the same cases in every run; `PROPTEST_RNG_SEED=<n>` tries others. A failure
/// prints its smallest case.
#[cfg(test)]
fn seeded(cases: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, RngSeed};
    let given = Config::default();
    let rng_seed = match given.rng_seed {
        RngSeed::Random => RngSeed::Fixed(0xf0_7e_ba_11),
        RngSeed::Fixed(seed) => RngSeed::Fixed(seed),
    };
    Config { cases, rng_seed, failure_persistence: None, ..given }
}
