//! What a file system does to objects beside reading them: one call, one answer.
//!
//! A call runs on the engine's own threads, and its [`Pending`] is asked for until it is there, at most
//! [`PATIENCE`](crate::file::PATIENCE) at a time, so that an interrupted host notices. An answer that nobody asks for any
//! more ends its call where it stands.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use forebay_origin::{Bucket, Existing, Found, ListAsk, Page, Part, PartBody, Undeleted, Upload};
use forebay_types::{Error, ErrorKind, Result};
use futures::StreamExt;
use parking_lot::{Condvar, Mutex};
use tokio::task::AbortHandle;

use crate::file::PATIENCE;
use crate::store::Store;

/// Copies of one call at once: S3A's own number. The store works, we only wait.
const COPIES_AT_ONCE: usize = 10;

/// One thing to be done.
#[derive(Debug, Clone)]
pub enum Call {
    /// What the store says of a key.
    Status {
        /// The object.
        key: String,
    },
    /// A page of what the bucket holds.
    List(ListAsk),
    /// Write an object at once.
    Put {
        /// The object.
        key: String,
        /// Its bytes.
        body: Bytes,
        /// What becomes of one that is there.
        existing: Existing,
    },
    /// Copy objects; the first failure ends the call, and what is copied by then stays.
    Copy(Vec<Copied>),
    /// Delete objects with one request.
    DeletePage(Vec<String>),
    /// Delete one object.
    Delete {
        /// The object.
        key: String,
    },
    /// Begin an object in parts.
    BeginUpload {
        /// The object.
        key: String,
    },
    /// Write one part.
    PutPart {
        /// Of which object in parts.
        upload: Upload,
        /// From 1 on.
        number: u32,
        /// Its bytes.
        body: Bytes,
    },
    /// Make an object of parts.
    CompleteUpload {
        /// Which.
        upload: Upload,
        /// In the order of their numbers.
        parts: Vec<Part>,
        /// What becomes of an object that is there.
        existing: Existing,
    },
    /// Give up an object in parts.
    AbortUpload {
        /// Which.
        upload: Upload,
    },
}

/// One object to copy.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The key to copy from.
    pub from: String,
    /// The key to copy to.
    pub to: String,
    /// How many bytes there are.
    pub length: u64,
}

/// What a call brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// It was done.
    Nothing,
    /// An object's status.
    Object(Found),
    /// A page of objects.
    Page(Page),
    /// The keys that stayed, with the store's reasons.
    Undeleted(Vec<Undeleted>),
    /// An ETag or an upload's id.
    Text(String),
}

/// A call under way; dropped, it ends.
pub struct Pending {
    state: Arc<State>,
    task: Option<AbortHandle>,
}

#[derive(Default)]
struct State {
    brought: Mutex<Option<Result<Brought>>>,
    ended: Condvar,
}

impl State {
    fn end(&self, brought: Result<Brought>) {
        self.brought.lock().get_or_insert(brought);
        self.ended.notify_all();
    }
}

impl Pending {
    /// What the call brought; `None` where that takes longer than a host may wait at once.
    ///
    /// # Errors
    /// What the call failed with.
    pub fn wait(&self) -> Result<Option<Brought>> {
        let until = Instant::now() + PATIENCE;
        let mut brought = self.state.brought.lock();
        while brought.is_none() && !self.state.ended.wait_until(&mut brought, until).timed_out() {}
        brought.clone().transpose()
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}

/// Ends the answer of a task that was broken off.
struct Owed(Arc<State>);

impl Drop for Owed {
    fn drop(&mut self) {
        let message = "the call was broken off";
        self.0.end(Err(Error::new(ErrorKind::Closed, "call", "", message)));
    }
}

impl Store {
    /// Begins a call.
    ///
    /// # Errors
    /// `Closed` after [`Store::close`]; `Unsupported` for a delegate store.
    pub fn call(&self, call: Call) -> Result<Pending> {
        let bucket = self.bucket()?;
        let state = Arc::new(State::default());
        let owed = Owed(Arc::clone(&state));
        let task = self.engine.fetcher.begin(async move {
            owed.0.end(run(&*bucket, call).await);
        });
        Ok(Pending { state, task })
    }
}

async fn run(bucket: &dyn Bucket, call: Call) -> Result<Brought> {
    match call {
        Call::Status { key } => bucket.status(&key).await.map(Brought::Object),
        Call::List(ask) => bucket.list(&ask).await.map(Brought::Page),
        Call::Put { key, body, existing } => {
            bucket.put(&key, body, existing).await.map(Brought::Text)
        }
        Call::Copy(all) => copy(bucket, all).await,
        Call::DeletePage(keys) => bucket.delete_page(&keys).await.map(Brought::Undeleted),
        Call::Delete { key } => bucket.delete(&key).await.map(|()| Brought::Nothing),
        Call::BeginUpload { key } => {
            let begun = bucket.begin_upload(&key, Existing::Replaced).await;
            begun.map(|upload| Brought::Text(upload.id))
        }
        Call::PutPart { upload, number, body } => {
            // Where it begins and whether it is the last only stores ask that are not told here.
            let part = PartBody { number, offset: 0, last: false, bytes: body };
            bucket.put_part(&upload, part).await.map(|part| Brought::Text(part.etag))
        }
        Call::CompleteUpload { upload, parts, existing } => {
            bucket.complete_upload(&upload, &parts, existing).await.map(Brought::Text)
        }
        Call::AbortUpload { upload } => {
            bucket.abort_upload(&upload).await.map(|()| Brought::Nothing)
        }
    }
}

async fn copy(bucket: &dyn Bucket, all: Vec<Copied>) -> Result<Brought> {
    let copies = all
        .into_iter()
        .map(|Copied { from, to, length }| async move { bucket.copy(&from, &to, length).await });
    let mut under_way = futures::stream::iter(copies).buffer_unordered(COPIES_AT_ONCE);
    let mut first = Ok(Brought::Nothing);
    // The others are waited for: a caller who is told of a failure may look at what is there.
    while let Some(copied) = under_way.next().await {
        if let (Err(error), Ok(_)) = (copied, &first) {
            first = Err(error);
        }
    }
    first
}
