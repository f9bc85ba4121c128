//! Running a test under many schedules.
//!
//! Half of them are drawn at random, half by PCT, which finds what needs few but well-placed switches.
//! `FOREBAY_SCHEDULES` says how many, `FOREBAY_SEED` where to begin; a schedule that fails is printed, and
//! `FOREBAY_SCHEDULE` runs that one again.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, FailurePersistence, Runner};

/// Schedules of each kind where nobody says how many: seconds.
const SCHEDULES: usize = 300;

/// Preemptions that PCT places: most bugs need two, and a third finds what two threads do to another.
const DEPTH: usize = 3;

/// The product's threads have megabytes; reading a table takes 32 KiB at once.
const STACK: usize = 512 << 10;

/// Of a hundred waits with a deadline, how many time out. One for all threads: a test's schedules run
/// one after the other, and tests that differ in it are told so by [`Deadlines`].
static PASSING: AtomicU32 = AtomicU32::new(0);

/// Whether deadlines may pass in the schedules of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadlines {
    /// Everything that is waited for comes in time.
    Never,
    /// One wait in eight is too short.
    Sometimes,
}

/// Whether the wait that is about to begin is too short.
pub(super) fn deadline_passes() -> bool {
    let passing = PASSING.load(Ordering::Relaxed);
    let passes = passing > 0 && thread_rng().gen_ratio(passing, 100);
    if passes {
        shuttle::thread::yield_now();
    }
    passes
}

/// Runs `test` under many schedules. Tests of one process take turns.
pub fn explore(name: &str, deadlines: Deadlines, test: impl Fn() + Send + Sync + 'static) {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _turn = TURN.lock();
    PASSING.store(if deadlines == Deadlines::Sometimes { 12 } else { 0 }, Ordering::Relaxed);
    if let Ok(schedule) = env::var("FOREBAY_SCHEDULE") {
        shuttle::replay(test, &schedule);
        return;
    }
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse().ok());
    let schedules = number("FOREBAY_SCHEDULES").unwrap_or(SCHEDULES);
    let seed = number("FOREBAY_SEED").map_or(0x5eed, |seed| seed as u64);
    eprintln!("{name}: {schedules} schedules at random and as many by PCT, seed {seed:#x}");
    let test = Arc::new(test);
    let again = Arc::clone(&test);
    let random = RandomScheduler::new_from_seed(seed, schedules);
    Runner::new(random, config()).run(move || test());
    let pct = PctScheduler::new_from_seed(seed, DEPTH, schedules);
    Runner::new(pct, config()).run(move || again());
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = STACK;
    config.failure_persistence = FailurePersistence::Print;
    config.silence_warnings = true;
    config
}
