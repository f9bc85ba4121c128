//! One fetch for all processes of a host.
//!
//! Before a flight asks the store it claims its cells (forebay-cache's `claim`). Where another process
//! has claimed them it waits, a bounded time, and then takes what that process has put into the
//! cache; only what is still missing is asked for. The claim is kept until the cells are written.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use forebay_cache::{Claim, FetchClaim};
use forebay_types::Result;
use forebay_types::sync::Mutex;

use super::{FlightSink, Job, Landing};
use crate::metrics::{CLAIMS_OUTWAITED, SHARED_BYTES};

/// The longest wait of a reader for another process: as long as a healthy store takes for a piece of 8 MiB over a
/// slow connection, so that one which takes longer is stopped, or stuck.
const LONGEST: Duration = Duration::from_secs(1);

/// The longest where no reader waits: it holds memory only, and what a store under load takes long
/// to send should not be asked of it twice. Beyond it the other process is stopped, or stuck.
const UNAWAITED: Duration = Duration::from_secs(4);

/// The shortest: below it waiting costs more than it saves.
const SHORTEST: Duration = Duration::from_millis(50);

/// Claims whose times are remembered, for the 95th percentile among them.
const REMEMBERED: usize = 64;

/// Bytes the cache must hold in a row to be worth a request of their own around them: less is fetched
/// along, as the planner does with gaps.
const WORTH_A_REQUEST: u64 = 256 << 10;

/// Bytes taken from the cache at a time.
const PIECE: usize = 256 << 10;

/// Where a flight's bytes came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brought {
    /// All of them lay in the cache already.
    FromCache,
    /// Some had to be asked for, first by a request sent at that time.
    FromStore { sent: Instant },
}

/// Claims are told apart by length, in classes that double five times: up to 32 KiB, 1 MiB, and longer.
const CLASS: u32 = 5;

/// How long this process waits for others: twice the 95th percentile of what its own claims of about
/// that length take, from the request until the cells are written.
#[derive(Debug, Default)]
pub(super) struct Patience([Mutex<VecDeque<Duration>>; 3]);

impl Patience {
    fn class(&self, bytes: u64) -> &Mutex<VecDeque<Duration>> {
        let octaves = (bytes >> 10).checked_ilog2().unwrap_or(0);
        let [short, middle, long] = &self.0;
        match octaves / CLASS {
            0 => short,
            1 => middle,
            _ => long,
        }
    }

    pub(super) fn learn(&self, bytes: u64, took: Duration) {
        let mut times = self.class(bytes).lock();
        times.push_back(took);
        if times.len() > REMEMBERED {
            times.pop_front();
        }
    }

    fn with(&self, bytes: u64) -> Duration {
        let mut times: Vec<Duration> = self.class(bytes).lock().iter().copied().collect();
        times.sort_unstable();
        let place = times.len() * 95 / 100;
        times.get(place).map_or(LONGEST, |p95| (*p95 * 2).clamp(SHORTEST, LONGEST))
    }
}

impl Landing {
    /// Claims the flight's cells, waiting for whoever else fetches them; `None` where they can't be
    /// claimed or the other one takes too long.
    pub(super) async fn claim(&self) -> Option<FetchClaim> {
        let Job { flight, object, .. } = &self.job;
        let cache = self.cache.as_ref().filter(|_| object.is_cached())?;
        let mut met = None;
        let mut pause = Duration::from_millis(1);
        loop {
            match cache.claim(&object.identity, flight.range.clone()) {
                Claim::Ours(claim) => return Some(claim),
                Claim::Unknown => return None,
                Claim::Theirs(bytes) => {
                    let met = *met.get_or_insert_with(Instant::now);
                    let until = match flight.awaited() {
                        Some(since) => since.max(met) + self.slot.fetcher.patience.with(bytes),
                        None => met + UNAWAITED,
                    };
                    if Instant::now() >= until {
                        CLAIMS_OUTWAITED.add(1);
                        return None;
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(10));
        }
    }

    /// Lands the whole flight: what the cache holds from there, the rest from the origin.
    pub(super) async fn bring(&self) -> Result<Brought> {
        let Job { flight, object, .. } = &self.job;
        if object.is_surely_cold(flight.range.clone()) {
            let sent = self.ask(flight.range.clone()).await?;
            return Ok(Brought::FromStore { sent });
        }
        let mut first = None;
        let mut at = flight.range.start;
        while at < flight.range.end {
            // The cache may have to ask its disk, up to its deadline; other fetches go on meanwhile.
            let (landed, missing) = tokio::task::block_in_place(|| {
                let missing = self.next_missing(at);
                (self.land_cached(at, missing.start), missing)
            });
            at = landed?;
            // Where it claimed to hold bytes and doesn't, it is a fault of the cache, and a miss.
            let wanted = if at < missing.start { at..flight.range.end } else { missing };
            if wanted.start < wanted.end {
                at = wanted.end;
                let sent = self.ask(wanted).await?;
                first.get_or_insert(sent);
            }
        }
        Ok(first.map_or(Brought::FromCache, |sent| Brought::FromStore { sent }))
    }

    /// Lands a range from the origin: when its request was sent.
    async fn ask(&self, range: Range<u64>) -> Result<Instant> {
        let Job { flight, object, origin, .. } = &self.job;
        let (sent, length) = (Instant::now(), range.end - range.start);
        let mut sink = FlightSink { flight: Arc::clone(flight), first: None };
        origin.fetch(&object.identity, range, &mut sink).await?;
        if let Some(first) = sink.first {
            self.slot.fetcher.meter.record(first - sent, sent.elapsed(), length);
        }
        Ok(sent)
    }

    /// The next part of the flight, from `at` on, that has to be asked for; empty at its end.
    fn next_missing(&self, at: u64) -> Range<u64> {
        let Job { flight, object, .. } = &self.job;
        let end = flight.range.end;
        let mut next: Option<Range<u64>> = None;
        for gap in object.not_cached(at..end) {
            let gap = gap.start.max(at)..gap.end.min(end);
            match &mut next {
                None => next = Some(gap),
                Some(run) if gap.start - run.end < WORTH_A_REQUEST => run.end = gap.end,
                Some(_) => break,
            }
        }
        next.unwrap_or(end..end)
    }

    /// Lands what lies in the cache of `at..to`: how far that went.
    fn land_cached(&self, mut at: u64, to: u64) -> Result<u64> {
        let Job { flight, object, .. } = &self.job;
        let mut piece = Vec::new();
        while at < to {
            let wanted = usize::try_from(to - at).unwrap_or(PIECE).min(PIECE);
            piece.resize(wanted, 0);
            let read = object.read_cached(at, &mut piece);
            if read == 0 {
                break;
            }
            flight.land(&piece[..read])?;
            SHARED_BYTES.add(read as u64);
            at += read as u64;
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_follows_what_claims_take_within_bounds() {
        let patience = Patience::default();
        let learn = |bytes, took| (0..100).for_each(|_| patience.learn(bytes, took));
        assert_eq!(patience.with(4096), LONGEST);
        learn(4096, Duration::from_millis(1));
        assert_eq!(patience.with(4096), SHORTEST);
        assert_eq!(patience.with(8 << 20), LONGEST, "long ones are another matter");
        learn(8 << 20, Duration::from_millis(200));
        assert_eq!(patience.with(4 << 20), Duration::from_millis(400));
        assert_eq!(patience.with(4096), SHORTEST);
        learn(4096, Duration::from_secs(60));
        assert_eq!(patience.with(4096), LONGEST);
    }
}
