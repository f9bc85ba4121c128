//! What a child is to do, as it crosses a command line.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

/// What a child is told on its command line, as JSON.
#[derive(Debug, Clone)]
pub struct Orders {
    /// The configured place of the cache; empty for none.
    pub place: PathBuf,
    /// The list of objects.
    pub list: PathBuf,
    /// The bucket's or the proxy's URL.
    pub url: String,
    /// Of the oracle's content.
    pub content_seed: u64,
    /// Of this child's choices and faults.
    pub seed: u64,
    /// How many read.
    pub threads: u64,
    /// How long.
    pub milliseconds: u64,
    /// Budget of the directory.
    pub budget: u64,
    /// Zipf's exponent, in hundredths.
    pub zipf: u64,
    /// Disk faults, in a million.
    pub faults: BTreeMap<String, u64>,
    /// How long an injected stall of the disk takes.
    pub stall_ms: u64,
    /// Reads every object once from front to back, in order, instead of at random.
    pub scan: bool,
    /// The call that changes the disk at which the child kills itself; 0 for none. A scan that is to be
    /// killed waits after each object until it is written.
    pub kill_at: u64,
    /// What befalls the disk after half of the time: `hang`, `eio`, `erofs`, `removed` or nothing. Only
    /// reads after that are timed.
    pub sickness: String,
    /// Further configuration.
    pub config: BTreeMap<String, String>,
}

impl Default for Orders {
    fn default() -> Orders {
        Orders {
            place: PathBuf::new(),
            list: PathBuf::new(),
            url: String::new(),
            content_seed: 1,
            seed: 1,
            threads: 16,
            milliseconds: 1000,
            budget: 64 << 20,
            zipf: 110,
            faults: BTreeMap::new(),
            stall_ms: 20,
            scan: false,
            kill_at: 0,
            sickness: String::new(),
            config: BTreeMap::new(),
        }
    }
}

impl Orders {
    /// As text.
    #[must_use]
    pub fn encode(&self) -> String {
        json!({
            "place": self.place, "list": self.list, "url": self.url,
            "content_seed": self.content_seed, "seed": self.seed, "threads": self.threads,
            "milliseconds": self.milliseconds, "budget": self.budget, "zipf": self.zipf,
            "faults": self.faults, "stall_ms": self.stall_ms, "scan": self.scan,
            "kill_at": self.kill_at, "sickness": self.sickness, "config": self.config,
        })
        .to_string()
    }

    /// From that text.
    ///
    /// # Errors
    /// If it is not what [`Orders::encode`] wrote.
    pub fn decode(text: &str) -> io::Result<Orders> {
        let value: Value = serde_json::from_str(text)?;
        let number = |name: &str| value[name].as_u64().unwrap_or(0);
        let word = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let pairs = |name: &str| value[name].as_object().cloned().unwrap_or_default();
        Ok(Orders {
            place: word("place").into(),
            list: word("list").into(),
            url: word("url"),
            content_seed: number("content_seed"),
            seed: number("seed"),
            threads: number("threads"),
            milliseconds: number("milliseconds"),
            budget: number("budget"),
            zipf: number("zipf"),
            faults: pairs("faults")
                .into_iter()
                .filter_map(|(name, chance)| Some((name, chance.as_u64()?)))
                .collect(),
            stall_ms: number("stall_ms"),
            scan: value["scan"].as_bool().unwrap_or(false),
            kill_at: number("kill_at"),
            sickness: word("sickness"),
            config: pairs("config")
                .into_iter()
                .filter_map(|(name, text)| Some((name, text.as_str()?.to_owned())))
                .collect(),
        })
    }
}
