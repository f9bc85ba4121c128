//! How the host's cache is proven: real processes, real files, every byte checked.
//!
//! A run is a parent and children. The parent starts a bucket whose objects are the oracle's content
//! ([`set`]), spoils its answers, starts children on one cache directory ([`crowd`]), kills some, and
//! adds up what they tell ([`report`]). A child ([`child`]) is an engine under many reading threads,
//! its disk calls failing by seed. Every run prints its seed, and writes `target/soak/<name>.json`.
//!
//! The binary `forebay-stress` has one command per run; `make soak` gives them minutes, the tests of
//! this crate seconds.

pub mod budget;
pub mod child;
pub mod crowd;
pub mod crowded;
pub mod flight;
pub mod full;
pub mod kill;
pub mod overwrite;
pub mod random;
pub mod report;
pub mod rot;
pub mod set;
pub mod sick;
pub mod soak;
pub mod volume;
pub mod wrapped;

use std::io;

use tempfile::TempDir;

/// A folder on the disk the binary lies on: `/tmp` may be a tmpfs, which no cache is made on.
///
/// # Errors
/// If it can't be made.
pub fn scratch() -> io::Result<TempDir> {
    let beside = std::env::current_exe()?;
    tempfile::tempdir_in(beside.parent().unwrap_or(&beside))
}
