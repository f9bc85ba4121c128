//! What this crate counts.

use forebay_types::metric::{Metric, Unit};

/// Requests sent to stores.
pub(crate) static REQUESTS: Metric =
    Metric::counter("origin.requests", Unit::Count, "Requests our own client sent to stores.");

/// Bytes that reached a sink.
pub(crate) static BYTES: Metric = Metric::counter(
    "origin.bytes",
    Unit::Bytes,
    "Bytes our own client received and passed on, each from an answer whose version was checked.",
);

/// Attempts after the first.
pub(crate) static RETRIES: Metric =
    Metric::counter("origin.retries", Unit::Count, "Fetches our own client tried again.");

/// Fetches that failed for good.
pub(crate) static ERRORS: Metric = Metric::counter(
    "origin.errors",
    Unit::Count,
    "Fetches our own client gave up, after its retries or because a retry could not help.",
);

/// Answers that asked for fewer requests.
pub(crate) static THROTTLED: Metric = Metric::counter(
    "origin.throttled",
    Unit::Count,
    "Answers by which a store asked for fewer requests (status 429 or 503).",
);

/// Answers that contradicted their request.
pub(crate) static REFUSED: Metric = Metric::counter(
    "origin.refused-answers",
    Unit::Count,
    "Answers thrown away because their ETag, length or range was not what had been asked for.",
);

/// Every row of this crate.
pub static METRICS: &[&Metric] = &[&REQUESTS, &BYTES, &RETRIES, &ERRORS, &THROTTLED, &REFUSED];
