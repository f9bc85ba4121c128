//! How many requests a store is sent at once, by what it says to them.
//!
//! Additive increase, multiplicative decrease, as TCP has it: an answer of "slow down" halves the number,
//! and every full round of other answers raises it by one, up to what the user allows. Requests that left
//! before the last cut say nothing new by being refused too.
//!
//! Times are given by the caller, from any clock that doesn't go back.

use std::time::Duration;

/// Parts of one request that the number is counted in, so that rises smaller than one add up.
const PARTS: u64 = 1 << 20;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    most: u64,
    now: u64,
    cut: Option<Duration>,
}

impl Allowance {
    /// `most` requests at once, until the store says otherwise.
    #[must_use]
    pub fn new(most: u32) -> Allowance {
        let most = u64::from(most.max(1)) * PARTS;
        Allowance { most, now: most, cut: None }
    }

    /// How many requests may be under way; at least one.
    #[must_use]
    pub fn requests(&self) -> u32 {
        u32::try_from(self.now / PARTS).unwrap_or(u32::MAX).max(1)
    }

    /// Takes note of an answer that did not ask for fewer requests.
    pub fn answered(&mut self) {
        self.now = (self.now + PARTS / u64::from(self.requests())).min(self.most);
    }

    /// Takes note, at `now`, of "slow down" in answer to a request that left at `sent`; says whether it
    /// was new.
    pub fn slow_down(&mut self, sent: Duration, now: Duration) -> bool {
        let news = self.cut.is_none_or(|cut| sent >= cut);
        if news {
            self.now = (self.now / 2).max(PARTS);
            self.cut = Some(now);
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_refusal_halves_once_for_all_that_was_under_way() {
        let mut allowance = Allowance::new(32);
        assert_eq!(allowance.requests(), 32);
        assert!(allowance.slow_down(10 * MS, 40 * MS));
        for _ in 0..31 {
            assert!(!allowance.slow_down(20 * MS, 41 * MS), "it left before the cut");
        }
        assert_eq!(allowance.requests(), 16);
        assert!(allowance.slow_down(45 * MS, 50 * MS));
        assert_eq!(allowance.requests(), 8);
        for at in 60..100 {
            allowance.slow_down(at * MS, at * MS);
        }
        assert_eq!(allowance.requests(), 1, "one always may");
    }

    #[test]
    fn a_round_of_answers_raises_by_one_and_the_user_s_number_is_the_most() {
        let mut allowance = Allowance::new(8);
        allowance.slow_down(MS, MS);
        assert_eq!(allowance.requests(), 4);
        for rounds in 0..4 {
            assert_eq!(allowance.requests(), 4 + rounds);
            // One more than the round: thirds don't add up to a whole.
            (0..=4 + rounds).for_each(|_| allowance.answered());
        }
        (0..1000).for_each(|_| allowance.answered());
        assert_eq!(allowance.requests(), 8);
    }

    /// A store that bears ten requests at once and refuses the rest, asked for a virtual minute.
    #[test]
    fn it_settles_around_what_a_store_bears() {
        let mut allowance = Allowance::new(64);
        let (mut served, mut refused) = (0, 0);
        for round in 1..=2000_u32 {
            let sent = round * 30 * MS;
            for request in 0..allowance.requests() {
                if request < 10 {
                    allowance.answered();
                    served += 1;
                } else {
                    allowance.slow_down(sent, sent + MS);
                    refused += 1;
                }
            }
        }
        assert!(served > 2000 * 7, "{served} of {} were served", 2000 * 10);
        assert!(refused * 10 < served, "{refused} were refused for {served}");
    }
}
