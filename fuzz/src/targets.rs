//! What reads hostile bytes, one function each: here, or in the crate whose private code it is.

mod columnar;
mod listing;

use forebay_cache::CacheSettings;
use forebay_engine::{ReadPolicy, Settings, key_rows};
use forebay_plan::PlanSettings;

/// A reader of hostile bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its part of the corpus.
    pub name: &'static str,
    /// Reads one input to its end.
    pub read: fn(&[u8]),
}

/// All of them.
pub static TARGETS: &[Target] = &[
    Target { name: "parquet", read: columnar::tail },
    Target { name: "orc", read: columnar::tail },
    Target { name: "orc-stripe", read: columnar::stripe },
    Target { name: "segment", read: forebay_cache::hostile::segment },
    Target { name: "page", read: forebay_cache::hostile::page },
    Target { name: "ledger", read: forebay_cache::hostile::record },
    Target { name: "answer", read: forebay_origin::hostile::answer },
    Target { name: "listing", read: listing::listing },
    Target { name: "store-page", read: forebay_origin::hostile::page },
    Target { name: "configuration", read: configuration },
    Target { name: "jni", read: forebay::hostile::calls },
];

/// Names and values of a configuration, one pair per line.
fn configuration(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let pairs: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let settings = Settings::new(pairs, Some("bucket"));
    let _ = (PlanSettings::from_settings(&settings), CacheSettings::configured(&settings));
    let rows = key_rows();
    let _ = settings.unknown(&rows);
    for row in &rows {
        for value in text.lines() {
            let _ = row.check(value);
        }
    }
    let _ = ReadPolicy::of(&text);
}
