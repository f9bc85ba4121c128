//! What one stream did, counted: for its statistics, and for the line that explains it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use forebay_plan::Reason;

use crate::flight::Purpose;
use crate::metrics::{PLANNED, STALLED, STALLED_FOR};

const NS_PER_MS: u64 = 1_000_000;

/// What one stream did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileStatistics {
    /// Bytes handed out.
    pub bytes: u64,
    /// Calls that handed out bytes.
    pub reads: u64,
    /// Fetches this stream began because it needed their bytes.
    pub demand_flights: u64,
    /// Fetches this stream began ahead of its reader.
    pub ahead_flights: u64,
    /// Time spent waiting, in nanoseconds.
    pub stalled_ns: u64,
}

type ByReason = [AtomicU64; Reason::ALL.len()];

/// See the module. What is counted by reason counts for the process too.
#[derive(Debug, Default)]
pub(super) struct Counts {
    bytes: AtomicU64,
    reads: AtomicU64,
    demand_flights: AtomicU64,
    ahead_flights: AtomicU64,
    stalled_ns: AtomicU64,
    /// Of that, by what was waited for.
    stalled_for: ByReason,
    /// Bytes fetched, by the reason of their plan.
    planned: ByReason,
}

impl Counts {
    /// A call handed out so many bytes.
    pub(super) fn served(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// So many flights began for a plan's piece, with so many bytes.
    pub(super) fn began(&self, purpose: Purpose, reason: Reason, flights: usize, bytes: u64) {
        let counter = match purpose {
            Purpose::Demand => &self.demand_flights,
            Purpose::Ahead(_) => &self.ahead_flights,
        };
        counter.fetch_add(flights as u64, Ordering::Relaxed);
        PLANNED[reason.number()].add(bytes);
        self.planned[reason.number()].fetch_add(bytes, Ordering::Relaxed);
    }

    /// A reader waited so long.
    pub(super) fn stalled(&self, reason: Reason, time: Duration) {
        let waited = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        STALLED.add(waited);
        STALLED_FOR[reason.number()].add(waited);
        self.stalled_for[reason.number()].fetch_add(waited, Ordering::Relaxed);
        self.stalled_ns.fetch_add(waited, Ordering::Relaxed);
    }

    /// How long readers waited in all.
    pub(super) fn stalled_in_all(&self) -> Duration {
        Duration::from_nanos(self.stalled_ns.load(Ordering::Relaxed))
    }

    pub(super) fn statistics(&self) -> FileStatistics {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        FileStatistics {
            bytes: get(&self.bytes),
            reads: get(&self.reads),
            demand_flights: get(&self.demand_flights),
            ahead_flights: get(&self.ahead_flights),
            stalled_ns: get(&self.stalled_ns),
        }
    }

    /// The same in words; `used` and `unread` are what became of the bytes fetched ahead.
    pub(super) fn describe(&self, used: u64, unread: u64) -> String {
        let FileStatistics { bytes, reads, demand_flights, ahead_flights, stalled_ns } =
            self.statistics();
        format!(
            "{bytes} bytes in {reads} reads, {demand_flights} fetches on demand, {ahead_flights} ahead; \
             bytes fetched by reason: {}; of those ahead {used} were read, {unread} not yet; {} ms stalled, \
             by reason: {}",
            by_reason(&self.planned, 1),
            stalled_ns / NS_PER_MS,
            by_reason(&self.stalled_for, NS_PER_MS),
        )
    }
}

/// What was counted by reason, where that is anything in this unit.
fn by_reason(counts: &ByReason, unit: u64) -> String {
    let counted = Reason::ALL.iter().zip(counts);
    let shown: Vec<String> = counted
        .map(|(reason, count)| (reason, count.load(Ordering::Relaxed) / unit))
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| format!("{} {count}", reason.name()))
        .collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_tells_what_it_fetched_and_what_it_waited_for_by_reason() {
        let counts = Counts::default();
        assert!(counts.describe(0, 0).ends_with("0 ms stalled, by reason: none"));
        counts.began(Purpose::Demand, Reason::Chunk, 1, 4096);
        counts.began(Purpose::Ahead(Reason::NextRowGroup), Reason::NextRowGroup, 2, 8192);
        counts.served(100);
        counts.stalled(Reason::Chunk, Duration::from_millis(30));
        counts.stalled(Reason::NextRowGroup, Duration::from_millis(5));
        counts.stalled(Reason::Tail, Duration::from_micros(10));
        assert_eq!(
            counts.describe(100, 8092),
            "100 bytes in 1 reads, 1 fetches on demand, 2 ahead; bytes fetched by reason: chunk 4096, \
             next-row-group 8192; of those ahead 100 were read, 8092 not yet; 35 ms stalled, by reason: \
             chunk 30, next-row-group 5"
        );
        assert_eq!(counts.stalled_in_all(), Duration::from_micros(35_010));
    }
}
