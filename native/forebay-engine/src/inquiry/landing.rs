//! Where the body of a GET of an object's last bytes goes: into flights, which readers find at once.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use forebay_origin::{Sink, Status, TailSink};
use forebay_plan::{MAX_PIECE, Reason};
use forebay_types::Result;

use super::{Answer, Question, whole_cells};
use crate::fetch;
use crate::flight::{Carrier, Flight, Purpose};
use crate::metrics::{FLIGHTS, LOOKED};
use crate::object::{Object, cells};
use crate::store::{NOBODY, Store};

/// Where the answer to a GET of the last bytes goes.
pub(super) struct Landing<'a> {
    question: &'a Question,
    pub(super) sent: Instant,
    body: Option<Body>,
}

/// The flights that a body lands in: those of its cells that nobody has.
struct Body {
    object: Arc<Object>,
    flights: Vec<Arc<Flight>>,
    /// Where the next byte of the body belongs.
    at: u64,
    began: Instant,
    length: u64,
}

impl<'a> Landing<'a> {
    /// For the answer to a request that is about to be sent.
    pub(super) fn of(question: &'a Question) -> Landing<'a> {
        Landing { question, sent: Instant::now(), body: None }
    }
}

impl TailSink for Landing<'_> {
    fn begin(&mut self, status: &Status, start: u64) -> bool {
        LOOKED.add(1);
        let Question { store, key, inquiry, .. } = self.question;
        let object = store.object(key, status.version.clone());
        if let Ok(object) = &object {
            object.note(status.encryption);
            object.prove(self.sent);
            store.saw_length(object);
        }
        // Begun before the answer is known: who waits for it reads at once, and must find them.
        self.body = object.ok().map(|object| {
            let flights = tokio::task::block_in_place(|| begin_flights(store, &object, start));
            let (began, length) = (Instant::now(), status.version.length - start);
            Body { object, flights, at: start, began, length }
        });
        inquiry.settle(Answer::Present(status.clone()));
        self.body.is_some()
    }
}

/// Begins flights for what nobody has of the object's whole cells from `start` on.
fn begin_flights(store: &Store, object: &Arc<Object>, start: u64) -> Vec<Arc<Flight>> {
    let length = object.identity.length();
    let reason = if start == 0 { Reason::Whole } else { Reason::Tail };
    let range = cells(whole_cells(start)..length, length);
    let mut flights = object.begin(range, 0..0, MAX_PIECE, |part| {
        Flight::new(NOBODY, part, Carrier::Direct, Purpose::Ahead(reason))
    });
    flights.retain(|flight| {
        let room = store.engine.fetcher.budget.try_reserve(flight.length());
        let flies = room.is_some_and(|room| flight.take_off(room).is_ok());
        if !flies {
            give_up(object, flight);
        }
        flies
    });
    FLIGHTS.add(flights.len() as u64);
    flights
}

fn give_up(object: &Object, flight: &Flight) {
    object.forget(flight);
    flight.fail(fetch::error("there is no memory for this, or its body broke"));
}

impl Sink for Landing<'_> {
    fn accept(&mut self, bytes: Bytes) -> Result<()> {
        let Some(Body { flights, at, .. }) = &mut self.body else { return Ok(()) };
        let came = *at..*at + bytes.len() as u64;
        *at = came.end;
        for flight in flights.iter() {
            let from = came.start.max(flight.range.start);
            let to = came.end.min(flight.range.end);
            let place = |at: u64| usize::try_from(at - came.start).unwrap_or(usize::MAX);
            if let Some(part) = (from < to).then(|| bytes.get(place(from)..place(to))).flatten() {
                // A flight that was given up meanwhile wants no more; the others do.
                let _ = flight.land(part);
            }
        }
        Ok(())
    }
}

impl Landing<'_> {
    /// Gives what has landed to the cache.
    pub(super) fn finish(mut self) {
        let Some(Body { object, flights, began, length, .. }) = self.body.take() else { return };
        let engine = &self.question.store.engine;
        engine.fetcher.meter.record(began - self.sent, self.sent.elapsed(), length);
        for flight in flights {
            match flight.finish() {
                Ok(bytes) => {
                    let fetcher = Arc::clone(&engine.fetcher);
                    let released = move || fetcher.dispatch();
                    object.landed(engine.cache.as_ref(), &flight, bytes, released);
                }
                Err(error) => {
                    tracing::debug!(%error, "the last bytes of a file broke off");
                    object.forget(&flight);
                }
            }
        }
        tokio::task::block_in_place(|| self.question.fetch_on(&object));
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        if let Some(Body { object, flights, .. }) = self.body.take() {
            flights.iter().for_each(|flight| give_up(&object, flight));
        }
    }
}
