//! State that belongs to one process and is left behind by a fork.
//!
//! A forked child has its parent's memory but none of its threads: locks may be held for ever, the
//! runtime is gone. So nothing of the parent's is touched, not even freed: every [`PerProcess`] is
//! simply empty again. The child is noticed by a fork handler, since asking for the process id costs
//! a system call (107 ns, a tenth of a 4 KiB read from the page cache) at every entry.

use std::ffi::c_int;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

type ForkHandler = Option<unsafe extern "C" fn()>;

unsafe extern "C" {
    fn pthread_atfork(prepare: ForkHandler, parent: ForkHandler, child: ForkHandler) -> c_int;
}

static GENERATION: AtomicU32 = AtomicU32::new(0);

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Begins to notice forks; once is enough.
pub(crate) fn watch_forks() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        // SAFETY: the handler lives as long as the library, which is never unmapped (build.rs), and
        // only adds to an atomic, which is allowed between fork and exec.
        let refused = unsafe { pthread_atfork(None, None, Some(in_child)) };
        if refused != 0 {
            tracing::warn!(code = refused, "forks of this process will not be noticed");
        }
    });
}

/// How many forks lie between the process that loaded the library and this one.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

struct Owned<T> {
    generation: u32,
    value: T,
}

/// A lazily made value that each process makes for itself.
pub(crate) struct PerProcess<T: 'static> {
    current: AtomicPtr<Owned<T>>,
    make: fn() -> T,
}

impl<T: Send + Sync> PerProcess<T> {
    pub(crate) const fn new(make: fn() -> T) -> PerProcess<T> {
        PerProcess { current: AtomicPtr::new(std::ptr::null_mut()), make }
    }

    pub(crate) fn get(&self) -> &'static T {
        let seen = self.current.load(Ordering::Acquire);
        // SAFETY: a pointer stored here came from `Box::into_raw` and is never freed.
        match unsafe { seen.as_ref() } {
            Some(owned) if owned.generation == generation() => &owned.value,
            Some(_) | None => self.renew(seen),
        }
    }

    #[cold]
    fn renew(&self, seen: *mut Owned<T>) -> &'static T {
        let made =
            Box::into_raw(Box::new(Owned { generation: generation(), value: (self.make)() }));
        match self.current.compare_exchange(seen, made, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: `made` is now stored, and what is stored is never freed.
            Ok(_) => unsafe { &(*made).value },
            Err(other) => {
                // SAFETY: nobody but this thread has seen `made`.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: as in `get`; another thread of this generation stored it just now.
                unsafe { &(*other).value }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" {
        fn fork() -> c_int;
        fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
        fn _exit(code: c_int) -> !;
    }

    #[test]
    fn a_forked_child_finds_it_empty_and_its_parent_keeps_it() {
        static MADE: AtomicU32 = AtomicU32::new(0);
        static VALUE: PerProcess<u32> = PerProcess::new(|| MADE.fetch_add(1, Ordering::Relaxed));
        watch_forks();
        assert_eq!((*VALUE.get(), *VALUE.get()), (0, 0));
        let before = generation();
        // SAFETY: the child touches atomics, allocates (which glibc allows after a fork) and ends.
        let child = unsafe { fork() };
        if child == 0 {
            let anew = *VALUE.get() == 1 && *VALUE.get() == 1 && generation() == before + 1;
            // SAFETY: it runs no handlers of the parent's.
            unsafe { _exit(if anew { 7 } else { 8 }) };
        }
        assert!(child > 0, "fork failed");
        let mut status = 0;
        // SAFETY: the status outlives the call.
        assert_eq!(unsafe { waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 7 << 8, "the child's exit status");
        assert_eq!((*VALUE.get(), generation()), (0, before));
    }
}
