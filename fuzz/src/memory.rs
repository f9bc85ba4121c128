//! An allocator that counts what is held, and the most that ever was.
//!
//! It has no more than [`ALL`] to give: a reader that asks for more on an input's word ends as it would on
//! a machine without that memory, and does not take it from the machine that looks for such inputs.

#![allow(unsafe_code, reason = "an allocator is made of it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

static HELD: AtomicU64 = AtomicU64::new(0);
static MOST: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, counted.
#[derive(Debug)]
pub struct Counting;

/// Bytes that there are: a fuzzer's own corpus, and what no input may take.
const ALL: u64 = 1 << 30;

/// Counts `bytes` as taken; none where they are more than there are.
fn took(bytes: usize) -> Option<()> {
    let held = HELD.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
    MOST.fetch_max(held, Ordering::Relaxed);
    (held <= ALL).then_some(())
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches no memory of its own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about the layout is passed on.
        took(layout.size()).map_or(std::ptr::null_mut(), |()| unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // Zeroed memory that is never touched costs the system nothing, but a reader that asks for it on
        // an input's word is what is looked for.
        // SAFETY: as above.
        took(layout.size())
            .map_or(std::ptr::null_mut(), |()| unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller's promise about pointer and layout is passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that was held while `work` ran, beyond what was held before. One at a time: what other
/// threads take meanwhile counts too.
pub fn peak_of(work: impl FnOnce()) -> u64 {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    work();
    MOST.load(Ordering::Relaxed).saturating_sub(before)
}
