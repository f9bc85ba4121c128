//! Everything that *does*: open files, the read path, fetching, look-ahead, memory.
//!
//! One [`Engine`] serves a process. It owns the host's cache, the memory budget, the parsed footers
//! and a small tokio runtime that only fetches. A [`Store`] is one file system instance: a place
//! bytes come from, with one principal's rights. A [`File`] is one open stream of one pinned version.
//!
//! A read asks, cell by cell: the SSD cache, the RAM tier, a flight under way, and only then plans
//! new fetches. The planner (forebay-plan) decides *what*; the scheduler here decides *when*; the
//! origin (forebay-origin, or the Java side for delegate stores) brings the bytes.
//!
//! A file system without a wrapped one also lists, writes, copies and deletes here: [`Store::call`] and
//! [`Store::upload`].
//!
//! Invariants:
//! - A fault of the cache is a miss. Only the origin's errors leave this crate.
//! - Nothing here calls the host back. A read that must wait returns [`ReadStep::Pending`] within
//!   100 ms so that the caller can notice an interrupt, and is simply made again.
//! - Bytes in flight, kept or queued for the disk are counted in one [`budget::Budget`].
//! - Flights are shared within one store only: no bytes and no errors cross principals.

mod admission;
mod ahead;
pub mod budget;
mod buffer;
mod engine;
mod fetch;
mod file;
mod flight;
mod habits;
mod inquiry;
mod keys;
mod log;
mod meter;
mod metrics;
mod next_file;
mod object;
mod objects;
mod origins;
mod ram;
pub mod reference;
#[cfg(test)]
#[cfg(feature = "schedules")]
mod schedules;
mod spans;
mod store;
mod tail;
pub mod tool;
mod upload;
mod validate;

pub use engine::{Engine, EngineSettings, Level, Note, Started, shared};
pub use file::{Claim, File, FileStatistics, ReadHints, ReadStep};
pub use forebay_cache::CELL;
pub use forebay_origin::{
    AzureDirectory, AzureIdentity, AzureSettings, Credentials, Encryption, Existing, Found,
    GcsIdentity, GcsSettings, LineSettings, ListAsk, Page, Part, RetryPolicy, Status, Surroundings,
    Undeleted, Upload as PartsUpload, WriteSettings,
};
pub use forebay_plan::ReadPolicy;
pub use forebay_types::{ETag, Error, ErrorKind, Result, Version, config::Settings};
pub use inquiry::{Answer, Asker, Inquiry};
pub use keys::KEYS;
pub use log::{LogLine, drain_log};
pub use metrics::{count_window_bytes, metrics};
pub use objects::{Brought, Call, Copied, Pending};
pub use reference::key_rows;
pub use store::{Access, DirectSettings, Proof, Store, StoreSettings};
pub use upload::{Upload, UploadSettings, UploadStep};
