//! What the host fetches for a delegate store.
//!
//! A claim is a flight whose bytes a thread of the host brings. Demand is claimed by the thread that
//! waits for it; look-ahead waits here until a thread of the host's pool asks for work.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use forebay_plan::{Piece, Priority};
use forebay_types::{Error, ErrorKind, Result};

use super::File;
use crate::flight::{Carrier, Flight, Purpose};
use crate::metrics::{FLIGHTS, FLIGHTS_FAILED};

/// Ranges of look-ahead kept for the pool, at most: two plans' worth. Later ones are dropped.
const MAX_AHEAD: usize = 64;

/// A range the host has taken upon itself to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The flight to land the bytes on.
    pub flight: u64,
    /// Where the range begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
}

#[derive(Debug, Default)]
pub(super) struct Claims {
    taken: HashMap<u64, Arc<Flight>>,
    ahead: VecDeque<Piece>,
}

impl File {
    /// Takes what a read of `demand` bytes at `position` needs and nobody fetches yet. The calling
    /// thread must read each claim and [`File::land`] or [`File::abandon`] it. None means that others
    /// are fetching: read again, it waits for them.
    ///
    /// # Errors
    /// `Closed`.
    pub fn claims(&self, position: u64, demand: u64) -> Result<Vec<Claim>> {
        self.check_open()?;
        let demand = demand.min(self.length().saturating_sub(position));
        if demand == 0 {
            return Ok(Vec::new());
        }
        // The tiers have just failed to give the first byte; take them at their word.
        let lost = crate::object::cells(position..position + 1, self.length());
        let mut claimed = Vec::new();
        let read = position..position + demand;
        for piece in self.plan(&[read]) {
            match piece.priority {
                Priority::Demand => {
                    let begun =
                        self.begin(&piece, lost.clone(), Purpose::Demand, Carrier::Delegate);
                    claimed.extend(begun.into_iter().filter_map(|flight| self.claim(flight)));
                }
                Priority::SameRowGroup | Priority::NextRowGroup | Priority::NextFile => {
                    self.put_ahead(piece);
                }
            }
        }
        Ok(claimed)
    }

    /// Takes the next piece of look-ahead for a thread of the host's pool.
    ///
    /// # Errors
    /// `Closed`.
    pub fn next_ahead(&self) -> Result<Option<Claim>> {
        self.check_open()?;
        loop {
            let next = self.claims.lock().ahead.pop_front();
            let Some(piece) = next else { return Ok(None) };
            let purpose = Purpose::Ahead(piece.reason);
            let mut begun = self.begin(&piece, 0..0, purpose, Carrier::Delegate).into_iter();
            let Some(first) = begun.next() else { continue };
            // A piece with holes in it comes as several flights; the rest wait for the next thread.
            for rest in begun {
                self.object.forget(&rest);
                let rest = Piece { range: rest.range.clone(), ..piece.clone() };
                self.claims.lock().ahead.push_front(rest);
            }
            if let Some(claim) = self.claim(first) {
                return Ok(Some(claim));
            }
        }
    }

    /// Gives the next bytes of a claim, in order. The last ones end it.
    ///
    /// # Errors
    /// `InvalidArgument` for a flight that this stream does not hold (it was taken over, abandoned
    /// or is complete); `Origin` where more comes than was claimed.
    pub fn land(&self, flight: u64, bytes: &[u8]) -> Result<()> {
        let Some(held) = self.claims.lock().taken.get(&flight).cloned() else {
            return Err(self.unknown(flight));
        };
        let landed = held.land(bytes);
        if landed.is_err() || held.is_whole() {
            self.claims.lock().taken.remove(&flight);
        }
        landed.inspect_err(|error| self.fail(&held, error.clone()))?;
        if held.is_whole() {
            let engine = &self.store.engine;
            let bytes = held.finish()?;
            let fetcher = Arc::clone(&engine.fetcher);
            let released = move || fetcher.dispatch();
            self.object.landed(engine.cache.as_ref(), &held, bytes, released);
        }
        Ok(())
    }

    /// Gives a claim up: its bytes could not be had.
    pub fn abandon(&self, flight: u64) {
        let held = self.claims.lock().taken.remove(&flight);
        if let Some(held) = held {
            self.fail(&held, self.error("the wrapped file system could not read this"));
        }
    }

    pub(super) fn abandon_all(&self) {
        let taken = std::mem::take(&mut *self.claims.lock()).taken;
        for flight in taken.into_values() {
            self.fail(&flight, self.error("the stream was closed"));
        }
    }

    /// Queues the look-ahead that a read which hit gives reason for.
    pub(super) fn queue_ahead(&self, position: u64, bytes: u64) {
        let read = position..position + bytes;
        for piece in self.plan(&[read]) {
            if piece.priority != Priority::Demand {
                self.put_ahead(piece);
            }
        }
    }

    fn put_ahead(&self, piece: Piece) {
        let mut claims = self.claims.lock();
        if claims.ahead.len() < MAX_AHEAD {
            claims.ahead.push_back(piece);
        }
    }

    fn claim(&self, flight: Arc<Flight>) -> Option<Claim> {
        let budget = &self.store.engine.fetcher.budget;
        let reservation = match flight.purpose {
            Purpose::Demand => Some(budget.reserve_anyway(flight.length())),
            Purpose::Ahead(_) => budget.try_reserve(flight.length()),
        };
        let flying = reservation.is_some_and(|room| flight.take_off(room).is_ok());
        if !flying {
            self.object.forget(&flight);
            flight.fail(self.error("there is no memory for this fetch"));
            return None;
        }
        FLIGHTS.add(1);
        let claim =
            Claim { flight: flight.id, offset: flight.range.start, length: flight.length() };
        self.claims.lock().taken.insert(flight.id, flight);
        Some(claim)
    }

    /// A failed claim leaves nothing behind: whoever waits for its bytes claims them anew, and the
    /// host's own thread knows its own exception.
    fn fail(&self, flight: &Flight, error: Error) {
        FLIGHTS_FAILED.add(1);
        self.object.forget(flight);
        flight.fail(error);
    }

    fn unknown(&self, flight: u64) -> Error {
        Error::new(
            ErrorKind::InvalidArgument,
            "land",
            self.object.identity.location().display(),
            format!("flight {flight} is not this stream's, or has ended"),
        )
    }
}
