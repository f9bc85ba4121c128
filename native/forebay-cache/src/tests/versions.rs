//! Which version of a key a host held last.

use std::time::{Duration, SystemTime};

use super::*;

#[test]
fn the_version_used_last_is_found_by_a_new_process_and_nothing_else_is() {
    let place = place();
    let cache = open(&place);
    let (old, new) = (identity("a/b", 1, 3 * CELL), identity("a/b", 2, 5 * CELL));
    assert_eq!(cache.last_version(old.location()), None);
    fill(&cache, &new, 0, CELL);
    fill(&cache, &old, 0, CELL);
    let used = |identity: &Identity, ago: u64| {
        let then = SystemTime::now() - Duration::from_secs(ago);
        segment_file(&place, identity, 0).set_modified(then).unwrap();
    };
    used(&old, 50);
    used(&new, 20);
    assert_eq!(open(&place).last_version(old.location()).as_ref(), Some(new.version()));
    used(&old, 10);
    assert_eq!(open(&place).last_version(old.location()).as_ref(), Some(old.version()));
    let other = identity("a/c", 1, 3 * CELL);
    assert_eq!(cache.last_version(other.location()), None);

    // Under the right name, but another object's: as if a hash had met another.
    let path = segment_path(&place, &old, 0);
    fill(&cache, &other, 0, CELL);
    std::fs::rename(segment_path(&place, &other, 0), &path).unwrap();
    used(&old, 5);
    assert_eq!(open(&place).last_version(old.location()), None, "its header says otherwise");
    put(&segment_file(&place, &old, 0), &[0xff; 64], 0);
    used(&old, 1);
    assert_eq!(open(&place).last_version(old.location()), None, "nor is a damaged one believed");
}
