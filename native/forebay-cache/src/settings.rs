//! The cache's part of the configuration.

use std::path::PathBuf;

use forebay_types::Result;
use forebay_types::config::{Key, KeyRow, Scope, Settings, Size};

/// Where the cache lies.
pub static DIRECTORIES: Key<Vec<PathBuf>> = Key::new(
    "fs.forebay.cache.dirs",
    "",
    Scope::Process,
    "Directories on local disks in which the host's cache lies, shared by all processes of the user.",
    "not set: on YARN the local directory of the user, else spark.local.dir where it is private, else \
     the user's cache directory; in a container only together with fs.forebay.cache.size",
);

/// How large it may become.
pub static SIZE: Key<Size> = Key::new(
    "fs.forebay.cache.size",
    "",
    Scope::Process,
    "Disk space of all cache directories together, for all processes of the user on this host.",
    "not set: half of what is free when a directory is created, never filling the disk beyond 85 %, \
     since YARN takes a node out at 90 %",
)
.accepting("a size of at least 1MB", |size| size.0 >= SMALLEST_BUDGET);

/// What it leaves to others.
pub static FREE_FLOOR: Key<Size> = Key::new(
    "fs.forebay.cache.free-floor",
    "1GB",
    Scope::Process,
    "Disk space the cache leaves free: below it nothing is added, and old segments go.",
    "room for other programs to notice a full disk before it is one",
);

/// Every key of this crate.
pub static KEYS: &[&dyn KeyRow] = &[&DIRECTORIES, &SIZE, &FREE_FLOOR];

/// Less than this cannot hold a chunk per process and a segment.
pub(crate) const SMALLEST_BUDGET: u64 = 1 << 20;

/// Fills that wait, in bytes: two pieces per connection of a fetch under way, and a quarter of the
/// default budget of native memory.
const QUEUE: u64 = 32 << 20;

/// Open segments at most: 32 GiB of objects, and 8 MiB of tables.
const OPEN_SEGMENTS: usize = 1024;

/// How a host's cache is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// The places, each of which gets a directory `forebay-<uid>` of ours.
    pub directories: Vec<PathBuf>,
    /// Bytes of disk for all directories together; `None` for the rule of the default.
    pub budget: Option<u64>,
    /// Bytes of disk that stay free.
    pub free_floor: u64,
    /// Bytes of fills that may wait to be written.
    pub queue: u64,
    /// Segments this process holds open at most, besides a quarter of its descriptors.
    pub open_segments: usize,
}

impl Default for CacheSettings {
    fn default() -> CacheSettings {
        CacheSettings {
            directories: Vec::new(),
            budget: None,
            free_floor: 1 << 30,
            queue: QUEUE,
            open_segments: OPEN_SEGMENTS,
        }
    }
}

impl CacheSettings {
    /// What `config` says.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that is not of its key's form.
    pub fn configured(config: &Settings) -> Result<CacheSettings> {
        Ok(CacheSettings {
            directories: config.get(&DIRECTORIES)?.unwrap_or_default(),
            budget: config.get(&SIZE)?.map(|size| size.0),
            free_floor: config.require(&FREE_FLOOR)?.0,
            ..CacheSettings::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_settings() {
        let config = Settings::new(
            [
                ("fs.forebay.cache.dirs", "/mnt/a, file:///mnt/b"),
                ("fs.forebay.cache.size", "200GB"),
            ],
            None,
        );
        let settings = CacheSettings::configured(&config).unwrap();
        assert_eq!(settings.directories, [PathBuf::from("/mnt/a"), PathBuf::from("/mnt/b")]);
        assert_eq!(settings.budget, Some(200 << 30));
        assert_eq!(settings.free_floor, CacheSettings::default().free_floor);
        for row in KEYS {
            assert!(row.default_text().is_empty() || row.check(row.default_text()).is_ok());
        }
        assert!(SIZE.parse("4KB").is_err());
    }
}
