//! What a user may set about our own client.

use std::time::Duration;

use forebay_types::config::{Key, KeyRow, Scope, Span};

/// `fs.forebay.origin.stall-timeout`
pub(crate) static STALL_TIMEOUT: Key<Span> = Key::new(
    "fs.forebay.origin.stall-timeout",
    "10s",
    Scope::FileSystem,
    "How long our own client waits for the next byte of an answer before it asks again.",
    "A healthy store answers within a second; 10s outlasts a failover inside it, and two such waits \
     in a row still end long before a task is thought to hang.",
)
.accepting("a duration from 100ms to 10m", |span| {
    (Duration::from_millis(100)..=Duration::from_secs(600)).contains(&span.0)
});

/// Every row of this crate.
pub static KEYS: &[&dyn KeyRow] = &[&STALL_TIMEOUT];
