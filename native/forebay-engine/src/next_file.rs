//! Fetches the first row group of a file that a task is about to open, while its status is asked for.
//!
//! What is fetched lies in flights of the object, at the version they name; a reader gets it when it has
//! opened that version, which it does when the version is confirmed. If the file has another one by now
//! the flights fail, and nobody hears of them. Only with a cache on disk: there it is not lost if the task
//! never comes to the file.

use std::sync::Arc;

use forebay_plan::{MAX_PIECE, next_file};

use crate::flight::{Carrier, Flight, Purpose};
use crate::metrics::PLANNED;
use crate::object::{Object, cells};
use crate::store::Store;
use crate::tail::footer_at_hand;

/// The owner of what is fetched of a file before a stream of it is open.
pub(crate) const NEXT: u64 = u64::MAX;

impl Store {
    /// Begins to fetch what the reader of `object` will want after its footer, where both are known: the
    /// footer from memory or from what has just come, the columns from the file that was read before.
    pub(crate) fn fetch_next_file(&self, object: &Arc<Object>) {
        let Ok(origin) = self.origin() else { return };
        if !object.is_cached() {
            return;
        }
        let (plan, habit) = self.plan_of(object);
        let Some(footer) = footer_at_hand(&self.engine, object, plan.tail) else { return };
        let sets = habit.lock().column_sets(footer.schema_fingerprint());
        let Some(columns) = sets.first() else { return };
        for piece in next_file(&footer, columns, &plan) {
            let whole = cells(piece.range.clone(), object.identity.length());
            let begun = object.begin(whole, 0..0, MAX_PIECE, |part| {
                Flight::new(NEXT, part, Carrier::Direct, Purpose::Ahead(piece.reason))
            });
            PLANNED[piece.reason.number()].add(begun.iter().map(|flight| flight.length()).sum());
            let jobs = begun.into_iter().map(|flight| self.job(flight, object, &origin)).collect();
            self.engine.fetcher.submit(jobs, piece.priority);
        }
    }
}
