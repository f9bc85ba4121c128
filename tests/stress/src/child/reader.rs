//! A thread that reads, at random or from front to back, and holds every byte against the oracle.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use forebay_engine::{CELL, Engine, File, ReadHints, ReadStep, Store};
use forebay_testkit::content;

use super::Orders;
use super::account::{Counts, note};
use crate::random::{Random, Zipf};
use crate::set::{Object, ROUGH};

/// One thread.
pub(super) struct Reader<'a> {
    pub(super) orders: &'a Orders,
    pub(super) objects: &'a [Object],
    pub(super) zipf: &'a Zipf,
    pub(super) store: &'a Arc<Store>,
    pub(super) counts: &'a Counts,
    pub(super) random: Random,
    pub(super) engine: &'a Engine,
    pub(super) opened_us: u64,
    /// By object; the order in which they were opened beside it.
    pub(super) open: HashMap<usize, Arc<File>>,
    pub(super) opened: VecDeque<usize>,
}

/// Streams a thread keeps open, as a task does that reads many files.
const OPEN: usize = 64;

/// Before a read one byte in so many is spoiled: what a read does not bring can't be what another one
/// left.
const SPOILED: usize = 512;

/// A scan reads pieces of this size.
const SCAN: usize = 1 << 20;

impl Reader<'_> {
    pub(super) fn run(mut self, until: Instant) {
        let mut buffer = vec![0; 1 << 20];
        if self.orders.scan {
            return self.scan(&mut buffer);
        }
        while Instant::now() < until {
            let chosen = self.zipf.draw(&mut self.random);
            let length = self.objects[chosen].version.length;
            let wanted = match self.random.below(100) {
                0 => 1 << 20,
                1 | 2 => 64 << 10,
                _ => 1024 + self.random.below(3 * 1024 + 1),
            };
            let mut offset = self.random.below(length);
            if self.random.below(2) == 0 {
                // Across a cell's edge.
                let back = 1 + self.random.below(wanted.min(CELL));
                offset = (offset / CELL * CELL + CELL).saturating_sub(back).min(length - 1);
            }
            let wanted = usize::try_from(wanted.min(length - offset)).unwrap_or(1);
            self.read(chosen, offset, &mut buffer[..wanted]);
        }
    }

    fn scan(&mut self, buffer: &mut [u8]) {
        for chosen in 0..self.objects.len() {
            let length = self.objects[chosen].version.length;
            let mut offset = 0;
            while offset < length {
                let wanted = usize::try_from(length - offset).unwrap_or(SCAN).min(SCAN);
                self.read(chosen, offset, &mut buffer[..wanted]);
                offset += wanted as u64;
            }
            if self.orders.kill_at > 0 {
                self.engine.drain();
                self.counts.kept.fetch_add(1, Ordering::Relaxed);
                self.counts.tell(self.opened_us);
            }
        }
    }

    fn file(&mut self, chosen: usize) -> Option<Arc<File>> {
        if let Some(file) = self.open.get(&chosen) {
            return Some(Arc::clone(file));
        }
        if self.open.len() >= OPEN
            && let Some(file) = self.opened.pop_front().and_then(|first| self.open.remove(&first))
        {
            file.close();
        }
        let Object { key, version, .. } = &self.objects[chosen];
        let file = self.store.open_file(key, version.clone(), ReadHints::default());
        match file {
            Ok(file) => {
                self.open.insert(chosen, Arc::clone(&file));
                self.opened.push_back(chosen);
                Some(file)
            }
            Err(error) => {
                self.failed(chosen, &error);
                None
            }
        }
    }

    fn read(&mut self, chosen: usize, offset: u64, into: &mut [u8]) {
        let Some(file) = self.file(chosen) else { return };
        let began = Instant::now();
        into.iter_mut().step_by(SPOILED).for_each(|byte| *byte = !*byte);
        let mut done = 0;
        while done < into.len() {
            let left = (into.len() - done) as u64;
            match file.read(offset + done as u64, &mut into[done..], left) {
                Ok(ReadStep::Bytes(bytes)) => done += bytes,
                Ok(ReadStep::Pending) => {}
                Ok(ReadStep::EndOfFile | ReadStep::Delegate) => break,
                Err(error) => return self.failed(chosen, &error),
            }
        }
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counts.slowest_us.fetch_max(took, Ordering::Relaxed);
        self.counts.times.add(took);
        let Object { key, content, .. } = &self.objects[chosen];
        let checked = match done == into.len() {
            true => content::check(self.orders.content_seed, key, *content, offset, into)
                .map_err(|wrong| wrong.to_string()),
            false => Err(format!("{done} of {} bytes at {offset} of {key}", into.len())),
        };
        if let Err(wrong) = checked {
            self.counts.wrong.fetch_add(1, Ordering::Relaxed);
            note(&self.counts.first_wrong, wrong);
        }
        self.counts.reads.fetch_add(1, Ordering::Relaxed);
        self.counts.bytes.fetch_add(done as u64, Ordering::Relaxed);
    }

    fn failed(&self, chosen: usize, error: &forebay_engine::Error) {
        if let Ok(mut errors) = self.counts.errors.lock() {
            *errors.entry(error.kind().name()).or_default() += 1;
        }
        if !self.objects[chosen].key.starts_with(ROUGH) {
            self.counts.calm_errors.fetch_add(1, Ordering::Relaxed);
            note(&self.counts.first_error, error.to_string());
        }
    }
}
