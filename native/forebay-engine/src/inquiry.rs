//! What a file is now, asked by the request that brings its first bytes.
//!
//! Readers of columns begin at a file's end, and readers of small files want all of it; so where a read
//! is to be expected the status is asked by a GET of the last bytes, which proves the version they belong
//! to. Where those bytes of the version that was seen last are at hand, only the version is asked for: by
//! a HEAD, or by the same GET with `If-None-Match`, as configured. One request either way, but for an
//! object that is encrypted with a key: there only bytes prove the right to read it (see
//! [`forebay_origin::Encryption`]).
//!
//! The answer is known when the head of the response is; the body lands in flights that readers find
//! while it comes. What becomes of the body changes nothing of the answer.

mod landing;

use std::sync::Arc;
use std::time::Instant;

use forebay_cache::CELL;
use forebay_origin::{Encryption, Look, Looked, Origin, Status};
use forebay_types::{ErrorKind, Result, Version};
use parking_lot::{Condvar, Mutex};

use crate::fetch::Slot;
use crate::file::PATIENCE;
use crate::metrics::{LOOKED_BY_HEAD, NOT_MODIFIED};
use crate::object::Object;
use crate::store::Store;

use landing::Landing;

/// What the store answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet, after 100 ms; ask again.
    UnderWay,
    /// The file is there, and this is its status.
    Present(Status),
    /// It has the version that the asker knew.
    Unchanged,
    /// Nothing that could be relied on; another way must be taken.
    Unsettled(ErrorKind),
}

/// A question under way. Dropping it ends nothing: what comes is kept.
#[derive(Debug)]
pub struct Inquiry {
    answer: Mutex<Answer>,
    settled: Condvar,
}

/// What the task that asks has done before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Nothing that tells what it will read.
    Begins,
    /// It has read another file of the directory, and will probably read the same columns of this one.
    GoesOn,
}

/// How a status is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// By so many last bytes.
    Tail(u64),
    /// By as many, unless the object has this version.
    TailUnless(u64, Version),
    /// By a HEAD, since those bytes are at hand; by them where a HEAD proves no right.
    Head(u64),
}

impl Inquiry {
    /// The answer, for which it waits at most 100 ms.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        let mut answer = self.answer.lock();
        while *answer == Answer::UnderWay {
            if self.settled.wait_until(&mut answer, deadline).timed_out() {
                break;
            }
        }
        answer.clone()
    }

    fn settle(&self, answer: Answer) {
        let mut place = self.answer.lock();
        if *place == Answer::UnderWay {
            *place = answer;
        }
        drop(place);
        self.settled.notify_all();
    }
}

impl Store {
    /// Asks for the present version of `key`, and for the bytes that its reader wants first.
    ///
    /// `known` is the version the caller saw last, which [`Answer::Unchanged`] refers to; `expected` the
    /// length, where a listing told it; `asker` says what the task did before, see [`Asker`].
    ///
    /// # Errors
    /// `Closed` after [`Store::close`]; `Unsupported` where the library doesn't fetch by itself.
    pub fn inquire(
        self: &Arc<Self>,
        key: &str,
        known: Option<Version>,
        expected: Option<u64>,
        asker: Asker,
    ) -> Result<Arc<Inquiry>> {
        self.check_open(key)?;
        let origin = self.origin()?;
        let inquiry =
            Arc::new(Inquiry { answer: Mutex::new(Answer::UnderWay), settled: Condvar::new() });
        let question = Question {
            store: Arc::clone(self),
            key: key.to_owned(),
            inquiry: Arc::clone(&inquiry),
            _slot: self.engine.fetcher.slot(self.lane()),
            knew: known.is_some(),
            asker,
        };
        let run = async move {
            let way = tokio::task::block_in_place(|| question.way(known, expected));
            question.ask(origin.as_ref(), way).await;
        };
        if !self.engine.fetcher.spawn(run) {
            inquiry.settle(Answer::Unsettled(ErrorKind::Internal));
        }
        Ok(inquiry)
    }
}

