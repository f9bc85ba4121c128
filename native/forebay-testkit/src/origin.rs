//! An S3-like store in this process: one bucket of objects in memory behind a server on loopback,
//! for tests that need a store's answers and no store.
//!
//! It knows what a reader asks: GET and HEAD with ranges and preconditions, and listings
//! (version 2) with prefix, delimiter and pages; and for writers PUT, with preconditions, and
//! DELETE. ETags are strong and differ after every overwrite, even by the same bytes, so that
//! a test which mixes versions can't pass by chance. Signatures are not checked. What is not known
//! (multipart uploads, copies, signed chunks) is answered 501, never half done.
//!
//! Time is the number of writes: the n-th write happened n seconds into 2026, so that runs repeat.

mod clock;
mod condition;
mod list;
mod matter;
mod reply;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};

use self::matter::Matter;
use crate::faults::Faults;
use crate::hosting::{Host, bind};

/// A running store of one bucket; dropping it stops it.
#[derive(Debug)]
pub struct Bucket {
    address: SocketAddr,
    shelf: Arc<Shelf>,
    _host: Host,
}

/// Requests answered, by what they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requests {
    /// GETs of objects answered 200 or 206.
    pub get: u64,
    /// GETs of objects answered 304.
    pub get_not_modified: u64,
    /// HEADs answered 200 or 304.
    pub head: u64,
    /// Listings answered 200.
    pub list: u64,
    /// PUTs that stored an object.
    pub put: u64,
    /// DELETEs.
    pub delete: u64,
    /// Everything answered with a status from 400 on.
    pub failed: u64,
    /// Body bytes of the GETs counted in `get`.
    pub get_bytes: u64,
}

/// One answered request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The key, decoded; empty for a listing.
    pub key: String,
    /// The Range header.
    pub range: Option<String>,
    /// The If-Match header.
    pub if_match: Option<String>,
    /// The answer's status.
    pub status: u16,
    /// The length of the answer's body.
    pub bytes: u64,
}

/// The bucket's content and what was asked of it.
#[derive(Debug, Default)]
struct Shelf {
    objects: Mutex<Objects>,
    seen: Mutex<Vec<Seen>>,
    sum: Mutex<Requests>,
    /// Whether `seen` is kept: a request takes 200 bytes, and a soak makes tens of millions.
    terse: AtomicBool,
    faults: RwLock<Option<Arc<Faults>>>,
    connections: AtomicU64,
}

#[derive(Debug, Default)]
struct Objects {
    by_key: BTreeMap<String, Object>,
    writes: u64,
}

#[derive(Debug, Clone)]
struct Object {
    bytes: Matter,
    etag: String,
    /// The number of the write that made it.
    written: u64,
    /// Whether reading it takes a key besides.
    sealed: bool,
}

impl Objects {
    fn put(&mut self, key: &str, bytes: Matter) -> String {
        self.writes += 1;
        let written = self.writes;
        let etag = format!("\"{written:016x}{:016x}\"", crate::content::mix(written));
        self.by_key
            .insert(key.to_owned(), Object { bytes, etag: etag.clone(), written, sealed: false });
        etag
    }
}

impl Requests {
    fn add(&mut self, seen: &Seen) {
        match (seen.method.as_str(), seen.status) {
            (_, 400..) => self.failed += 1,
            ("GET", _) if seen.key.is_empty() => self.list += 1,
            ("GET", 304) => self.get_not_modified += 1,
            ("GET", _) => {
                self.get += 1;
                self.get_bytes += seen.bytes;
            }
            ("HEAD", _) => self.head += 1,
            ("PUT", _) => self.put += 1,
            _ => self.delete += 1,
        }
    }
}

impl Bucket {
    /// The bucket's name; requests for another are answered 404.
    pub const NAME: &'static str = "lake";

    /// Starts an empty bucket.
    ///
    /// # Errors
    ///
    /// If no port can be bound or no thread started.
    pub fn start() -> io::Result<Bucket> {
        let shelf = Arc::new(Shelf::default());
        let (listener, address) = bind(0)?;
        let host = Host::start("origin", 1, reply::requests(listener, shelf.clone()))?;
        Ok(Bucket { address, shelf, _host: host })
    }

    /// The endpoint; objects lie below `<url>/<name>/` (path style).
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stores an object and returns its ETag, quoted as in the header.
    pub fn put(&self, key: &str, bytes: impl Into<Bytes>) -> String {
        self.shelf.objects.lock().put(key, Matter::Held(bytes.into()))
    }

    /// Stores an object of `length` bytes of [`crate::content`], made when they are asked for, and
    /// returns its ETag.
    pub fn put_content(&self, seed: u64, key: &str, version: u32, length: u64) -> String {
        let matter = Matter::Content { seed, key: key.to_owned(), version, length };
        self.shelf.objects.lock().put(key, matter)
    }

    /// From now on spoils answers to GETs as `faults` say.
    pub fn set_faults(&self, faults: Option<Faults>) {
        *self.shelf.faults.write() = faults.map(Arc::new);
    }

    /// How often each kind of the present faults was injected.
    #[must_use]
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.shelf.faults.read().as_ref().map(|faults| faults.injected()).unwrap_or_default()
    }

    /// Counts requests from now on without keeping each.
    pub fn count_only(&self) {
        self.shelf.terse.store(true, Ordering::Relaxed);
    }

    /// The object's bytes.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Bytes> {
        self.shelf
            .objects
            .lock()
            .by_key
            .get(key)
            .map(|object| object.bytes.slice(0..object.bytes.len()))
    }

    /// Has answers say that the object is encrypted with a key of the key service, until it is written
    /// again. As S3's, an answer without a body does not say so.
    pub fn seal(&self, key: &str) {
        if let Some(object) = self.shelf.objects.lock().by_key.get_mut(key) {
            object.sealed = true;
        }
    }

    /// Removes an object; false if there was none.
    pub fn remove(&self, key: &str) -> bool {
        self.shelf.objects.lock().by_key.remove(key).is_some()
    }

    /// Counts of what was answered since the start or the last [`Bucket::forget`].
    #[must_use]
    pub fn requests(&self) -> Requests {
        *self.shelf.sum.lock()
    }

    /// Connections that were opened so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shelf.connections.load(Ordering::Relaxed)
    }

    /// Every answered request, in the order of the answers.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shelf.seen.lock().clone()
    }

    /// Forgets what was answered so far; objects stay.
    pub fn forget(&self) {
        self.shelf.seen.lock().clear();
        *self.shelf.sum.lock() = Requests::default();
    }
}
