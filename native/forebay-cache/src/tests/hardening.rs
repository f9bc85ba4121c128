//! What others may have put where our files belong, and what they may do to ours.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::{content, fill, identity, open, place, read, root, segment_path, settings};
use crate::slice::Slice;
use crate::{CELL, FillOutcome, HostCache, header, size};

const PLACE: &str = "FOREBAY_TEST_UMASK_PLACE";

/// Fills a cache, where it was started to do so.
#[test]
fn filler() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let cache = HostCache::open(settings(Path::new(&place))).unwrap();
    fill(&cache, &identity("k", 1, CELL), 0, CELL);
    drop(cache.claim(&identity("k", 1, CELL), 0..CELL));
}

fn everything_below(path: &Path) -> Vec<PathBuf> {
    let mut all = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap().flatten();
        all.extend(entries.flat_map(|entry| everything_below(&entry.path())));
    }
    all
}

#[test]
fn nothing_is_open_to_others_whatever_the_umask() {
    for umask in ["0", "077", "0777"] {
        let place = place();
        let binary = std::env::current_exe().unwrap();
        let command = format!(
            "umask {umask}; exec '{}' --exact tests::hardening::filler --test-threads=1",
            binary.display()
        );
        let ended = Command::new("sh").args(["-c", &command]).env(PLACE, place.path()).output();
        let all = everything_below(&root(&place));
        // A umask that takes rights from ourselves leaves a cache that may refuse to work, never one
        // that is open.
        if umask != "0777" {
            assert!(ended.unwrap().status.success());
            assert!(all.len() > 6, "{all:?}");
        }
        for path in all {
            let mode = path.symlink_metadata().unwrap().mode();
            assert_eq!(mode & 0o077, 0, "{} has mode {mode:o} under umask {umask}", path.display());
        }
    }
}

/// Makes something else of `path`, keeping what it was made from apart.
fn replace(path: &Path, kind: &str, outside: &Path) {
    let _ = std::fs::remove_file(path);
    match kind {
        "link" => symlink(outside, path).unwrap(),
        "pipe" => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        _ => std::fs::create_dir(path).unwrap(),
    }
}

#[test]
fn links_pipes_and_directories_in_our_files_places_are_misses_and_not_followed() {
    for kind in ["link", "pipe", "directory"] {
        for name in ["ledger", "locks", "fetches", "segment"] {
            let place = place();
            let outside = place.path().join("outside");
            std::fs::write(&outside, "another's").unwrap();
            let identity = identity("k", 1, 4 * CELL);
            let cache = open(&place);
            fill(&cache, &identity, 0, CELL);
            let path = match name {
                "segment" => segment_path(&place, &identity, 0),
                other => root(&place).join(other),
            };
            replace(&path, kind, &outside);
            drop(cache);
            // A ledger that can't be used refuses the directory: no cache, and a reason.
            if let Ok(cache) = HostCache::open(settings(place.path())) {
                let offered = content(&identity, 0, 4 * CELL);
                let _ = cache.fill(&identity, 0, offered);
                cache.drain();
                drop(cache.claim(&identity, 0..CELL));
                let _ = read(&cache.object(Arc::clone(&identity)), 5, size(2 * CELL));
            }
            let held = std::fs::read(&outside).unwrap();
            assert_eq!(held, b"another's", "{kind} in the place of {name} was followed");
        }
    }
}

#[test]
fn a_shelf_that_leads_elsewhere_is_not_followed() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, CELL);
    let outside = place.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    let path = segment_path(&place, &identity, 0);
    let upper = path.parent().unwrap().parent().unwrap();
    symlink(&outside, upper).unwrap();
    assert_eq!(cache.fill(&identity, 0, content(&identity, 0, CELL)), FillOutcome::Queued);
    cache.drain();
    let found = everything_below(&outside);
    assert_eq!(found.len(), 1, "written through a link: {found:?}");
}

/// Everything a cache does to its files.
fn exercise(cache: &HostCache, key: &str) {
    let identity = identity(key, 1, 4 * CELL);
    let _ = cache.fill(&identity, 0, content(&identity, 0, 4 * CELL));
    cache.drain();
    drop(cache.claim(&identity, 0..CELL));
    let _ = read(&cache.object(Arc::clone(&identity)), 5, size(2 * CELL));
    cache.purge_location(identity.location());
}

#[test]
fn a_directory_that_is_swapped_for_a_link_while_in_use_is_not_followed() {
    let place = place();
    let cache = open(&place);
    exercise(&cache, "before");
    let outside = place.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::rename(root(&place), place.path().join("moved")).unwrap();
    symlink(&outside, root(&place)).unwrap();
    exercise(&cache, "after");
    assert_eq!(everything_below(&outside).len(), 1, "{:?}", everything_below(&outside));
    let refusal = HostCache::open(settings(place.path())).unwrap_err();
    assert!(refusal.to_string().contains("is not a directory"), "{refusal}");
}

#[test]
fn names_that_are_swapped_for_links_all_the_time_are_not_followed() {
    let place = place();
    let cache = open(&place);
    exercise(&cache, "k");
    let outside = place.path().join("outside");
    std::fs::write(&outside, "another's").unwrap();
    let segment = segment_path(&place, &identity("k", 1, 4 * CELL), 0);
    let names = [segment, root(&place).join("ledger"), root(&place).join("locks")];
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // A rename over the name: at no moment is there neither the file nor the link.
                let link = place.path().join("link");
                let _ = symlink(&outside, &link);
                let _ = std::fs::rename(&link, &names[n % names.len()]);
                let _ = std::fs::remove_file(&names[(n + 1) % names.len()]);
            }
        });
        for _ in 0..200 {
            // A new one each time: one that has met three errors would be left alone. And each swap
            // may have it refused.
            if let Ok(cache) = HostCache::open(settings(place.path())) {
                exercise(&cache, "k");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(std::fs::read(&outside).unwrap(), b"another's");
}

proptest! {
    #[test]
    fn whatever_a_key_says_its_segment_has_a_name_of_digits_in_its_shelf(
        key in prop_oneof![any::<String>(), "(\\.\\./|/|\\.|~|\n|\u{0}|%2e|[a-z]){0,40}"],
    ) {
        let identity = identity(&key, 1, CELL);
        let path = header::path(&identity, Slice::new(CELL, 0).unwrap()).into_string().unwrap();
        let parts: Vec<&str> = path.split('/').collect();
        let [first, second, name] = parts[..] else { panic!("{path}") };
        prop_assert!(first.len() == 1 && second.len() == 1, "{}", path);
        prop_assert!(header::is_segment(name.as_bytes()), "{}", path);
        let digits = |c: char| c.is_ascii_hexdigit() || c == '-' || c == '.';
        prop_assert!(format!("{first}{second}{name}").chars().all(digits), "{}", path);
    }
}
