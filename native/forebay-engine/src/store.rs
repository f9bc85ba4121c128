//! One file system instance: a bucket, read with one principal's rights.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use forebay_cache::CELL;
use forebay_origin::{
    AzureSettings, Bucket, Credentials, GcsSettings, Origin, RetryPolicy, S3Settings, WriteSettings,
};
use forebay_plan::{Habit, MAX_PIECE, PlanSettings, Priority, Reason};
use forebay_types::config::Settings;
use forebay_types::sync::Mutex;
use forebay_types::{Error, ErrorKind, Identity, Location, Result, Version};
use moka::sync::Cache;

use crate::admission::Admission;
use crate::engine::Engine;
use crate::fetch::Job;
use crate::fetch::schedule::Lane;
use crate::file::{File, PATIENCE, ReadHints};
use crate::flight::{Carrier, Flight, Purpose};
use crate::keys::REVALIDATE;
use crate::object::{Object, StillAsking, cells};
use crate::origins::{Client, Place, Source};
use crate::validate::Validation;

/// Objects a store remembers what is under way of: enough for all files of a large table scan's
/// tasks in one process; each costs about half a kilobyte while nothing is under way.
const OBJECTS: u64 = 4096;

/// How a direct store is reached.
#[derive(Debug, Clone, Default)]
pub struct DirectSettings {
    /// The region requests are signed for.
    pub region: String,
    /// The endpoint's URL; `None` for the store's own.
    pub endpoint: Option<String>,
    /// Whether the bucket goes into the path rather than the host name.
    pub path_style: bool,
    /// How long a connection may take to open; `None` for the client's default.
    pub connect_timeout: Option<Duration>,
    /// How requests are made again.
    pub retry: RetryPolicy,
    /// What objects are written with.
    pub write: WriteSettings,
}

/// Who fetches for a store.
#[derive(Debug, Clone)]
pub enum Access {
    /// The library itself, from S3.
    Direct(Box<DirectSettings>),
    /// The library itself, from Google's store.
    Gcs(Box<GcsSettings>),
    /// The library itself, from Azure's.
    Azure(Box<AzureSettings>),
    /// The host, through the file system it wraps.
    Delegate,
}

/// What a file system instance tells about itself.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The kind of store, such as `s3`.
    pub kind: String,
    /// The endpoint as part of the identity of what is cached; the same for direct and delegate.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// A hash of every setting that changes the content read; 0 for none.
    pub content_settings: u64,
    /// The configuration, with this bucket's own values laid over it.
    pub config: Settings,
    /// Who fetches.
    pub access: Access,
}

/// Whether a version has been proved by the store's own answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By the answer to a request that was sent so long ago.
    Given {
        /// Since the request was sent.
        age: Duration,
    },
    /// A fetch is under way that may prove it; ask again.
    UnderWay,
    /// Not by this file system.
    None,
}

/// The owner of fetches that no stream began.
pub(crate) const NOBODY: u64 = 0;

/// See the module.
pub struct Store {
    pub(crate) engine: Arc<Engine>,
    settings: StoreSettings,
    plan: PlanSettings,
    source: Source,
    admission: Admission,
    pub(crate) validation: Validation,
    objects: Cache<Arc<Identity>, Arc<Object>>,
    revalidates_by_get: bool,
    lane: Lane,
    closed: AtomicBool,
}

impl Store {
    pub(crate) fn new(engine: Arc<Engine>, settings: StoreSettings) -> Result<Store> {
        let plan =
            PlanSettings { ahead: engine.ahead, ..PlanSettings::from_settings(&settings.config)? };
        let lane = lane_of(&settings);
        let direct_from = |place| {
            let listener = engine.fetcher.listener(Arc::clone(&lane));
            Source::Direct(Box::new(Client::new(place, engine.connections.clone(), listener)))
        };
        let source = match &settings.access {
            Access::Direct(direct) => {
                let usual = S3Settings::default();
                let s3 = S3Settings {
                    endpoint: direct.endpoint.clone(),
                    region: direct.region.clone(),
                    bucket: settings.bucket.clone(),
                    path_style: direct.path_style,
                    connect_timeout: direct.connect_timeout.unwrap_or(usual.connect_timeout),
                    retry: direct.retry.clone(),
                    write: direct.write.clone(),
                    ..usual
                };
                direct_from(Place::S3(s3.configured(&settings.config)?))
            }
            Access::Gcs(gcs) => {
                let line = gcs.line.clone().configured(&settings.config)?;
                direct_from(Place::Gcs(GcsSettings { line, ..(**gcs).clone() }))
            }
            Access::Azure(azure) => {
                let line = azure.line.clone().configured(&settings.config)?;
                direct_from(Place::Azure(AzureSettings { line, ..(**azure).clone() }))
            }
            Access::Delegate => Source::Delegate,
        };
        let objects = Cache::builder().max_capacity(OBJECTS).build();
        let admission = Admission::configured(&settings.config)?;
        let validation = Validation::configured(&settings.config)?;
        Ok(Store {
            revalidates_by_get: settings.config.require(&REVALIDATE)? == "get",
            lane,
            closed: AtomicBool::new(false),
            engine,
            settings,
            plan,
            source,
            admission,
            validation,
            objects,
        })
    }

