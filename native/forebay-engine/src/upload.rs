//! One object being written, from its first byte to its close.
//!
//! Bytes are gathered in a *part*, which is sent when it is full while the next one is gathered. What
//! ends before its first part is full is written with one request. Nothing can be read before
//! [`Upload::finish`] has succeeded.
//!
//! Parts are memory, taken from the process's budget piece by piece as they fill. All uploads together
//! take half of what fetches may have. Where that is used up, a part that S3 takes (5 MiB) is sent as it
//! is, and a smaller one waits for the parts under way; where there are none of those either, it grows
//! anyway: otherwise many open files would wait for each other for ever.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use forebay_origin::{Bucket, Existing, Part, PartBody};
use forebay_types::{Error, ErrorKind, Result};
use parking_lot::{Condvar, Mutex};
use tokio::sync::OnceCell;
use tokio::task::AbortHandle;

use crate::budget::{Budget, Reservation};
use crate::file::PATIENCE;
use crate::metrics::{UPLOAD_BYTES, UPLOAD_PARTS, UPLOADS};
use crate::objects::{Call, Pending};
use crate::store::Store;

/// The smallest part S3 takes, but for the last.
const SMALLEST_PART: usize = 5 << 20;

/// What parts but the last are multiples of: Google's store asks for it.
const PART_STEP: usize = 256 << 10;

/// What a part grows by: at first little, since most files are small.
const SMALLEST_STEP: usize = 64 << 10;
const LARGEST_STEP: usize = 1 << 20;

/// S3 takes 10,000 parts. They double so often that the longest object, 5 TiB, has fewer.
const PARTS_OF_A_SIZE: u32 = 1000;

const WRITE: &str = "write";

/// The part of the budget that uploads may take, together.
#[derive(Debug)]
pub(crate) struct UploadShare {
    budget: Arc<Budget>,
    most: u64,
    used: AtomicU64,
    under_way: AtomicU64,
}

impl UploadShare {
    pub(crate) fn new(budget: Arc<Budget>, most: u64) -> Arc<UploadShare> {
        let none = AtomicU64::default;
        Arc::new(UploadShare { budget, most, used: none(), under_way: none() })
    }

    /// What one part may hold, so that four of them fit.
    fn part(&self, wanted: u64) -> usize {
        let fits = usize::try_from((self.most / 4).min(wanted)).unwrap_or(usize::MAX);
        (fits - fits % PART_STEP).max(SMALLEST_PART)
    }

    fn take(self: &Arc<Self>, bytes: usize, anyway: bool) -> Option<Memory> {
        let wanted = bytes as u64;
        let fits = |used: u64| used.checked_add(wanted).filter(|total| *total <= self.most);
        let own = self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok();
        let reserved = if own { self.budget.try_reserve(wanted) } else { None };
        if reserved.is_none() {
            if own {
                self.used.fetch_sub(wanted, Ordering::AcqRel);
            }
            if !anyway || self.under_way.load(Ordering::Acquire) > 0 {
                return None;
            }
            self.used.fetch_add(wanted, Ordering::AcqRel);
        }
        let reserved = reserved.unwrap_or_else(|| self.budget.reserve_anyway(wanted));
        Some(Memory { share: Arc::clone(self), bytes: wanted, _reserved: reserved })
    }
}

/// Memory of a part; given back when dropped.
struct Memory {
    share: Arc<UploadShare>,
    bytes: u64,
    _reserved: Reservation,
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.share.used.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// How an object is written.
#[derive(Debug, Clone, Copy)]
pub struct UploadSettings {
    /// The largest part wanted, in bytes; memory may allow only less.
    pub part: u64,
    /// How many parts may be on their way at once.
    pub parallel: usize,
    /// What becomes of an object that is there.
    pub existing: Existing,
}

/// Where a step of an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadStep {
    /// So many bytes were taken.
    Taken(usize),
    /// Nothing within [`PATIENCE`]: look for interrupts, then call again.
    Pending,
    /// It is done.
    Done,
}

