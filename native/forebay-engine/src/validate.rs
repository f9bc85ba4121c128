//! The validating mode: a share of what the cache answered is asked of the origin once more.
//!
//! Every cell is checked on every read already; this answers the doubt that is left, whether what was
//! checked is what the store holds. A sampled read is served as ever; behind it the same bytes of the
//! same pinned version are fetched by the same principal and compared. A difference is counted,
//! logged with object and place, and its cells are dropped. Samples under way are few and their
//! memory counts against the budget of fetches: what doesn't fit is not sampled.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use forebay_origin::{Origin, Sink};
use forebay_types::Result;
use forebay_types::config::Settings;

use crate::engine::Engine;
use crate::keys::VALIDATE_SAMPLE;
use crate::metrics::{VALIDATE_SKIPPED, VALIDATE_WRONG, VALIDATED};
use crate::object::Object;

/// Bytes of one read that are compared at most, and of all samples under way.
const LARGEST: usize = 1 << 20;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Validation {
    /// Of 2^32 reads, how many are sampled.
    share: u64,
    drawn: AtomicU64,
    under_way: Arc<AtomicU64>,
}

impl Validation {
    /// What `config` says.
    ///
    /// # Errors
    /// `InvalidArgument` for a share that is none.
    pub(crate) fn configured(config: &Settings) -> Result<Validation> {
        let share = config.require(&VALIDATE_SAMPLE)?;
        let mut of_all = 0;
        // Binary digits of the share: no cast that could lose anything.
        let mut rest = share;
        for bit in (0..32).rev() {
            rest *= 2.0;
            if rest >= 1.0 {
                of_all |= 1u64 << bit;
                rest -= 1.0;
            }
        }
        let share = if share >= 1.0 { 1 << 32 } else { of_all };
        Ok(Validation { share, ..Validation::default() })
    }

    /// Whether the next read that the cache answered is sampled.
    pub(crate) fn draws(&self) -> bool {
        if self.share == 0 {
            return false;
        }
        let n = self.drawn.fetch_add(1, Ordering::Relaxed);
        // A Weyl sequence: as even as a share can be, and no two threads draw the same.
        (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) < self.share
    }

    /// Compares what `served` says was at `offset` with what `origin` says.
    pub(crate) fn sample(
        &self,
        engine: &Engine,
        object: &Arc<Object>,
        origin: Arc<dyn Origin>,
        offset: u64,
        served: &[u8],
    ) {
        let served = &served[..served.len().min(LARGEST)];
        let length = served.len() as u64;
        let Some(memory) = engine.fetcher.budget.try_reserve(length * 2) else {
            VALIDATE_SKIPPED.add(1);
            return;
        };
        let most = LARGEST as u64;
        let more = |bytes: u64| bytes.checked_add(length).filter(|sum| *sum <= most);
        if self.under_way.try_update(Ordering::AcqRel, Ordering::Acquire, more).is_err() {
            VALIDATE_SKIPPED.add(1);
            return;
        }
        let (object, served) = (Arc::clone(object), served.to_vec());
        let under_way = Arc::clone(&self.under_way);
        let compare = async move {
            let range = offset..offset + length;
            let mut fetched = Gathered(Vec::with_capacity(served.len()));
            match origin.fetch(&object.identity, range.clone(), &mut fetched).await {
                Ok(()) => judge(&object, range, &served, &fetched.0),
                // Overwritten, forbidden or out of reach: there is nothing to compare with.
                Err(_) => VALIDATE_SKIPPED.add(1),
            }
            under_way.fetch_sub(length, Ordering::AcqRel);
            drop(memory);
        };
        engine.fetcher.spawn(compare);
    }
}

fn judge(object: &Object, range: Range<u64>, served: &[u8], fetched: &[u8]) {
    VALIDATED.add(served.len() as u64);
    let Some(at) = served.iter().zip(fetched).position(|(a, b)| a != b) else { return };
    VALIDATE_WRONG.add(1);
    tracing::error!(
        object = %object.identity.location().display(),
        etag = %object.identity.version().etag,
        at = range.start + at as u64,
        "the cache answered bytes that the store does not hold; their cells were dropped"
    );
    object.drop_cells(range);
}

struct Gathered(Vec<u8>);

impl Sink for Gathered {
    fn accept(&mut self, bytes: Bytes) -> Result<()> {
        self.0.extend_from_slice(&bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(share: &str) -> usize {
        let config = Settings::new([("fs.forebay.validate.sample", share)], None);
        let validation = Validation::configured(&config).unwrap();
        (0..100_000).filter(|_| validation.draws()).count()
    }

    #[test]
    fn the_share_is_kept() {
        assert_eq!(drawn("0"), 0);
        assert_eq!(drawn("1"), 100_000);
        assert!((990..1010).contains(&drawn("0.01")), "{}", drawn("0.01"));
        assert!((49_900..50_100).contains(&drawn("0.5")));
        let config = Settings::new([("fs.forebay.validate.sample", "1.5")], None);
        assert!(Validation::configured(&config).is_err());
    }
}