    /// Replaces the credentials the library's own client signs with.
    pub fn set_credentials(&self, credentials: Credentials) {
        self.source.set_credentials(credentials);
    }

    /// Opens `version` of `key` for reading. The caller has just had the version from the store, with
    /// its own rights.
    ///
    /// # Errors
    /// `Closed` after [`Store::close`]; `InvalidArgument` for a key that can't be cached.
    pub fn open_file(
        self: &Arc<Self>,
        key: &str,
        version: Version,
        hints: ReadHints,
    ) -> Result<Arc<File>> {
        let object = self.object(key, version)?;
        let (mut plan, habit) = self.plan_of(&object);
        if let Some(split) = &hints.split {
            plan.split_start = Some(split.start);
            plan.split_end = Some(split.end);
        }
        plan.policy = hints.policy;
        habit.lock().saw_length(object.identity.length());
        Ok(Arc::new(File::new(Arc::clone(self), object, plan, habit)))
    }

    /// What streams of an object are planned by, and what is known of its directory.
    pub(crate) fn plan_of(&self, object: &Object) -> (PlanSettings, Arc<Mutex<Habit>>) {
        let habit = self.engine.habits.of(object.identity.location());
        let plan = {
            let habit = habit.lock();
            let (tail, refused) = (habit.tail(&self.plan), habit.refused());
            PlanSettings { tail, refused, ..self.plan.clone() }
        };
        (plan, habit)
    }

