//! One hard budget of native memory for the process.
//!
//! Flights and everything queued for the disk reserve from it before they allocate and give back
//! when the memory is freed; the RAM tier, footers and segment tables have fixed shares carved out
//! at start. The default leaves room for the host's own overhead: memory taken beyond it is an
//! executor killed by its container.

use std::sync::Arc;

use forebay_types::sync::atomic::{AtomicU64, Ordering};

use crate::metrics::{MEMORY_BUDGET, MEMORY_FLIGHTS};

/// The budget where no container limit is known: Spark's smallest memory overhead is 384 MiB, and a
/// third of it is what a guest may take.
pub const DEFAULT: u64 = 128 << 20;

/// Below this no 8 MiB piece could be in flight beside the tables.
pub const SMALLEST: u64 = 32 << 20;

/// How the budget is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Bytes on the wire or on their way to the disk.
    pub flights: u64,
    /// Cells kept in memory.
    pub ram: u64,
    /// Parsed footers.
    pub footers: u64,
    /// Open segments and their tables.
    pub segments: u64,
}

impl Shares {
    /// Half for flights, a quarter for the RAM tier, an eighth each for footers and segments.
    #[must_use]
    pub fn of(total: u64) -> Shares {
        Shares { flights: total / 2, ram: total / 4, footers: total / 8, segments: total / 8 }
    }
}

/// The default budget: [`DEFAULT`], or a quarter of what the container leaves beyond the heap where
/// that is less.
#[must_use]
pub fn default_for(container: Option<u64>, heap: u64) -> u64 {
    let beyond = container.map_or(u64::MAX, |limit| limit.saturating_sub(heap));
    (beyond / 4).clamp(SMALLEST, DEFAULT)
}

/// The memory limit of the control group this process runs in, if it has one.
#[must_use]
pub fn container_limit() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    limit_files(&groups)
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .filter_map(|text| text.trim().parse::<u64>().ok())
        // Version 1 says "no limit" by a number near 2^63, version 2 by a word.
        .filter(|limit| *limit < 1 << 60)
        .min()
}

/// The files that may limit the process whose `/proc/self/cgroup` says `groups`: those of its own
/// group and of every group above, of both versions of control groups. In a container its own group
/// is what is mounted at the root.
fn limit_files(groups: &str) -> Vec<String> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, name) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|c| c == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        files.extend(ancestors(path).iter().map(|group| format!("{root}{group}/{name}")));
        files.push(format!("{root}/{name}"));
    }
    files
}

fn ancestors(path: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = path.trim_end_matches('/');
    while !rest.is_empty() {
        all.push(rest.to_owned());
        rest = rest.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    all
}

/// Bytes that flights may hold at once.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    /// A budget of `limit` bytes.
    #[must_use]
    pub fn new(limit: u64) -> Arc<Budget> {
        MEMORY_BUDGET.set(limit);
        Arc::new(Budget { limit, used: AtomicU64::new(0) })
    }

    /// Takes `bytes` if they fit.
    #[must_use]
    pub fn try_reserve(self: &Arc<Self>, bytes: u64) -> Option<Reservation> {
        let fits = |used: u64| used.checked_add(bytes).filter(|total| *total <= self.limit);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok()?;
        Some(self.reservation(bytes))
    }

    /// Takes `bytes` whether or not they fit: the one demand piece that is always admitted.
    #[must_use]
    pub fn reserve_anyway(self: &Arc<Self>, bytes: u64) -> Reservation {
        self.used.fetch_add(bytes, Ordering::AcqRel);
        self.reservation(bytes)
    }

    /// Bytes reserved now.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }

    fn reservation(self: &Arc<Self>, bytes: u64) -> Reservation {
        MEMORY_FLIGHTS.add(bytes);
        Reservation { budget: Arc::clone(self), bytes }
    }
}

/// A part of a [`Budget`], given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::AcqRel);
        MEMORY_FLIGHTS.subtract(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_never_exceeded_but_by_the_one_piece_that_must_go() {
        let budget = Budget::new(100);
        let first = budget.try_reserve(60).unwrap();
        assert!(budget.try_reserve(41).is_none());
        let forced = budget.reserve_anyway(41);
        assert_eq!(budget.used(), 101);
        drop((first, forced));
        assert_eq!(budget.used(), 0);
        assert!(budget.try_reserve(u64::MAX).is_none());
    }

    #[test]
    fn the_default_follows_the_container() {
        let heap = 2 << 30;
        assert_eq!(default_for(None, heap), DEFAULT);
        assert_eq!(default_for(Some(heap + (384 << 20)), heap), 96 << 20);
        assert_eq!(default_for(Some(heap), heap), SMALLEST);
    }

    #[test]
    fn every_group_above_ours_is_asked() {
        let found = limit_files("4:memory:/a/b\n3:cpu,cpuacct:/c\n0::/d\ngarbage");
        assert_eq!(
            found,
            [
                "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "/sys/fs/cgroup/d/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
        assert_eq!(limit_files("0::/"), ["/sys/fs/cgroup/memory.max"]);
    }
}