/// See the module.
pub struct Upload {
    store: Arc<Store>,
    bucket: Arc<dyn Bucket>,
    key: String,
    settings: UploadSettings,
    share: Arc<UploadShare>,
    begun: Arc<OnceCell<forebay_origin::Upload>>,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Progress {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    part: Vec<u8>,
    memory: Vec<Memory>,
    room: usize,
    sent: u32,
    sent_bytes: u64,
    under_way: BTreeMap<u32, Option<AbortHandle>>,
    landed: Vec<Part>,
    failure: Option<Error>,
    closing: Option<Arc<Pending>>,
    ended: bool,
}

impl State {
    /// What became of the object, once that is known.
    fn outcome(&self) -> Option<Result<UploadStep>> {
        let failed = self.failure.clone().map(Err);
        failed.or_else(|| self.ended.then_some(Ok(UploadStep::Done)))
    }
}

impl Store {
    /// Begins to write `key`. Nothing is sent yet.
    ///
    /// # Errors
    /// `Closed` after [`Store::close`]; `Unsupported` for a delegate store.
    pub fn upload(self: &Arc<Self>, key: &str, settings: UploadSettings) -> Result<Arc<Upload>> {
        UPLOADS.add(1);
        Ok(Arc::new(Upload {
            store: Arc::clone(self),
            bucket: self.bucket()?,
            key: key.to_owned(),
            settings,
            share: Arc::clone(&self.engine.uploads),
            begun: Arc::default(),
            progress: Arc::default(),
        }))
    }
}

impl Upload {
    /// Takes as many of `bytes` as there is room for.
    ///
    /// # Errors
    /// What an earlier part failed with; `Closed` after the end.
    pub fn write(&self, bytes: &[u8]) -> Result<UploadStep> {
        let until = Instant::now() + PATIENCE;
        let mut state = self.progress.state.lock();
        loop {
            self.check(&state)?;
            if bytes.is_empty() {
                return Ok(UploadStep::Taken(0));
            }
            if state.room > 0 || self.grow(&mut state)? {
                let taken = bytes.len().min(state.room);
                state.part.extend_from_slice(bytes.get(..taken).unwrap_or(bytes));
                state.room -= taken;
                UPLOAD_BYTES.add(taken as u64);
                return Ok(UploadStep::Taken(taken));
            }
            if self.progress.changed.wait_until(&mut state, until).timed_out() {
                return Ok(UploadStep::Pending);
            }
        }
    }

    fn check(&self, state: &State) -> Result<()> {
        if let Some(failure) = &state.failure {
            return Err(failure.clone());
        }
        if state.ended || state.closing.is_some() {
            return Err(self.error(ErrorKind::Closed, "the file is closed"));
        }
        Ok(())
    }

    /// Makes room for more bytes, by memory or by sending what there is; false where both must wait.
    fn grow(&self, state: &mut State) -> Result<bool> {
        let full = self.share.part(self.settings.part);
        let full = full.saturating_mul(1 << (state.sent / PARTS_OF_A_SIZE).min(16));
        if state.part.len() < full {
            let step =
                state.part.len().clamp(SMALLEST_STEP, LARGEST_STEP).min(full - state.part.len());
            let sendable = state.part.len() >= SMALLEST_PART;
            if let Some(memory) = self.share.take(step, !sendable) {
                let refused = |_| self.error(ErrorKind::Internal, "no native memory for a part");
                state.part.try_reserve_exact(step).map_err(refused)?;
                state.memory.push(memory);
                state.room = step;
                return Ok(true);
            }
            if !sendable {
                return Ok(false);
            }
        }
        if state.under_way.len() >= self.settings.parallel.clamp(1, self.bucket.parts_at_once()) {
            return Ok(false);
        }
        self.send(state, false);
        Ok(self.grow_anew(state))
    }

    /// The first piece of the next part.
    fn grow_anew(&self, state: &mut State) -> bool {
        let taken = self.share.take(SMALLEST_STEP, true);
        let Some(memory) = taken else { return false };
        state.memory.push(memory);
        state.room = SMALLEST_STEP;
        true
    }

    fn send(&self, state: &mut State, last: bool) {
        let body = bytes::Bytes::from(std::mem::take(&mut state.part));
        let memory = std::mem::take(&mut state.memory);
        state.room = 0;
        state.sent += 1;
        let number = state.sent;
        let part = PartBody { number, offset: state.sent_bytes, last, bytes: body };
        state.sent_bytes += part.bytes.len() as u64;
        let existing = self.settings.existing;
        UPLOAD_PARTS.add(1);
        self.share.under_way.fetch_add(1, Ordering::AcqRel);
        let landing = Landing {
            progress: Arc::clone(&self.progress),
            share: Arc::clone(&self.share),
            store: Arc::clone(&self.store),
            number,
            landed: None,
            memory,
        };
        let (bucket, key, begun) =
            (Arc::clone(&self.bucket), self.key.clone(), Arc::clone(&self.begun));
        let task = self.store.engine.fetcher.begin(async move {
            let mut landing = landing;
            landing.landed =
                Some(match begun.get_or_try_init(|| bucket.begin_upload(&key, existing)).await {
                    Ok(upload) => bucket.put_part(upload, part).await,
                    Err(error) => Err(error),
                });
        });
        state.under_way.insert(number, task);
    }

    /// Sends what is left and makes the object; to be called until it no longer says
    /// [`UploadStep::Pending`].
    ///
    /// # Errors
    /// What any part or the last step failed with; `AlreadyExists` where an object is there that was to
    /// be kept. The parts are then given up.
    pub fn finish(&self) -> Result<UploadStep> {
        let finished = self.try_finish();
        if finished.is_err() {
            self.give_up();
        }
        finished
    }

