//! How fast the store answers: from the fetches themselves, smoothed over the last eight or so.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bodies shorter than this say nothing about bandwidth: they come with the first packets.
const TELLING: u64 = 256 << 10;

/// See the module. 0 means that nothing was measured yet.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    latency_ns: AtomicU64,
    bandwidth: AtomicU64,
}

impl Meter {
    /// Takes note of a fetch of `bytes`: the time to its first byte, and in all.
    pub(crate) fn record(&self, first: Duration, all: Duration, bytes: u64) {
        smooth(&self.latency_ns, u64::try_from(first.as_nanos()).unwrap_or(u64::MAX));
        let body = all.saturating_sub(first).as_nanos().max(1);
        if bytes >= TELLING {
            let rate = u128::from(bytes) * 1_000_000_000 / body;
            smooth(&self.bandwidth, u64::try_from(rate).unwrap_or(u64::MAX));
        }
    }

    /// Time to the first byte.
    pub(crate) fn latency(&self) -> Duration {
        Duration::from_nanos(self.latency_ns.load(Ordering::Relaxed))
    }

    /// Bytes per second of one connection.
    pub(crate) fn bandwidth(&self) -> u64 {
        self.bandwidth.load(Ordering::Relaxed)
    }
}

fn smooth(into: &AtomicU64, value: u64) {
    let before = into.load(Ordering::Relaxed);
    let next = if before == 0 { value } else { before - before / 8 + value / 8 };
    // Two that meet here lose one measurement.
    into.store(next.max(1), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_bodies_tell_the_latency_only() {
        let meter = Meter::default();
        meter.record(Duration::from_millis(30), Duration::from_millis(31), 8 << 10);
        assert_eq!((meter.latency(), meter.bandwidth()), (Duration::from_millis(30), 0));
        meter.record(Duration::from_millis(30), Duration::from_millis(130), 9_000_000);
        assert_eq!(meter.bandwidth(), 90_000_000);
        meter.record(Duration::from_millis(110), Duration::from_millis(210), 9_000_000);
        assert_eq!(meter.latency(), Duration::from_millis(40), "an eighth of the way");
    }
}
