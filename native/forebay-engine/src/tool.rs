//! What the operator's tool asks: where a configuration puts the cache, what is wrong with it, and
//! everything an [`Inspection`] says, as names and values.
//!
//! Nothing here starts the engine, so the tool needs no memory budget and no threads, and never
//! becomes one of the processes that share a directory.

use std::path::{Path, PathBuf};

use forebay_cache::{
    BudgetFacts, CacheSettings, Content, DirectoryStatistics, Inspection, PlaceEnv, SegmentFacts,
    Verified, default_place,
};
use forebay_types::config::{KeyRow, Settings};
use forebay_types::{ErrorKind, Result};

use crate::reference::key_rows;

/// A fact's name and value.
pub type Fact = (&'static str, String);

/// The places in which `config` puts the cache, and the size it gives them together; as a process
/// that starts here and now would choose them.
///
/// # Errors
/// `InvalidArgument` for a bad value.
pub fn places(config: &Settings) -> Result<(Vec<PathBuf>, Option<u64>)> {
    let mut settings = CacheSettings::configured(config)?;
    if settings.directories.is_empty() {
        let surroundings = PlaceEnv::gather(None, settings.budget.is_some());
        settings.directories.extend(default_place(&surroundings));
    }
    Ok((settings.directories, settings.budget))
}

/// What is wrong with the `fs.forebay.*` keys of `given`, in words; nothing where all is well. Keys
/// that hold for one bucket are looked at for that bucket.
#[must_use]
pub fn complaints(given: &[(String, String)], bucket: Option<&str>) -> Vec<String> {
    let config = Settings::new(given.iter().cloned(), bucket);
    let rows = key_rows();
    let unknown = config.unknown(&rows).into_iter();
    let unknown = unknown
        .map(|key| format!("{} is no key of Forebay; did you mean {}?", key.given, key.nearest));
    let bad = config.effective(&rows).filter_map(|(name, value)| {
        let row: &&dyn KeyRow = rows.iter().find(|row| row.name() == name)?;
        let error = (!value.trim().is_empty()).then(|| row.check(value))?.err()?;
        Some(format!("{name}: {}", error.message()))
    });
    unknown.chain(bad).collect()
}

/// The cache in `parent`: where, on what disk, its budget. With `probe`, its disk is tried.
///
/// # Errors
/// As [`Inspection::open`], and where the disk fails; where there is no cache and none could be made,
/// why not.
pub fn directory(parent: &Path, probe: bool) -> Result<Vec<Fact>> {
    let inspection = match Inspection::open(parent) {
        Err(absent) if absent.kind() == ErrorKind::NotFound => {
            Inspection::prospect(parent)?;
            return Err(absent);
        }
        opened => opened?,
    };
    let disk = inspection.disk()?;
    let mut facts = vec![
        ("path", inspection.path().display().to_string()),
        ("disk-total", disk.total.to_string()),
        ("disk-free", disk.free.to_string()),
    ];
    if let Some(budget) = inspection.budget()? {
        facts.extend(budget_facts(budget));
    }
    if let Some(statistics) = inspection.statistics()? {
        facts.extend(statistics_facts(statistics));
    }
    if probe {
        let took = inspection.probe()?;
        facts.push(("probe-write-us", took.write.as_micros().to_string()));
        facts.push(("probe-read-us", took.read.as_micros().to_string()));
    }
    Ok(facts)
}

/// The names of all segments of the cache in `parent`.
///
/// # Errors
/// As [`Inspection::open`], and where the disk fails.
pub fn segments(parent: &Path) -> Result<Vec<String>> {
    Inspection::open(parent)?.segments()
}

/// What one segment holds.
///
/// # Errors
/// As [`Inspection::segment`].
pub fn segment(parent: &Path, name: &str) -> Result<Vec<Fact>> {
    let SegmentFacts { content, disk, used_at, again } = Inspection::open(parent)?.segment(name)?;
    let mut facts = content_facts(&content);
    facts.push(("disk", disk.to_string()));
    facts.push(("used-at", used_at.to_string()));
    facts.push(("again", again.to_string()));
    Ok(facts)
}

/// Checks every cell of one segment, and with `drop` drops what is damaged.
///
/// # Errors
/// As [`Inspection::verify`].
pub fn verify(parent: &Path, name: &str, drop: bool) -> Result<Vec<Fact>> {
    let Verified { content, cells, bytes, damaged, dropped } =
        Inspection::open(parent)?.verify(name, drop)?;
    let mut facts = content_facts(&content);
    let damaged: Vec<String> = damaged.iter().map(u64::to_string).collect();
    facts.push(("cells", cells.to_string()));
    facts.push(("bytes", bytes.to_string()));
    facts.push(("damaged", damaged.join(" ")));
    facts.push(("dropped", dropped.to_string()));
    Ok(facts)
}

/// Removes one segment; says whether it was there.
///
/// # Errors
/// As [`Inspection::remove`].
pub fn remove(parent: &Path, name: &str) -> Result<bool> {
    Inspection::open(parent)?.remove(name)
}

/// Counts what the cache in `parent` takes, and makes room where it is too much.
///
/// # Errors
/// As [`Inspection::settle`].
pub fn settle(parent: &Path) -> Result<()> {
    Inspection::open(parent)?.settle().map(|_| ())
}

/// Gives the cache in `parent` another budget.
///
/// # Errors
/// As [`Inspection::set_budget`].
pub fn set_budget(parent: &Path, bytes: u64) -> Result<Vec<Fact>> {
    let changed = Inspection::open(parent)?.set_budget(bytes)?;
    let mut facts = budget_facts(changed.now).to_vec();
    facts.push(("before", changed.before.to_string()));
    facts.push(("freed", changed.freed.to_string()));
    Ok(facts)
}

fn budget_facts(budget: BudgetFacts) -> [Fact; 4] {
    [
        ("budget", budget.budget.to_string()),
        ("used", budget.used.to_string()),
        ("chunk", budget.chunk.to_string()),
        ("living", budget.living.to_string()),
    ]
}

fn statistics_facts(statistics: DirectoryStatistics) -> [Fact; 5] {
    [
        ("read", statistics.read.to_string()),
        ("missed", statistics.missed.to_string()),
        ("filled", statistics.filled.to_string()),
        ("evicted", statistics.evicted.to_string()),
        ("errors", statistics.errors.to_string()),
    ]
}

fn content_facts(content: &Content) -> Vec<Fact> {
    let kind = |kind: &str| vec![("content", kind.to_owned())];
    match content {
        Content::Object { identity, begin, cached } => {
            let (location, version) = (identity.location(), identity.version());
            let mut facts = kind("object");
            facts.push(("store", location.store.to_string()));
            facts.push(("endpoint", location.endpoint.to_string()));
            facts.push(("bucket", location.bucket.to_string()));
            facts.push(("key", location.key.to_string()));
            facts.push(("etag", version.etag.bare().to_owned()));
            facts.push(("length", version.length.to_string()));
            facts.push(("begin", begin.to_string()));
            facts.push(("cached", cached.to_string()));
            facts
        }
        Content::Blank => kind("blank"),
        Content::Foreign => kind("foreign"),
        Content::Broken => kind("broken"),
        Content::Gone => kind("gone"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_configuration_is_told_what_is_wrong_with_it() {
        let given = given(&[
            ("fs.forebay.cache.sise", "1GB"),
            ("fs.forebay.memory", "lots"),
            ("fs.forebay.bucket.lake.origin", "elsewhere"),
            ("fs.s3a.endpoint", "x"),
        ]);
        let found = complaints(&given, None);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("did you mean fs.forebay.cache.size?"), "{found:?}");
        assert!(found[1].contains("fs.forebay.memory: 'lots'"), "{found:?}");
        assert_eq!(complaints(&given, Some("lake")).len(), 3);
    }

    #[test]
    fn places_are_the_configured_ones() {
        let given = given(&[("fs.forebay.cache.dirs", "/a,/b"), ("fs.forebay.cache.size", "2GB")]);
        let (dirs, size) = places(&Settings::new(given, None)).unwrap();
        assert_eq!((dirs, size), (vec!["/a".into(), "/b".into()], Some(2 << 30)));
    }
}
