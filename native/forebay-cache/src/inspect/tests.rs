//! The tool's view, on real directories that a cache has filled.

use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;

use crate::slice::{CELLS_AT, Slice};
use crate::tests::{blocks_below, fill, identity, open, place, read, root, segment_file};
use crate::{
    CELL, CacheSettings, Content, DirectoryStatistics, HostCache, Inspection, MissCause, SEGMENT,
    long, size,
};

const LENGTH: u64 = 3 * CELL + 100;

fn object_in(content: &Content) -> (String, u64, u64) {
    let Content::Object { identity, begin, cached } = content else { panic!("{content:?}") };
    (identity.location().key.to_string(), *begin, *cached)
}

#[test]
fn a_place_without_a_cache_is_not_found_and_stays_so() {
    let place = place();
    let error = Inspection::open(place.path()).unwrap_err();
    assert_eq!(error.kind(), forebay_types::ErrorKind::NotFound);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_place_says_whether_a_cache_could_be_made_there() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    let deep = place.path().join("a/b/c");
    Inspection::prospect(place.path()).unwrap();
    Inspection::prospect(&deep).unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let open_to_all = Inspection::prospect(place.path()).unwrap_err();
    assert!(open_to_all.message().contains("a directory of your own inside it"), "{open_to_all}");
    Inspection::prospect(&deep).unwrap();
    std::fs::write(place.path().join("a"), b"").unwrap();
    let blocked = Inspection::prospect(&place.path().join("a")).unwrap_err();
    assert!(blocked.message().contains("is not a directory"), "{blocked}");
    assert!(Inspection::prospect(std::path::Path::new("relative")).is_err());
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "nothing was made");
}

#[test]
fn a_directory_says_what_all_processes_did_with_it() {
    let place = place();
    drop(open(&place));
    let tool = Inspection::open(place.path()).unwrap();
    assert_eq!(tool.statistics().unwrap(), Some(DirectoryStatistics::default()));
    let one = identity("one", 1, LENGTH);
    for _ in 0..2 {
        let cache = open(&place);
        fill(&cache, &one, 0, LENGTH);
        let object = cache.object(Arc::clone(&one));
        read(&object, 0, size(LENGTH));
        object.count_missed(&(CELL..LENGTH));
        cache.note_statistics();
        cache.drain();
    }
    let found = tool.statistics().unwrap().unwrap();
    let told = DirectoryStatistics { read: 2 * LENGTH, missed: 6, filled: LENGTH, ..found };
    assert_eq!(found, told, "the second cache found the cells there");
    assert_eq!((found.evicted, found.errors), (0, 0));
    std::fs::write(root(&place).join("statistics"), b"damaged").unwrap();
    assert_eq!(tool.statistics().unwrap(), None);
    let cache = open(&place);
    read(&cache.object(one), 0, size(LENGTH));
    cache.note_statistics();
    cache.drain();
    let anew = DirectoryStatistics { read: LENGTH, ..DirectoryStatistics::default() };
    assert_eq!(tool.statistics().unwrap(), Some(anew), "damaged, it begins anew");
}

#[test]
fn every_segment_says_what_it_holds() {
    let place = place();
    let cache = open(&place);
    let (one, two) = (identity("a/one", 1, LENGTH), identity("b/two", 1, SEGMENT + CELL));
    fill(&cache, &one, CELL, LENGTH);
    fill(&cache, &two, 0, CELL);
    fill(&cache, &two, SEGMENT, SEGMENT + CELL);
    let tool = Inspection::open(place.path()).unwrap();
    let mut found: Vec<_> = tool
        .segments()
        .unwrap()
        .iter()
        .map(|name| tool.segment(name).unwrap())
        .inspect(|facts| assert!(facts.disk > 0 && facts.used_at > 1_600_000_000 && !facts.again))
        .map(|facts| object_in(&facts.content))
        .collect();
    found.sort();
    let expected = [("a/one", 0, LENGTH - CELL), ("b/two", 0, CELL), ("b/two", SEGMENT, CELL)];
    let expected: Vec<_> =
        expected.map(|(key, begin, cached)| (key.to_owned(), begin, cached)).to_vec();
    assert_eq!(found, expected);
}

