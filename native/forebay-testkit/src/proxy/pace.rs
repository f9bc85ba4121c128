//! Bandwidth as virtual time: each slice of a body is due at the moment its last byte would have
//! come through a link of the given speed, one link per body and one that all bodies share.
//!
//! A slice may leave a little early ([`STEP`]) so that a body sleeps every few milliseconds and not
//! at every frame; the last slice of a body waits until it is due, so a whole body is exact.
//! Sleeping too long must not lower the rate: a slice begins where the one before it ended, even if
//! that is [`CATCH_UP`] ago. Time in which nothing was asked for earns nothing: a body's link
//! begins with the body, the shared one with the first of the bodies under way.
//!
//! Nothing here sleeps or reads a clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Shape;

/// How early a slice may leave. tokio's timer counts in milliseconds, so steps of a few are paced
/// with little error and cost 300 wake-ups per second and body.
pub(super) const STEP: Duration = Duration::from_millis(3);

/// How far back a link may catch up: more than a busy machine oversleeps, too little to be seen as
/// a burst after the upstream stalled.
const CATCH_UP: Duration = Duration::from_millis(10);

/// Slices last about this long, within [`SLICES`], so that bodies share the total link fairly.
const SLICE: Duration = Duration::from_millis(3);

/// Bounds of a slice in bytes.
const SLICES: (u64, u64) = (4 << 10, 256 << 10);

/// The link that all bodies share.
#[derive(Debug, Default)]
pub(super) struct Total {
    state: Mutex<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    bodies: usize,
    free_at: Option<Instant>,
}

/// The links of one body.
#[derive(Debug)]
pub(super) struct Pace {
    per_connection: Option<u64>,
    free_at: Instant,
    total: Option<(u64, Arc<Total>)>,
}

impl Pace {
    /// The pace of a body that begins now; none if the shape sets no bandwidth.
    pub(super) fn of(shape: &Shape, total: &Arc<Total>, now: Instant) -> Option<Pace> {
        let shared = shape.total.map(|rate| {
            let mut state = total.state.lock();
            if state.bodies == 0 {
                state.free_at = state.free_at.max(Some(now));
            }
            state.bodies += 1;
            (rate.max(1), total.clone())
        });
        let per_connection = shape.per_connection.map(|rate| rate.max(1));
        let paced = per_connection.is_some() || shared.is_some();
        paced.then_some(Pace { per_connection, free_at: now, total: shared })
    }

    /// The most bytes to let through at once.
    pub(super) fn slice(&self) -> usize {
        let total = self.total.as_ref().map(|(rate, _)| *rate);
        let rate = self.per_connection.into_iter().chain(total).min().unwrap_or(u64::MAX);
        let slice = rate.saturating_mul(u64::from(SLICE.subsec_millis())) / 1000;
        usize::try_from(slice.clamp(SLICES.0, SLICES.1)).unwrap_or(usize::MAX)
    }

    /// Takes `bytes` through the links and returns when the last of them is due.
    pub(super) fn take(&mut self, bytes: u64, now: Instant) -> Instant {
        let mut due = now;
        if let Some(rate) = self.per_connection {
            self.free_at = after(self.free_at, bytes, rate, now);
            due = due.max(self.free_at);
        }
        if let Some((rate, total)) = &self.total {
            let mut state = total.state.lock();
            let free_at = after(state.free_at.unwrap_or(now), bytes, *rate, now);
            state.free_at = Some(free_at);
            due = due.max(free_at);
        }
        due
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        if let Some((_, total)) = &self.total {
            total.state.lock().bodies -= 1;
        }
    }
}

/// When a link that is free at `free_at` has carried `bytes` more.
fn after(free_at: Instant, bytes: u64, rate: u64, now: Instant) -> Instant {
    let begins = free_at.max(now.checked_sub(CATCH_UP).unwrap_or(now));
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate);
    begins + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;
    const BODY: u64 = 8 << 20;

    fn shape(per_connection: Option<u64>, total: Option<u64>) -> Shape {
        Shape { per_connection, total, ..Shape::default() }
    }

    /// Sends a body in virtual time over a machine that wakes `late` after each deadline.
    fn send(pace: &mut Pace, start: Instant, late: Duration) -> Duration {
        let (mut now, mut left) = (start, BODY);
        let slice = pace.slice() as u64;
        while left > 0 {
            let bytes = slice.min(left);
            left -= bytes;
            let due = pace.take(bytes, now);
            let early = if left == 0 { Duration::ZERO } else { STEP };
            if due > now + early {
                now = due + late;
            }
        }
        now - start
    }

    #[test]
    fn a_body_takes_its_size_over_the_rate_however_late_the_timer_wakes() {
        let start = Instant::now();
        for rate in [1, 5, 20, 90, 400].map(|mb| mb * MB) {
            let ideal = Duration::from_nanos(BODY * 1_000_000_000 / rate);
            for late in [0, 300, 1000, 1500].map(Duration::from_micros) {
                for shape in [shape(Some(rate), None), shape(None, Some(rate))] {
                    let total = Arc::new(Total::default());
                    let mut pace = Pace::of(&shape, &total, start).unwrap();
                    let took = send(&mut pace, start, late);
                    let name = format!("{rate} B/s, {late:?} late: {took:?} for {ideal:?}");
                    // Every slice rounds down to a nanosecond.
                    assert!(took + Duration::from_micros(1) >= ideal, "{name}");
                    assert!(took <= ideal + ideal / 20 + late, "{name}");
                }
            }
        }
    }

    #[test]
    fn the_total_is_shared_and_idle_time_earns_nothing() {
        let start = Instant::now();
        let total = Arc::new(Total::default());
        let shape = shape(Some(90 * MB), Some(100 * MB));
        let mut paces: Vec<Pace> =
            (0..4).map(|_| Pace::of(&shape, &total, start).unwrap()).collect();
        let due = paces.iter_mut().map(|pace| pace.take(MB, start)).max().unwrap();
        assert_eq!(due - start, Duration::from_millis(40));
        drop(paces);
        assert_eq!(total.state.lock().bodies, 0);
        let later = start + Duration::from_secs(9);
        let mut pace = Pace::of(&self::shape(None, Some(100 * MB)), &total, later).unwrap();
        assert_eq!(pace.take(100 * MB, later) - later, Duration::from_secs(1));
    }

    #[test]
    fn a_stall_is_made_good_by_the_catch_up_only() {
        let start = Instant::now();
        let total = Arc::new(Total::default());
        let mut pace = Pace::of(&shape(Some(MB), None), &total, start).unwrap();
        let later = start + Duration::from_secs(5);
        assert_eq!(pace.take(MB, later) - later, Duration::from_secs(1) - CATCH_UP);
    }

    #[test]
    fn no_bandwidth_is_no_pace() {
        let total = Arc::new(Total::default());
        assert!(Pace::of(&Shape::default(), &total, Instant::now()).is_none());
    }
}
