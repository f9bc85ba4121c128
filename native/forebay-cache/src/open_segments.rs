//! The segments a process holds open, over all objects.
//!
//! A list in the order of opening, with a second chance: when one too many is open, the oldest that
//! no read has touched since the hand last passed is closed. The list holds its objects alive, so
//! that opening a file a second and third time, as engines do for each split, finds the segments
//! still open. It is visited when a segment opens or closes, never by a hit.

use std::collections::VecDeque;
use std::sync::Arc;

use forebay_types::sync::Mutex;
use forebay_types::sync::atomic::Ordering;
use rustix::process::{Resource, getrlimit};

use crate::directory::Directory;
use crate::object::{Shared, Slot};
use crate::recency;

/// The list.
#[derive(Debug)]
pub(crate) struct OpenSegments {
    most: usize,
    listed: Mutex<VecDeque<(Arc<Shared>, usize)>>,
}

impl OpenSegments {
    /// A list of at most `most`, and of at most a quarter of the descriptors the process may have.
    pub(crate) fn new(most: usize) -> OpenSegments {
        let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX) / 4;
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        OpenSegments { most: most.min(descriptors).max(1), listed: Mutex::new(VecDeque::new()) }
    }

    /// A segment was opened in `slot`, place `index` of `shared`. The caller holds the place.
    pub(crate) fn opened(&self, shared: &Arc<Shared>, index: usize, slot: &Slot) {
        let mut listed = self.listed.lock();
        if slot.listed.swap(true, Ordering::Relaxed) {
            return;
        }
        listed.push_back((Arc::clone(shared), index));
        // Twice around at most: the first pass may only take marks away.
        let mut turns = listed.len() * 2;
        while listed.len() > self.most && turns > 0 {
            turns -= 1;
            let Some((shared, index)) = listed.pop_front() else { break };
            if let Some(slot) = shared.slot(index)
                && !Self::close(slot)
            {
                listed.push_back((shared, index));
            }
        }
    }

    /// Closes the segment in `slot` unless it is in use or was since the hand last passed.
    fn close(slot: &Slot) -> bool {
        let Some(mut held) = slot.segment.try_write() else { return false };
        if held.as_deref().is_some_and(|open| open.recent.swap(false, Ordering::Relaxed)) {
            return false;
        }
        *held = None;
        slot.listed.store(false, Ordering::Relaxed);
        true
    }

    /// Writes down the recency of everything in `directory` that was touched since the last time.
    pub(crate) fn note_touches(&self, directory: &Directory) {
        let now = recency::now();
        let listed: Vec<_> = self.listed.lock().iter().cloned().collect();
        for (shared, index) in listed {
            let held = shared.slot(index).and_then(|slot| slot.segment.try_read());
            if let Some(segment) = held.as_ref().and_then(|held| held.as_deref())
                && std::ptr::eq(&*segment.directory, directory)
            {
                segment.note_touch();
            }
        }
        directory.measure().wrote_down(now);
    }

    /// Closes everything that is not in use.
    pub(crate) fn close_all(&self) {
        for (shared, index) in std::mem::take(&mut *self.listed.lock()) {
            let Some(slot) = shared.slot(index) else { continue };
            slot.listed.store(false, Ordering::Relaxed);
            if let Some(mut held) = slot.segment.try_write() {
                *held = None;
            }
        }
    }
}
