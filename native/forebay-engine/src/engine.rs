//! What a process has one of.

use std::sync::Arc;

use forebay_cache::{CacheSettings, HostCache, OPEN_SEGMENT_BYTES, PlaceEnv, default_place};
use forebay_origin::Connections;
use forebay_plan::Footer;
use forebay_types::config::{Settings, Size};
use forebay_types::{Identity, Result};
use moka::sync::Cache;
use parking_lot::Mutex;

use crate::budget::{Budget, Shares, container_limit, default_for};
use crate::fetch::Fetcher;
use crate::habits::Habits;
use crate::keys;
use crate::ram::RamTier;
use crate::reference::key_rows;
use crate::store::{Store, StoreSettings};
use crate::upload::UploadShare;

/// Keys whose last version is remembered, to tell "changed" from "cold" among the misses: 32 bytes
/// each.
const VERSIONS_SEEN: u64 = 16 * 1024;

/// What the first file system of a process tells.
#[derive(Debug, Clone, Default)]
pub struct EngineSettings {
    /// The configuration.
    pub config: Settings,
    /// The host's largest heap in bytes.
    pub heap_bytes: u64,
}

/// How important a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Worth changing.
    Warn,
}

/// A line for the host's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How important it is.
    pub level: Level,
    /// The line.
    pub text: String,
}

/// The engine, and what to log about its start.
#[derive(Debug)]
pub struct Started {
    /// The process's engine.
    pub engine: Arc<Engine>,
    /// Where the engine was running already, only what its configuration adds.
    pub notes: Vec<Note>,
}

/// See the crate.
pub struct Engine {
    pub(crate) cache: Option<Arc<HostCache>>,
    pub(crate) ram: Arc<RamTier>,
    pub(crate) footers: Cache<Arc<Identity>, Arc<Footer>>,
    pub(crate) habits: Habits,
    pub(crate) fetcher: Arc<Fetcher>,
    pub(crate) uploads: Arc<UploadShare>,
    /// Connections of all direct stores: file systems come and go, an endpoint stays.
    pub(crate) connections: Connections,
    /// Bytes one plan may ask for ahead: half of what can hold them until they are read.
    pub(crate) ahead: u64,
    versions: Cache<u128, u128>,
}

static SHARED: Mutex<Option<(u32, Arc<Engine>)>> = Mutex::new(None);

/// The process's engine, started at the first call; later calls get the same one. A forked child
/// gets one of its own: its parent's threads don't exist in it.
///
/// # Errors
/// `InvalidArgument` for a bad value of any key.
pub fn shared(settings: EngineSettings) -> Result<Started> {
    let process = std::process::id();
    let mut shared = SHARED.lock();
    match &*shared {
        Some((owner, engine)) if *owner == process => {
            // What this file system's configuration gets wrong is said as it would be of the first.
            settings.config.check(&key_rows())?;
            let notes = unknown_keys(&settings.config);
            return Ok(Started { engine: Arc::clone(engine), notes });
        }
        // The parent's engine is left as it is: dropping it would join threads that aren't here.
        Some(_) => std::mem::forget(shared.take()),
        None => {}
    }
    let started = Engine::start(settings)?;
    *shared = Some((process, Arc::clone(&started.engine)));
    Ok(started)
}

