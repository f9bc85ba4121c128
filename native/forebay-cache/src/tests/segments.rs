//! How long segments should be: a simulator of column reads, in which the product's own ranking decides
//! who stays.
//!
//! Tables of many files have sixteen columns in row groups of 128 MiB, a column chunk of 8 MiB each. A
//! query takes a table by Zipf's law and a few of its columns, half of the time those that the table's
//! queries take most, and reads their chunks in all files; now and then a scan reads everything of a table.
//! Bytes that were not read take no room in a segment, but what lies in a segment goes with it.
//!
//! `make bench-eviction` prints the table.

use std::collections::HashMap;

use super::scan::{Random, Simulation};
use crate::SEGMENT;

const MIB: u64 = 1 << 20;

/// A column chunk, in blocks of a mebibyte.
const CHUNK: u64 = 8;

const COLUMNS: u64 = 16;

/// Row groups of a file.
const GROUPS: u64 = 2;

const FILE: u64 = CHUNK * COLUMNS * GROUPS;

const FILES: u64 = 12;

const TABLES: u64 = 40;

const QUERIES: u64 = 1500;

/// Queries between two scans.
const SCAN_EVERY: u64 = 60;

struct Query {
    table: u64,
    columns: Vec<u64>,
}

fn queries(seed: u64) -> Vec<Query> {
    let mut random = Random(seed);
    let weights: Vec<f64> =
        (1..=u32::try_from(TABLES).unwrap()).map(|n| 1.0 / f64::from(n)).collect();
    let sum: f64 = weights.iter().sum();
    let table = |random: &mut Random| {
        let mut at = random.unit() * sum;
        let found = weights.iter().position(|weight| {
            at -= weight;
            at <= 0.0
        });
        crate::long(found.unwrap_or(0))
    };
    (0..QUERIES)
        .map(|number| {
            let table = table(&mut random);
            let columns = match number % SCAN_EVERY {
                0 => (0..COLUMNS).collect(),
                _ => {
                    let most = if random.next().is_multiple_of(2) { 4 } else { COLUMNS };
                    let mut some: Vec<u64> =
                        (0..3).map(|_| (table + random.next() % most * 5) % COLUMNS).collect();
                    some.sort_unstable();
                    some.dedup();
                    some
                }
            };
            Query { table, columns }
        })
        .collect()
}

/// Share of bytes that hit, in thousandths, and the most segments at a time.
fn run(queries: &[Query], segment: u64, budget: u64) -> (u64, usize) {
    let blocks = segment / MIB;
    let mut cache = Simulation::new(budget);
    let (mut hits, mut reads, mut most) = (0, 0, 0);
    let mut names = HashMap::new();
    // A query a second, so that it is the same at every length.
    for (query, second) in queries.iter().zip(1..) {
        for file in 0..FILES {
            for at in query.columns.iter().flat_map(|column| chunks(*column)) {
                let next = u32::try_from(names.len()).unwrap();
                let key = (query.table, file, at / blocks);
                let name = *names.entry(key).or_insert(next);
                reads += 1;
                hits += u64::from(cache.request(name, at % blocks, second * 1_000_000_000));
                most = most.max(cache.len());
            }
        }
    }
    (hits * 1000 / reads, most)
}

/// The blocks of one column in a file.
fn chunks(column: u64) -> impl Iterator<Item = u64> {
    (0..GROUPS).flat_map(move |group| {
        let begin = (group * COLUMNS + column) * CHUNK;
        begin..begin + CHUNK
    })
}

#[test]
fn longer_segments_cost_few_hits_of_column_reads() {
    let seed = 0x5e91;
    let queries = queries(seed);
    let set = TABLES * FILES * FILE;
    eprintln!(
        "seed {seed:#x}: {QUERIES} queries, {} GiB; hits in thousandths of the bytes, segments",
        set / 1024
    );
    eprintln!("| cache | 4 MiB | 8 | 16 | 32 | 64 | 128 |\n|---|---|---|---|---|---|---|");
    for share in [10, 4] {
        let found = [4, 8, 16, 32, 64, 128]
            .map(|length| (length, run(&queries, length * MIB, set / share)));
        let cells = found.map(|(_, (hits, most))| format!("{hits}, {most}")).join(" | ");
        eprintln!("| {} % | {cells} |", 100 / share);
        let of = |length: u64| found.iter().find(|(l, _)| *l == length).unwrap().1.0;
        assert!(of(SEGMENT / MIB) + 20 >= of(4));
    }
}
