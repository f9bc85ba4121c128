//! Locks, condition variables, atomics, channels and threads, as the product or as a test has them.
//!
//! What runs in several threads takes these from here. They are parking_lot's and the standard library's own
//! types, with no code between, unless the feature `schedules` is on, which no product build has: then
//! they are Shuttle's, in the same shape, and at each of their operations the test decides which thread
//! goes on. `make schedules` runs those tests.
//!
//! Counters that only tell (metrics, numbers of flights) and what a process has one of stay outside: they
//! live longer than one schedule.

#[cfg(not(feature = "schedules"))]
pub use parking_lot::{Condvar, Mutex, RwLock};
#[cfg(not(feature = "schedules"))]
pub use std::{
    sync::{atomic, mpsc},
    thread,
};

#[cfg(feature = "schedules")]
pub use scheduled::{Condvar, Mutex, RwLock};
#[cfg(feature = "schedules")]
pub use shuttle::{
    sync::{atomic, mpsc},
    thread,
};

#[cfg(feature = "schedules")]
mod scheduled;
#[cfg(feature = "schedules")]
pub mod schedules;
