//! What Forebay is tested with, and nothing that ships.
//!
//! - [`proxy`]: a shaping, counting HTTP proxy in front of a real S3 server. It gives a server on
//!   loopback the latency and bandwidth of a cloud store, and it is the one place where requests
//!   and bytes are counted: Forebay never counts for itself. The binary `forebay-proxy` is the
//!   same proxy for scripts.
//! - [`origin`]: an S3-like server in this process over objects in memory, for tests of crates
//!   that need a store's answers and not a store.
//! - [`faults`]: what either of them may do to an answer, by seed and probability.
//! - [`content`]: bytes that say which object, version and offset they belong to, so that a wrong
//!   byte explains itself.
//! - [`parquet`]: small, real Parquet files with a known layout.
//! - [`orc`]: ORC files whose footers are real and whose streams are not.
//!
//! Every server binds 127.0.0.1, runs on a thread of its own with its own runtime, and stops when
//! the value that stands for it is dropped; tests need no runtime to use one.

pub mod content;
pub mod faults;
pub mod orc;
pub mod origin;
pub mod parquet;
pub mod proxy;

mod hosting;
#[cfg(test)]
mod raw_http;
mod url_text;