/// An inquiry on its way. Dropped in between, it is unsettled.
struct Question {
    store: Arc<Store>,
    key: String,
    inquiry: Arc<Inquiry>,
    _slot: Slot,
    /// Whether the asker knows a version, to which "unchanged" can refer.
    knew: bool,
    asker: Asker,
}

impl Drop for Question {
    fn drop(&mut self) {
        self.inquiry.settle(Answer::Unsettled(ErrorKind::Internal));
    }
}

impl Question {
    fn way(&self, known: Option<Version>, expected: Option<u64>) -> Way {
        let cache = self.store.engine.cache.as_ref();
        let location = self.store.location(&self.key);
        let held = || cache.and_then(|cache| cache.last_version(&location));
        let Some(version) = known.or_else(held) else {
            return Way::Tail(self.store.first_bytes(&location, expected));
        };
        let suffix = self.store.first_bytes(&location, Some(version.length));
        let Ok(object) = self.store.object(&self.key, version.clone()) else {
            return Way::Tail(suffix);
        };
        let tail = version.length.saturating_sub(suffix)..version.length;
        let at_hand = object.is_at_hand(whole_cells(tail.start)..tail.end);
        if at_hand {
            // Not given out before this version is confirmed.
            self.fetch_on(&object);
        }
        match (at_hand, object.encryption()) {
            (false, _) | (true, Encryption::ByKey) => Way::Tail(suffix),
            (true, Encryption::Open) if self.knew && self.store.revalidates_by_get() => {
                Way::TailUnless(suffix, version)
            }
            (true, Encryption::Open | Encryption::Unknown) => Way::Head(suffix),
        }
    }

    fn fetch_on(&self, object: &Arc<Object>) {
        if self.asker == Asker::GoesOn {
            self.store.fetch_next_file(object);
        }
    }

    async fn ask(&self, origin: &dyn Origin, way: Way) {
        let asked = match way {
            Way::Tail(suffix) => self.look(origin, suffix, None).await,
            Way::TailUnless(suffix, version) => self.look(origin, suffix, Some(version)).await,
            Way::Head(suffix) => match self.head(origin).await {
                Ok(Settled::Yes) => Ok(()),
                Ok(Settled::ByBytesOnly) => self.look(origin, suffix, None).await,
                Err(error) => Err(error),
            },
        };
        if let Err(error) = asked {
            tracing::debug!(key = self.key, %error, "its status has to be asked for another way");
            self.inquiry.settle(Answer::Unsettled(error.kind()));
        }
    }

    async fn head(&self, origin: &dyn Origin) -> Result<Settled> {
        LOOKED_BY_HEAD.add(1);
        let sent = Instant::now();
        let status = origin.head(&self.key).await?;
        let object = self.store.object(&self.key, status.version.clone())?;
        object.confirmed(&status, sent);
        if status.encryption == Encryption::ByKey {
            return Ok(Settled::ByBytesOnly);
        }
        self.inquiry.settle(Answer::Present(status));
        Ok(Settled::Yes)
    }

    async fn look(&self, origin: &dyn Origin, suffix: u64, known: Option<Version>) -> Result<()> {
        let etag = known.as_ref().map(|version| version.etag.clone());
        let look = Look { key: self.key.clone(), suffix, known: etag };
        let mut landing = Landing::of(self);
        match (origin.look(&look, &mut landing).await?, known) {
            (Looked::Unchanged(encryption), Some(version)) => {
                NOT_MODIFIED.add(1);
                let object = self.store.object(&self.key, version)?;
                if encryption != Encryption::ByKey {
                    object.prove(landing.sent);
                    self.inquiry.settle(Answer::Unchanged);
                }
            }
            (Looked::Unchanged(_), None) => {}
            (Looked::Present, _) => landing.finish(),
        }
        Ok(())
    }
}

/// Whether a HEAD was enough.
enum Settled {
    Yes,
    ByBytesOnly,
}

/// The first cell that lies behind `start` as a whole.
fn whole_cells(start: u64) -> u64 {
    start.div_ceil(CELL).saturating_mul(CELL)
}
