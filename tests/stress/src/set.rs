//! The working set: objects of the oracle's content, the same for every process of a run.
//!
//! The parent stores them in its bucket and writes a list of them to a file; children read the list,
//! and so know the version each object is pinned to without asking.

use std::io;
use std::path::Path;

use forebay_engine::{ETag, Version};
use forebay_testkit::origin::Bucket;
use serde_json::{Value, json};

use crate::random::Random;

/// Keys below this are hit by the origin's faults; an error on any other key is nobody's but ours.
pub const ROUGH: &str = "rough/";

/// One object.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// The oracle's version.
    pub content: u32,
    /// What a reader pins.
    pub version: Version,
}

/// How long objects are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// Log-uniform from 4 KiB to 8 MiB, and now and then one of more than a segment.
    Mixed,
    /// Log-uniform from 4 KiB to 128 KiB.
    Small,
}

/// Stores objects of `total` bytes together, half of them below [`ROUGH`], and writes their list.
///
/// # Errors
/// If the list can't be written.
pub fn store(
    bucket: &Bucket,
    seed: u64,
    sizes: Sizes,
    total: u64,
    list: &Path,
) -> io::Result<usize> {
    let mut random = Random::new(seed ^ 0x5e7);
    let (mut stored, mut rows) = (0, Vec::new());
    while stored < total {
        let n = rows.len();
        let (odd, octaves) = (random.below(200), if sizes == Sizes::Mixed { 11 } else { 5 });
        let length = match (odd, sizes) {
            (0, Sizes::Mixed) => (33 << 20) + random.below(8 << 20),
            (_, _) => (4096 << random.below(octaves)) + random.below(4096 << 2),
        };
        let key = if n % 2 == 0 { format!("{ROUGH}{n}") } else { format!("calm/{n}") };
        let content = u32::try_from(random.below(1 << 20)).unwrap_or(1);
        let etag = bucket.put_content(seed, &key, content, length);
        rows.push(json!([key, content, length, etag]));
        stored += length;
    }
    std::fs::write(list, Value::Array(rows.clone()).to_string())?;
    Ok(rows.len())
}

/// Reads the list.
///
/// # Errors
/// If it is not there or not such a list.
pub fn load(list: &Path) -> io::Result<Vec<Object>> {
    let value: Value = serde_json::from_slice(&std::fs::read(list)?)?;
    let object = |row: &Value| {
        Some(Object {
            key: row[0].as_str()?.to_owned(),
            content: u32::try_from(row[1].as_u64()?).ok()?,
            version: Version {
                length: row[2].as_u64()?,
                etag: ETag::strong(row[3].as_str()?)?,
                version_id: None,
            },
        })
    };
    let rows = value.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter()
        .map(|row| object(row).ok_or_else(|| io::Error::other("a row of the list is broken")))
        .collect()
}