impl Engine {
    /// An engine of its own; hosts use [`shared`].
    ///
    /// # Errors
    /// `InvalidArgument` for a bad value of any key.
    pub fn start(settings: EngineSettings) -> Result<Started> {
        crate::log::install();
        let config = &settings.config;
        config.check(&key_rows())?;
        let mut notes = unknown_keys(config);
        let limit = container_limit();
        let default = default_for(limit, settings.heap_bytes);
        let memory = config.get(&keys::MEMORY)?.map_or(default, |Size(bytes)| bytes);
        let shares = Shares::of(memory);
        let concurrency = config.require(&keys::CONCURRENCY)?;
        let open_segments = usize::try_from(shares.segments / OPEN_SEGMENT_BYTES).unwrap_or(0);
        let mut cache_settings = CacheSettings::configured(config)?;
        cache_settings.queue = shares.flights / 4 * 3;
        cache_settings.open_segments = cache_settings.open_segments.min(open_segments);
        if cache_settings.directories.is_empty() {
            let surroundings = PlaceEnv::gather(None, cache_settings.budget.is_some());
            cache_settings.directories.extend(default_place(&surroundings));
        }
        let cache = open_cache(cache_settings, &mut notes);
        notes.push(info(summary(config, cache.as_ref(), memory)));
        let flights = Budget::new(shares.flights);
        let uploads = UploadShare::new(Arc::clone(&flights), shares.flights / 2);
        let fetcher = Fetcher::new(flights, cache.clone(), concurrency);
        let footers = Cache::builder()
            .max_capacity(shares.footers)
            .weigher(|_, footer: &Arc<Footer>| footer.weight())
            .build();
        let ahead = if cache.is_some() { shares.flights } else { shares.ram } / 2;
        let engine = Arc::new(Engine {
            ahead,
            cache,
            ram: Arc::new(RamTier::new(shares.ram)),
            footers,
            habits: Habits::new(),
            fetcher,
            uploads,
            connections: Connections::default(),
            versions: Cache::new(VERSIONS_SEEN),
        });
        Ok(Started { engine, notes })
    }

    /// A file system instance on this engine.
    ///
    /// # Errors
    /// `InvalidArgument` for a bad value of one of its keys.
    pub fn open_store(self: &Arc<Self>, settings: StoreSettings) -> Result<Arc<Store>> {
        Ok(Arc::new(Store::new(Arc::clone(self), settings)?))
    }

    /// Waits until every fetch begun so far has ended, and what it brought has been written to the
    /// cache or refused.
    pub fn drain(&self) {
        self.fetcher.drain();
        if let Some(cache) = &self.cache {
            cache.drain();
        }
    }

    /// Memory that fetches hold now, in bytes.
    #[must_use]
    pub fn flight_bytes(&self) -> u64 {
        self.fetcher.budget.used()
    }

    /// Remembers that this version was seen, and says whether another one was seen before it.
    pub(crate) fn sees(&self, identity: &Identity) -> bool {
        let (place, version) = (identity.location_hash(), identity.hash());
        let before = self.versions.get(&place);
        self.versions.insert(place, version);
        before.is_some_and(|before| before != version)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("fetcher", &self.fetcher).finish_non_exhaustive()
    }
}

fn open_cache(settings: CacheSettings, notes: &mut Vec<Note>) -> Option<Arc<HostCache>> {
    match HostCache::open(settings) {
        Ok(cache) => {
            notes.extend(cache.notes().iter().cloned().map(warning));
            Some(Arc::new(cache))
        }
        Err(refusal) => {
            notes.push(warning(format!(
                "no cache directory is in use, what is read is kept in memory only: {refusal}"
            )));
            None
        }
    }
}

fn unknown_keys(config: &Settings) -> Vec<Note> {
    let unknown = config.unknown(&key_rows());
    unknown
        .into_iter()
        .map(|key| {
            warning(format!("{} is no key of Forebay; did you mean {}?", key.given, key.nearest))
        })
        .collect()
}

fn summary(config: &Settings, cache: Option<&Arc<HostCache>>, memory: u64) -> String {
    let cached = match cache {
        Some(cache) => {
            let places: Vec<String> =
                cache.directories().map(|path| path.display().to_string()).collect();
            format!("cache in use: {}", places.join(", "))
        }
        None => "cache not in use".to_owned(),
    };
    let mut text = format!("{cached}; native memory {} MiB; configuration:", memory >> 20);
    let rows = key_rows();
    for (name, value) in config.effective(&rows).filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!(" {name}={value}"));
    }
    text
}

fn info(text: String) -> Note {
    Note { level: Level::Info, text }
}

fn warning(text: String) -> Note {
    Note { level: Level::Warn, text }
}