#[test]
fn what_is_no_file_is_no_segment() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, LENGTH);
    fill(&cache, &identity, 0, LENGTH);
    let tool = Inspection::open(place.path()).unwrap();
    let name = tool.segments().unwrap().remove(0);
    let odd = root(&place).join(name.replace(".1", ".2"));
    std::fs::create_dir(&odd).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root(&place).join(name.replace(".1", ".3"))).unwrap();
    assert_eq!(tool.segments().unwrap(), [name]);
}

#[test]
fn names_that_are_none_are_refused() {
    let place = place();
    let _cache = open(&place);
    let tool = Inspection::open(place.path()).unwrap();
    let hash = "0".repeat(32);
    for name in ["", "ledger", "../ledger", "a/b/ledger", "a/b/../../ledger", "a/b/c", "a/b/\0"] {
        assert!(tool.segment(name).is_err(), "{name}");
        assert!(tool.verify(name, true).is_err(), "{name}");
        assert!(tool.remove(name).is_err(), "{name}");
    }
    let absent = format!("0/0/{hash}-{hash}-0.1");
    assert_eq!(tool.segment(&absent).unwrap().content, Content::Gone);
    assert_eq!(tool.verify(&absent, true).unwrap().content, Content::Gone);
    assert!(!tool.remove(&absent).unwrap());
}

#[test]
fn damaged_cells_are_found_and_dropped_for_all_readers() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, LENGTH);
    fill(&cache, &identity, 0, LENGTH);
    let object = cache.object(Arc::clone(&identity));
    let tool = Inspection::open(place.path()).unwrap();
    let name = tool.segments().unwrap().remove(0);
    let sound = tool.verify(&name, true).unwrap();
    assert_eq!((sound.cells, sound.bytes, sound.dropped), (4, LENGTH, false));
    assert!(sound.damaged.is_empty());
    let file = segment_file(&place, &identity, 0);
    file.write_all_at(b"!", CELLS_AT + CELL + 5).unwrap();
    file.write_all_at(&[9], Slice::entry_at(3) + 4).unwrap();
    let found = tool.verify(&name, false).unwrap();
    assert_eq!((found.damaged, found.dropped), (vec![CELL, 3 * CELL], false));
    let dropped = tool.verify(&name, true).unwrap();
    assert_eq!((dropped.damaged, dropped.dropped), (vec![CELL, 3 * CELL], true));
    assert!(tool.verify(&name, false).unwrap().damaged.is_empty());
    let outcome = read(&object, 0, size(LENGTH));
    assert_eq!(long(outcome.bytes), CELL, "good cells stay: {outcome:?}");
    fill(&cache, &identity, 0, LENGTH);
    assert_eq!(read(&cache.object(identity), 0, size(LENGTH)).miss, None);
}

#[test]
fn a_broken_header_and_a_cut_file_are_damage() {
    let place = place();
    let cache = open(&place);
    let (one, two) = (identity("one", 1, LENGTH), identity("two", 1, LENGTH));
    fill(&cache, &one, 0, LENGTH);
    fill(&cache, &two, 0, LENGTH);
    segment_file(&place, &one, 0).write_all_at(b"!", 40).unwrap();
    segment_file(&place, &two, 0).set_len(CELLS_AT + CELL).unwrap();
    let tool = Inspection::open(place.path()).unwrap();
    let names = tool.segments().unwrap();
    let found: Vec<_> = names.iter().map(|name| tool.verify(name, true).unwrap()).collect();
    let broken = found.iter().find(|one| one.content == Content::Broken).unwrap();
    assert!(broken.dropped);
    let cut = found.iter().find(|one| one.content != Content::Broken).unwrap();
    assert_eq!((cut.cells, cut.damaged.as_slice()), (4, [CELL, 2 * CELL, 3 * CELL].as_slice()));
    assert_eq!(tool.segments().unwrap().len(), 1, "the broken one is gone");
}

