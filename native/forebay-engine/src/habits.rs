//! What the process remembers about directories.
//!
//! Partitions of one table share a habit: path elements of the form `name=value` don't count. It is kept
//! in memory only, by a hash; two directories that share one by chance make poorer guesses for each
//! other, nothing more.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use forebay_plan::Habit;
use forebay_types::Location;
use forebay_types::sync::Mutex;
use moka::sync::Cache;

/// Directories remembered: at 16 KiB each, when both schemas and all sets are as wide as they may be,
/// 4 MiB; a usual one takes half a kilobyte.
const DIRECTORIES: u64 = 256;

/// A directory that nobody opened a file of for this long is forgotten, what spoke against fetching
/// ahead in it included.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// See the module.
#[derive(Debug)]
pub(crate) struct Habits {
    directories: Cache<u64, Arc<Mutex<Habit>>>,
}

impl Habits {
    pub(crate) fn new() -> Habits {
        let directories =
            Cache::builder().max_capacity(DIRECTORIES).time_to_idle(FORGOTTEN).build();
        Habits { directories }
    }

    /// The habit of the directory that a file lies in.
    pub(crate) fn of(&self, location: &Location) -> Arc<Mutex<Habit>> {
        self.directories.get_with(directory(location), Arc::default)
    }
}

fn directory(location: &Location) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&location.store, &location.endpoint, &location.bucket).hash(&mut hasher);
    let parent = location.key.rsplit_once('/').map_or("", |(parent, _)| parent);
    parent.split('/').filter(|part| !part.contains('=')).for_each(|part| part.hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(key: &str) -> Location {
        let (store, endpoint, bucket) = ("s3".into(), "".into(), "b".into());
        Location { store, endpoint, bucket, key: key.into(), settings: 0 }
    }

    #[test]
    fn partitions_of_a_table_share_a_habit_and_tables_do_not() {
        let of = |key| directory(&location(key));
        assert_eq!(of("t/day=1/part-0"), of("t/day=2/hour=3/part-1"));
        assert_eq!(of("t/part-0"), of("t/day=2/part-1"));
        assert_ne!(of("t/part-0"), of("u/part-0"));
        assert_ne!(of("part-0"), of("t/part-0"));
    }
}
