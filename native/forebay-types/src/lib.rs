//! The vocabulary every other crate speaks.
//!
//! An [`Error`] says what went wrong in the one shape the whole product uses; an [`Identity`] says
//! which bytes are meant (place and version); a [`config::Key`] is one row of the configuration and
//! a [`metric::Metric`] one row of the metrics; [`sync`] is what threads meet at. This crate is a leaf: it performs no I/O and imports
//! none of the others.

pub mod config;
pub mod error;
pub mod identity;
pub mod metric;
pub mod sync;

pub use error::{Error, ErrorKind, Result};
pub use identity::{ETag, Identity, Location, Version};