    pub(crate) fn check_open(&self, key: &str) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Closed, "open", key, "the file system is closed"));
        }
        Ok(())
    }

    pub(crate) fn location(&self, key: &str) -> Location {
        Location {
            store: self.settings.kind.as_str().into(),
            endpoint: self.settings.endpoint.as_str().into(),
            bucket: self.settings.bucket.as_str().into(),
            key: key.into(),
            settings: self.settings.content_settings,
        }
    }

    /// How many bytes from its end the reader of a file wants first: all, where it is small or its
    /// directory's files are, else the tail. A tail begins in a cell, of which a part is of no use.
    pub(crate) fn first_bytes(&self, location: &Location, length: Option<u64>) -> u64 {
        let habit = self.engine.habits.of(location);
        let habit = habit.lock();
        match length.or(habit.length()) {
            Some(length) if length <= self.plan.small_file => self.plan.small_file,
            Some(_) | None => habit.tail(&self.plan) + CELL - 1,
        }
    }

    pub(crate) fn saw_length(&self, object: &Object) {
        let identity = &object.identity;
        self.engine.habits.of(identity.location()).lock().saw_length(identity.length());
    }

    /// Whether a version is confirmed by a GET with `If-None-Match` rather than by a HEAD.
    pub(crate) fn revalidates_by_get(&self) -> bool {
        self.revalidates_by_get
    }

    pub(crate) fn object(&self, key: &str, version: Version) -> Result<Arc<Object>> {
        self.check_open(key)?;
        let identity = Arc::new(Identity::new(self.location(key), version)?);
        Ok(self.objects.get_with_by_ref(&identity, || {
            let replaced = self.engine.sees(&identity);
            let engine = &self.engine;
            let cache = engine.cache.as_ref();
            let admitted = self.admission.admits(key, identity.length());
            let ram = Arc::clone(&engine.ram);
            Arc::new(Object::new(Arc::clone(&identity), cache, ram, replaced, admitted))
        }))
    }

    /// Begins to fetch what the first reads of `version` of `key` will want, before anybody opens it:
    /// all of a small file, the tail of a larger one. The version may be hearsay, such as a listing's:
    /// it is asked for by its ETag, and only an answer that proves it is kept. Where all that is here
    /// already, the version is only confirmed, by a request without a body. Says whether there was
    /// anything to fetch; a delegate store does nothing.
    ///
    /// # Errors
    /// `Closed` after [`Store::close`]; `InvalidArgument` for a key that can't be cached.
    pub fn bring(&self, key: &str, version: Version) -> Result<bool> {
        if !self.plan.enabled || self.carrier() == Carrier::Delegate {
            return Ok(false);
        }
        let object = self.object(key, version)?;
        let length = object.identity.length();
        let (start, reason) = if length <= self.plan.small_file {
            (0, Reason::Whole)
        } else {
            (length - self.plan.tail.min(length), Reason::Tail)
        };
        let origin = self.origin()?;
        let begun = object.begin(cells(start..length, length), 0..0, MAX_PIECE, |part| {
            Flight::new(NOBODY, part, Carrier::Direct, Purpose::Ahead(reason))
        });
        let any = !begun.is_empty();
        // Whatever else is under way was sent before this call, and proves nothing since.
        if !any {
            if let Some(question) = object.ask() {
                self.engine.fetcher.confirm(question, origin);
            }
            return Ok(false);
        }
        let jobs = begun.into_iter().map(|flight| self.job(flight, &object, &origin)).collect();
        self.engine.fetcher.submit(jobs, Priority::NextFile);
        Ok(any)
    }

    /// Whether the store has answered this file system with bytes of `version` of `key`, and when.
    /// Waits, for at most [`PATIENCE`], for a fetch that may be the answer.
    ///
    /// # Errors
    /// As [`Store::bring`].
    pub fn proof(&self, key: &str, version: Version) -> Result<Proof> {
        let object = self.object(key, version)?;
        let deadline = Instant::now() + PATIENCE;
        if let Some(flight) = object.under_way(NOBODY) {
            self.engine.fetcher.raise(&flight);
            flight.wait_for_end(deadline);
            if !flight.has_ended() {
                return Ok(Proof::UnderWay);
            }
        }
        Ok(match object.proved(deadline) {
            Ok(Some(sent)) => Proof::Given { age: sent.elapsed() },
            Ok(None) => Proof::None,
            Err(StillAsking) => Proof::UnderWay,
        })
    }

    /// Forgets what is under way of `key`: it was written, renamed or deleted through this file
    /// system. What is cached stays, under the version it was cached in.
    pub fn invalidate(&self, key: &str) {
        self.forget(|found| found == key);
    }

    /// The same for every key that begins with `prefix`.
    pub fn invalidate_prefix(&self, prefix: &str) {
        self.forget(|found| found.starts_with(prefix));
    }

    fn forget(&self, matches: impl Fn(&str) -> bool) {
        for (identity, _) in &self.objects {
            if matches(&identity.location().key) {
                self.objects.invalidate(identity.as_ref());
            }
        }
    }

    /// Opens no more files. Open ones stay readable, as the wrapped file system's do.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.objects.invalidate_all();
        // The process may end next.
        if let Some(cache) = &self.engine.cache {
            cache.note_statistics();
        }
    }

    /// The endpoint its requests go to.
    pub(crate) fn lane(&self) -> Lane {
        Arc::clone(&self.lane)
    }

    /// A flight of one of its objects, ready to be sent out.
    pub(crate) fn job(
        &self,
        flight: Arc<Flight>,
        object: &Arc<Object>,
        origin: &Arc<dyn Origin>,
    ) -> Job {
        let (object, origin) = (Arc::clone(object), Arc::clone(origin));
        Job { flight, object, origin, lane: self.lane() }
    }

    pub(crate) fn carrier(&self) -> Carrier {
        match self.source {
            Source::Direct(_) => Carrier::Direct,
            Source::Delegate => Carrier::Delegate,
        }
    }

    /// Our own client, for what is done beside reading.
    pub(crate) fn bucket(&self) -> Result<Arc<dyn Bucket>> {
        let bucket = self.settings.bucket.as_str();
        if self.closed.load(Ordering::Acquire) {
            let message = "the file system is closed";
            return Err(Error::new(ErrorKind::Closed, "call", bucket, message));
        }
        match &self.source {
            Source::Direct(client) => client.bucket(),
            Source::Delegate => {
                let message = "what a wrapped file system reads it also writes";
                Err(Error::new(ErrorKind::Unsupported, "call", bucket, message))
            }
        }
    }

    pub(crate) fn origin(&self) -> Result<Arc<dyn Origin>> {
        match &self.source {
            Source::Direct(client) => client.origin(),
            Source::Delegate => Err(Error::new(
                ErrorKind::Unsupported,
                "fetch",
                self.settings.bucket.as_str(),
                "a delegate store has no client of the library's",
            )),
        }
    }
}

/// Where a store's requests go: its endpoint, or, where that is the store's own default, its region's with
/// S3 and the only one with Google's.
fn lane_of(settings: &StoreSettings) -> Lane {
    match &settings.access {
        Access::Direct(direct) => {
            direct.endpoint.as_ref().unwrap_or(&direct.region).as_str().into()
        }
        Access::Gcs(gcs) => gcs.endpoint.as_ref().unwrap_or(&settings.kind).as_str().into(),
        Access::Azure(azure) => azure.endpoint.as_str().into(),
        Access::Delegate => settings.endpoint.as_str().into(),
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("kind", &self.settings.kind)
            .field("bucket", &self.settings.bucket)
            .field("access", &self.settings.access)
            .finish_non_exhaustive()
    }
}
