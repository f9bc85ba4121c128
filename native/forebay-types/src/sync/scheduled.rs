//! Shuttle's locks in parking_lot's shape: no poisoning, a condition variable that borrows its guard,
//! and deadlines, which pass when a schedule says so rather than when a clock does.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, TryLockError};
use std::time::{Duration, Instant};

use shuttle::sync;

use super::schedules::deadline_passes;

/// As parking_lot's.
#[derive(Default)]
pub struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    /// Holds `value`.
    pub const fn new(value: T) -> Mutex<T> {
        Mutex(sync::Mutex::new(value))
    }

    /// Waits for the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Only where nobody holds it.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        unless_busy(self.0.try_lock()).map(|held| MutexGuard(Some(held)))
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mutex(scheduled)")
    }
}

/// The lock, held. Empty only while its condition variable waits.
pub struct MutexGuard<'a, T>(Option<sync::MutexGuard<'a, T>>);

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(held) => held,
            None => unreachable!("a guard is lent to nobody while it waits"),
        }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.0 {
            Some(held) => held,
            None => unreachable!("a guard is lent to nobody while it waits"),
        }
    }
}

/// As parking_lot's.
#[derive(Default)]
pub struct Condvar(sync::Condvar);

/// Whether a wait ended because its time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// As parking_lot's.
    #[must_use]
    pub fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    /// Nobody waits for it.
    #[must_use]
    pub const fn new() -> Condvar {
        Condvar(sync::Condvar::new())
    }

    /// Waits to be notified.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        if let Some(held) = guard.0.take() {
            guard.0 = Some(self.0.wait(held).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Waits to be notified, or until the schedule says that the time has come.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _: Instant) -> WaitTimeoutResult {
        let passed = deadline_passes();
        if !passed {
            self.wait(guard);
        }
        WaitTimeoutResult(passed)
    }

    /// As [`Condvar::wait_until`].
    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _: Duration) -> WaitTimeoutResult {
        self.wait_until(guard, Instant::now())
    }

    /// Wakes one that waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all that wait.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condvar(scheduled)")
    }
}

/// As parking_lot's.
#[derive(Default)]
pub struct RwLock<T>(sync::RwLock<T>);

impl<T> RwLock<T> {
    /// Holds `value`.
    pub const fn new(value: T) -> RwLock<T> {
        RwLock(sync::RwLock::new(value))
    }

    /// Waits until nobody writes.
    pub fn read(&self) -> sync::RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody reads or writes.
    pub fn write(&self) -> sync::RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Only where nobody writes.
    pub fn try_read(&self) -> Option<sync::RwLockReadGuard<'_, T>> {
        unless_busy(self.0.try_read())
    }

    /// Only where nobody reads or writes.
    pub fn try_write(&self) -> Option<sync::RwLockWriteGuard<'_, T>> {
        unless_busy(self.0.try_write())
    }

    /// Waits until nobody writes, or until the schedule says that the time has come.
    pub fn try_read_for(&self, _: Duration) -> Option<sync::RwLockReadGuard<'_, T>> {
        self.try_read().or_else(|| (!deadline_passes()).then(|| self.read()))
    }

    /// Waits until nobody reads or writes, or until the schedule says that the time has come.
    pub fn try_write_for(&self, _: Duration) -> Option<sync::RwLockWriteGuard<'_, T>> {
        self.try_write().or_else(|| (!deadline_passes()).then(|| self.write()))
    }
}

fn unless_busy<G>(tried: Result<G, TryLockError<G>>) -> Option<G> {
    match tried {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl<T> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RwLock(scheduled)")
    }
}