    fn try_finish(&self) -> Result<UploadStep> {
        let until = Instant::now() + PATIENCE;
        let mut state = self.progress.state.lock();
        let closing = loop {
            if let Some(outcome) = state.outcome() {
                return outcome;
            }
            if let Some(closing) = &state.closing {
                break Arc::clone(closing);
            }
            let left = state.sent > 0 && !state.part.is_empty();
            if left && state.under_way.len() < self.bucket.parts_at_once() {
                self.send(&mut state, true);
            } else if !left && state.under_way.is_empty() {
                let call = self.last_call(&mut state)?;
                state.closing = Some(Arc::new(self.store.call(call)?));
            } else if self.progress.changed.wait_until(&mut state, until).timed_out() {
                return Ok(UploadStep::Pending);
            }
        };
        drop(state);
        let brought = closing.wait();
        let mut state = self.progress.state.lock();
        if let Some(outcome) = state.outcome() {
            // Another thread has heard of it before, or has given the object up.
            return outcome;
        }
        match brought {
            Ok(None) => Ok(UploadStep::Pending),
            Ok(Some(_)) => {
                state.ended = true;
                state.memory.clear();
                Ok(UploadStep::Done)
            }
            Err(error) => {
                state.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    fn last_call(&self, state: &mut State) -> Result<Call> {
        let existing = self.settings.existing;
        if state.sent == 0 {
            let body = bytes::Bytes::from(std::mem::take(&mut state.part));
            return Ok(Call::Put { key: self.key.clone(), body, existing });
        }
        let lost = || self.error(ErrorKind::Internal, "parts were sent of no upload");
        let upload = self.begun.get().cloned().ok_or_else(lost)?;
        let mut parts = std::mem::take(&mut state.landed);
        parts.sort_by_key(|part| part.number);
        Ok(Call::CompleteUpload { upload, parts, existing })
    }

    /// Gives the object up; what was there before stays. Parts that the store has are deleted, which
    /// need not have ended when this returns.
    pub fn give_up(&self) {
        let mut state = self.progress.state.lock();
        if std::mem::replace(&mut state.ended, true) {
            return;
        }
        if state.failure.is_none() {
            state.failure = Some(self.error(ErrorKind::Closed, "the file was given up"));
        }
        state.closing = None;
        state.part = Vec::new();
        state.memory.clear();
        let tasks = std::mem::take(&mut state.under_way);
        for task in tasks.values().flatten() {
            task.abort();
        }
        if state.sent > 0 {
            let (bucket, begun) = (Arc::clone(&self.bucket), Arc::clone(&self.begun));
            self.store.engine.fetcher.spawn(async move { abort(&*bucket, &begun).await });
        }
        self.progress.changed.notify_all();
    }

    fn error(&self, kind: ErrorKind, message: &str) -> Error {
        Error::new(kind, WRITE, self.key.as_str(), message)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("key", &self.key).finish_non_exhaustive()
    }
}

/// How often an abort is repeated: a part that was cancelled may still arrive at the store.
const ABORTS: u32 = 2;

/// What such a part may need.
const BETWEEN_ABORTS: Duration = Duration::from_secs(1);

async fn abort(bucket: &dyn Bucket, begun: &OnceCell<forebay_origin::Upload>) {
    for round in 0..ABORTS {
        if round > 0 {
            tokio::time::sleep(BETWEEN_ABORTS).await;
        }
        let Some(upload) = begun.get() else { return };
        if let Err(error) = bucket.abort_upload(upload).await {
            if error.kind() == ErrorKind::NotFound {
                return;
            }
            tracing::warn!(%error, "parts of a file that was given up stay until the bucket's rules remove them");
            return;
        }
    }
}

/// One part on its way. Dropped in between (a panic, a cancelled task), it has failed.
struct Landing {
    progress: Arc<Progress>,
    share: Arc<UploadShare>,
    store: Arc<Store>,
    number: u32,
    landed: Option<Result<Part>>,
    memory: Vec<Memory>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.memory.clear();
        self.share.under_way.fetch_sub(1, Ordering::AcqRel);
        let mut state = self.progress.state.lock();
        state.under_way.remove(&self.number);
        match self.landed.take() {
            Some(Ok(part)) => state.landed.push(part),
            Some(Err(error)) => {
                state.failure.get_or_insert(error);
            }
            None => {
                let message = "a part was broken off";
                state.failure.get_or_insert(Error::new(ErrorKind::Closed, WRITE, "", message));
            }
        }
        drop(state);
        self.progress.changed.notify_all();
        // Fetches may wait for the memory.
        self.store.engine.fetcher.dispatch();
    }
}
