//! Metrics, declared once where they are counted.
//!
//! A row is a `static` of its crate, counts for the whole process, and is listed in that crate's
//! `METRICS`; METRICS.md and the names Java sees are generated from those lists. Counting is one
//! relaxed atomic addition: no lock, no allocation, no name look-up.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a metric counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Plain events.
    Count,
    /// Bytes.
    Bytes,
    /// Nanoseconds.
    Nanoseconds,
}

impl Unit {
    /// The unit's name in METRICS.md.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Count => "count",
            Unit::Bytes => "bytes",
            Unit::Nanoseconds => "ns",
        }
    }
}

/// Whether a metric only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Grows from 0 at process start.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// One row.
#[derive(Debug)]
pub struct Metric {
    name: &'static str,
    unit: Unit,
    shape: Shape,
    sentence: &'static str,
    value: AtomicU64,
}

impl Metric {
    /// A counter, for a `static`.
    #[must_use]
    pub const fn counter(name: &'static str, unit: Unit, sentence: &'static str) -> Metric {
        Metric { name, unit, shape: Shape::Counter, sentence, value: AtomicU64::new(0) }
    }

    /// A gauge, for a `static`.
    #[must_use]
    pub const fn gauge(name: &'static str, unit: Unit, sentence: &'static str) -> Metric {
        Metric { name, unit, shape: Shape::Gauge, sentence, value: AtomicU64::new(0) }
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.value.fetch_add(n, Ordering::Relaxed);
    }

    /// Takes `n` off a gauge.
    pub fn subtract(&self, n: u64) {
        self.value.fetch_sub(n, Ordering::Relaxed);
    }

    /// Sets a gauge.
    pub fn set(&self, n: u64) {
        self.value.store(n, Ordering::Relaxed);
    }

    /// The present value.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }

    /// Dotted, lower case, such as `read.bytes.ssd`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it counts in.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// Counter or gauge.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// One sentence for METRICS.md.
    #[must_use]
    pub const fn sentence(&self) -> &'static str {
        self.sentence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SAMPLE: Metric = Metric::gauge("sample.bytes", Unit::Bytes, "A sample.");

    #[test]
    fn a_gauge_goes_up_and_down() {
        SAMPLE.add(5);
        SAMPLE.subtract(2);
        assert_eq!(SAMPLE.get(), 3);
        SAMPLE.set(9);
        assert_eq!((SAMPLE.get(), SAMPLE.unit().name()), (9, "bytes"));
    }
}