#[test]
fn what_is_removed_is_free_although_a_job_has_it_open() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, SEGMENT);
    fill(&cache, &identity, 0, 4 << 20);
    let object = cache.object(Arc::clone(&identity));
    read(&object, 0, 100);
    let held = segment_file(&place, &identity, 0);
    let tool = Inspection::open(place.path()).unwrap();
    for name in tool.segments().unwrap() {
        assert!(tool.remove(&name).unwrap());
    }
    tool.settle().unwrap();
    assert_eq!(held.metadata().unwrap().blocks(), 0);
    let facts = tool.budget().unwrap().unwrap();
    assert!(facts.used < 4 << 20, "{facts:?}");
    assert_eq!(read(&object, 0, 100).miss, Some(MissCause::Evicted));
    fill(&cache, &identity, 0, CELL);
    assert_eq!(read(&object, 0, 100).miss, None);
}

#[test]
fn a_smaller_budget_holds_for_processes_that_run() {
    let place = place();
    let cache = open(&place);
    let fill_one = |key: u32| {
        let identity = identity(&key.to_string(), 1, 16 << 20);
        fill(&cache, &identity, 0, 16 << 20);
    };
    (0..6).for_each(fill_one);
    assert!(blocks_below(&root(&place)) > 90 << 20);
    let tool = Inspection::open(place.path()).unwrap();
    let changed = tool.set_budget(64 << 20).unwrap();
    assert_eq!((changed.before, changed.now.budget), (1 << 30, 64 << 20));
    assert!(changed.freed > 0 && changed.now.living == 1, "{changed:?}");
    for key in 6..30 {
        fill_one(key);
        let taken = blocks_below(&root(&place));
        assert!(taken <= 64 << 20, "{taken} bytes after {key}");
    }
    assert!(blocks_below(&root(&place)) > 32 << 20, "it is used, too");
    tool.set_budget(256 << 20).unwrap();
    (30..40).for_each(fill_one);
    assert!(blocks_below(&root(&place)) > 128 << 20);
}

#[test]
fn a_budget_that_the_living_could_break_is_refused() {
    let place = place();
    let cache = open(&place);
    let identity = identity("k", 1, LENGTH);
    fill(&cache, &identity, 0, LENGTH);
    let tool = Inspection::open(place.path()).unwrap();
    let before = tool.budget().unwrap();
    for budget in [0, 1 << 10, 2 << 20, u64::MAX] {
        let error = tool.set_budget(budget).unwrap_err();
        assert_eq!(error.kind(), forebay_types::ErrorKind::InvalidArgument, "{budget}");
    }
    assert_eq!(tool.budget().unwrap(), before);
}

#[test]
fn a_directory_without_a_ledger_is_only_looked_at() {
    let place = place();
    drop(open(&place));
    std::fs::remove_file(root(&place).join("ledger")).unwrap();
    let tool = Inspection::open(place.path()).unwrap();
    assert_eq!(tool.budget().unwrap(), None);
    assert_eq!(tool.settle().unwrap(), 0);
    assert!(!root(&place).join("ledger").exists());
    assert_eq!(tool.set_budget(64 << 20).unwrap().now.budget, 64 << 20);
    let opened = HostCache::open(CacheSettings {
        directories: vec![place.path().to_owned()],
        budget: Some(32 << 20),
        ..CacheSettings::default()
    })
    .unwrap();
    assert!(opened.notes()[0].contains("budget 33554432 --dirs"), "{:?}", opened.notes());
}

#[test]
fn a_probe_leaves_nothing_behind() {
    let place = place();
    let _cache = open(&place);
    let tool = Inspection::open(place.path()).unwrap();
    let before = std::fs::read_dir(root(&place)).unwrap().count();
    tool.probe().unwrap();
    assert_eq!(std::fs::read_dir(root(&place)).unwrap().count(), before);
    assert!(tool.disk().unwrap().total > 0);
}
