//! What a scan does to the cache: a simulator, in which the product's own ranking and measure of uses
//! decide who stays, at a clock of its own.
//!
//! A trace is Zipf's law over a set of objects, and again and again a scan of all of them beside it. The
//! cache holds a tenth or a quarter of the set. S3-FIFO and LRU, written down here, get the same
//! trace. How fast requests come changes nothing for those two; for a policy by time it must not
//! change much either, so each trace runs at several speeds, from one request a second to a thousand.
//!
//! `make bench-eviction` prints the table.

use std::collections::HashMap;
use std::ffi::CString;

use crate::evict::ranking::{Candidate, Ranking};
use crate::recency::{Measure, Times};

mod peers;

use peers::{lru, s3_fifo};

const OBJECTS: u32 = 10_000;
const REQUESTS: usize = 250_000;

/// Requests between two beginnings of a scan.
const SCAN_EVERY: usize = 50_000;

/// Bytes a block takes in this model; an object is a segment of one block.
const BLOCK: u64 = 512;

const SECOND: i64 = 1_000_000_000;

/// How often processes write recency down, at the latest; see `cache`.
const NOTE_TOUCHES: i64 = 15 * SECOND;

/// `SplitMix64`.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform below one.
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

/// Requests by Zipf's law with `exponent`, and from time to time a scan of all objects, taking turns
/// with them at random.
fn trace(exponent: f64, seed: u64) -> Vec<u32> {
    let mut random = Random(seed);
    let mut sum = 0.0;
    let weights = (1..=OBJECTS).map(|rank| {
        sum += f64::from(rank).powf(-exponent);
        sum
    });
    let ranks: Vec<f64> = weights.collect();
    let mut order: Vec<u32> = (0..OBJECTS).collect();
    order.sort_by_cached_key(|_| random.next());
    let mut scan = OBJECTS;
    let mut requests = Vec::with_capacity(REQUESTS);
    while requests.len() < REQUESTS {
        if requests.len() % SCAN_EVERY == SCAN_EVERY / 2 && scan == OBJECTS {
            scan = 0;
        }
        if scan < OBJECTS && random.next().is_multiple_of(2) {
            requests.push(scan);
            scan += 1;
        } else {
            let at = random.unit() * sum;
            requests.push(order[ranks.partition_point(|upto| *upto < at).min(order.len() - 1)]);
        }
    }
    requests
}

struct Segment {
    times: Times,
    used: bool,
    /// A bit for each block that is there.
    blocks: u128,
}

impl Segment {
    fn bytes(&self) -> u64 {
        u64::from(self.blocks.count_ones()) * BLOCK
    }
}

/// The policy of the cache, as a process of it goes about it.
pub(super) struct Simulation {
    segments: HashMap<u32, Segment>,
    measure: Measure,
    noted: i64,
    budget: u64,
    used: u64,
}

impl Simulation {
    /// A cache for so many blocks.
    pub(super) fn new(blocks: u64) -> Simulation {
        Simulation {
            segments: HashMap::new(),
            measure: Measure::new(0),
            noted: 0,
            budget: blocks * BLOCK,
            used: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    /// Whether the cache has a block of a segment; it has it afterwards.
    pub(super) fn request(&mut self, segment: u32, block: u64, now: i64) -> bool {
        if now - self.noted >= NOTE_TOUCHES {
            self.note_touches(now);
        }
        let bit = 1 << block;
        if let Some(found) = self.segments.get_mut(&segment)
            && found.blocks & bit != 0
        {
            found.used = true;
            return true;
        }
        if self.used + BLOCK > self.budget {
            self.note_touches(now);
            self.make_room(now);
        }
        let times = Times { filled: now, touched: 0 };
        let empty = Segment { times, used: false, blocks: 0 };
        let filled = self.segments.entry(segment).or_insert(empty);
        filled.blocks |= bit;
        // What a file says is when it was last written to.
        filled.times.filled = now;
        self.used += BLOCK;
        false
    }

    fn note_touches(&mut self, now: i64) {
        for segment in self.segments.values_mut().filter(|segment| segment.used) {
            segment.used = false;
            segment.times.touched =
                self.measure.touch(segment.times).unwrap_or(segment.times.touched);
        }
        self.measure.wrote_down(now);
        self.noted = now;
    }

    /// As `evict` does: down to 95 % of the budget.
    fn make_room(&mut self, now: i64) {
        let goal = self.budget / 20 * 19;
        let need = self.used - goal;
        let mut ranking = Ranking::new(need);
        for (object, segment) in &self.segments {
            ranking.offer(Candidate {
                recency: segment.times.recency(),
                blocks: segment.bytes(),
                shelf: *b"00",
                name: CString::new(object.to_string()).unwrap(),
            });
        }
        if let Some(oldest) = ranking.oldest_once() {
            self.measure.turns_over(oldest, now);
        }
        let mut freed = 0;
        for candidate in ranking.order(need, goal) {
            if freed >= need {
                break;
            }
            freed += candidate.blocks;
            self.segments.remove(&candidate.name.to_str().unwrap().parse().unwrap()).unwrap();
        }
        self.used -= freed;
    }
}

/// The share of hits, in thousandths.
fn hits(requests: &[u32], mut has: impl FnMut(usize, u32) -> bool) -> u64 {
    let hits = requests.iter().enumerate().filter(|(at, object)| has(*at, **object)).count();
    crate::long(hits * 1000 / requests.len())
}

fn ours(requests: &[u32], holds: usize, per_second: i64) -> u64 {
    let mut cache = Simulation::new(crate::long(holds));
    // Not from zero: that time means "never" in a file.
    let at = |request: usize| SECOND + i64::try_from(request).unwrap() * (SECOND / per_second);
    hits(requests, |request, object| cache.request(object, 0, at(request)))
}

#[test]
fn a_scan_costs_no_more_than_with_s3_fifo_and_less_than_with_lru() {
    let seed = 0x5ca4;
    eprintln!("seed {seed:#x}: {REQUESTS} requests for {OBJECTS} objects, hits in thousandths");
    eprintln!("| Zipf | cache | LRU | S3-FIFO | Forebay, 1/s | 10/s | 100/s | 1000/s |");
    eprintln!("|---|---|---|---|---|---|---|---|");
    for exponent in [0.7, 0.9, 1.1] {
        let requests = trace(exponent, seed);
        for share in [10, 4] {
            let holds = crate::size(u64::from(OBJECTS / share));
            let (least, fifo) = (lru(&requests, holds), s3_fifo(&requests, holds));
            let found = [1, 10, 100, 1000].map(|speed| ours(&requests, holds, speed));
            let [a, b, c, d] = found;
            eprintln!(
                "| {exponent} | {} % | {least} | {fifo} | {a} | {b} | {c} | {d} |",
                100 / share
            );
            for ours in found {
                assert!(ours + 20 >= fifo, "{ours}, S3-FIFO {fifo}");
                assert!(ours > least, "{ours}, LRU {least}");
            }
        }
    }
}
