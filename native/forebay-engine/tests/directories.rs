//! Directories that no cache may lie in: the owner is told why and what to do, and reads go on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod support;

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use forebay_engine::{Engine, EngineSettings, Level, Settings};
use forebay_testkit::origin::Bucket;
use support::{check, open, put, store_on};

/// On the disk that the test binary lies on: `/tmp` may be a tmpfs.
fn place() -> tempfile::TempDir {
    let beside = std::env::current_exe().unwrap();
    tempfile::tempdir_in(beside.parent().unwrap()).unwrap()
}

fn user() -> u32 {
    let me = std::fs::metadata("/proc/self").unwrap();
    std::os::unix::fs::MetadataExt::uid(&me)
}

fn ours(parent: &Path) -> PathBuf {
    parent.join(format!("forebay-{}", user()))
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Starts an engine with its cache in `parent`, reads twice, and returns the warnings.
fn warnings(parent: &Path) -> Vec<String> {
    let given = [
        ("fs.forebay.cache.dirs".to_owned(), parent.display().to_string()),
        ("fs.forebay.cache.size".to_owned(), "64MB".to_owned()),
        ("fs.forebay.cache.free-floor".to_owned(), "0".to_owned()),
    ];
    let config = Settings::new(given, None);
    let started = Engine::start(EngineSettings { config, heap_bytes: 0 }).unwrap();
    let bucket = Bucket::start().unwrap();
    let version = put(&bucket, "k", 1, 300_000);
    let file = open(&store_on(&started.engine, &bucket), "k", &version);
    for _ in 0..2 {
        check(&file, "k", 1, 0..300_000);
    }
    assert!(bucket.requests().get > 0);
    let is_warning = |level| match level {
        Level::Warn => true,
        Level::Info => false,
    };
    started.notes.into_iter().filter(|note| is_warning(note.level)).map(|note| note.text).collect()
}

/// The one warning, without what all of them begin with.
fn refusal(parent: &Path) -> String {
    let said = warnings(parent);
    let opening = "no cache directory is in use, what is read is kept in memory only: ";
    assert_eq!(said.len(), 1, "{said:?}");
    said[0].strip_prefix(opening).unwrap_or_else(|| panic!("{said:?}")).to_owned()
}

#[test]
fn a_missing_directory_is_made_and_nothing_is_said() {
    let place = place();
    let parent = place.path().join("not/yet");
    assert_eq!(warnings(&parent), [""; 0]);
    assert!(ours(&parent).is_dir());
}

#[test]
fn one_that_cannot_be_made_is_named_with_the_reason() {
    let user = user();
    assert_eq!(
        refusal(Path::new("/proc/forebay")),
        format!(
            "cache directory /proc/forebay: cannot be created (No such file or directory (os error \
             2)); name a local directory that user {user} owns, mode 0700"
        )
    );
    let place = place();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    let said = refusal(&file);
    assert!(said.starts_with(&format!("cache directory {}: cannot be ", file.display())), "{said}");
}

#[test]
fn one_that_everyone_may_write_to_is_not_used() {
    let place = place();
    let parent = place.path().join("open");
    std::fs::create_dir(&parent).unwrap();
    mode(&parent, 0o777);
    assert_eq!(
        refusal(&parent),
        format!(
            "cache directory {}: is writable for everyone; name a directory of your own inside it, \
             mode 0700",
            parent.display()
        )
    );
}

#[test]
fn a_link_a_wrong_mode_and_another_owner_are_not_ours() {
    let place = place();
    let path = ours(place.path());
    let elsewhere = place.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    let said = |reason: &str| format!("cache directory {}: {reason}", path.display());
    assert_eq!(refusal(place.path()), said("is not a directory; remove it"));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    mode(&path, 0o750);
    let wrong = "has mode 0750; run chmod 0700 on it, or remove it";
    assert_eq!(refusal(place.path()), said(wrong));
    mode(&path, 0o700);
    // Only root can give a directory away; for others the reason is held by a test of the cache.
    let user = user();
    if chown(&path, Some(user + 1), None).is_ok() {
        let foreign = format!("belongs to user {}, not {user}; remove it", user + 1);
        assert_eq!(refusal(place.path()), said(&foreign));
    }
}

#[test]
fn memory_is_no_disk() {
    let Ok(place) = tempfile::tempdir_in("/dev/shm") else { return };
    assert_eq!(
        refusal(place.path()),
        format!(
            "cache directory {}: lies on tmpfs, which cannot serve as a disk cache; name a local disk",
            place.path().display()
        )
    );
}

#[test]
fn one_of_two_that_is_left_out_is_named_and_the_other_is_used() {
    let place = place();
    let said = warnings(Path::new(&format!("{},/proc/forebay", place.path().display())));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("cache directory /proc/forebay: cannot be created"), "{said:?}");
    assert!(ours(place.path()).is_dir());
}

#[test]
fn a_size_other_than_the_directory_s_is_said_with_the_way_to_change_it() {
    let place = place();
    assert_eq!(warnings(place.path()), [""; 0]);
    let given = [
        ("fs.forebay.cache.dirs".to_owned(), place.path().display().to_string()),
        ("fs.forebay.cache.size".to_owned(), "32MB".to_owned()),
    ];
    let settings = EngineSettings { config: Settings::new(given, None), heap_bytes: 0 };
    let notes = Engine::start(settings).unwrap().notes;
    let change = format!(
        "to change it, run 'java -jar <forebay.jar> budget {} --dirs {}'",
        32 << 20,
        place.path().display()
    );
    assert!(notes.iter().any(|note| note.text.ends_with(&change)), "{notes:?}");
}
