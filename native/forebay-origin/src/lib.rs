//! Where bytes come from.
//!
//! An [`Origin`] fetches a range of an object whose version is already pinned, and hands the body to
//! a [`Sink`] as it lands. [`S3Origin`] is one attempt at that by an S3 client of our own;
//! [`Retrying`] wraps any origin and goes on, from the byte it has come to, as long as its
//! [`RetryPolicy`] says so. [`SharedCredentials`] is where the client finds the keys to sign with;
//! the host replaces them there whenever its own provider has new ones. [`GcsOrigin`] and [`AzureOrigin`]
//! are clients of the other stores; what is done to a store beside reading it is a [`Bucket`].
//!
//! Invariants:
//! - No byte reaches a sink before the answer's own ETag, total length and range were found to be
//!   those that were asked for. An answer that contradicts its request is an error, never data.
//! - A fetch that succeeds has delivered the range exactly, in order; one that fails has delivered a
//!   correct beginning of it.
//! - Every wait has an end, and nothing that a store sends is held without a bound.
//! - No secret is in any error, log line or `Debug`.
//!
//! This is the only crate that names a cloud client.

mod ask;
mod azure;
mod body;
mod bucket;
mod call;
mod client;
mod connections;
mod credentials;
mod gcs;
mod keys;
mod line;
mod metrics;
mod origin;
mod retry;
mod s3;

pub use azure::{AzureDirectory, AzureIdentity, AzureOrigin, AzureSettings};
pub use bucket::{Bucket, PartBody};
pub use connections::Connections;
pub use credentials::{Credentials, Secret, SharedCredentials, Surroundings};
pub use gcs::{GcsIdentity, GcsOrigin, GcsSettings};
pub use keys::KEYS;
pub use line::LineSettings;
pub use metrics::METRICS;
pub use origin::{Listener, Look, Looked, Origin, Sink, Status, TailSink};
pub use retry::{RetryPolicy, Retrying};
#[cfg(feature = "hostile")]
pub use s3::hostile;
pub use s3::{
    DELETE_PAGE, Encryption, Existing, Found, ListAsk, Page, Part, S3Origin, S3Settings, Undeleted,
    Upload, WriteSettings,
};
