//! How a proxy is started, and which keys count as table data.

use std::path::PathBuf;

use super::Shape;

/// What a [`Proxy`](super::Proxy) is started with.
#[derive(Debug, Clone)]
pub struct ProxySettings {
    /// The server to forward to, `http://host:port`.
    pub upstream: String,
    /// The port for clients; 0 picks a free one.
    pub port: u16,
    /// The port for control; 0 picks a free one.
    pub control_port: u16,
    /// The shape requests get at first.
    pub shape: Shape,
    /// Which keys hold table data.
    pub data: DataKeys,
    /// A file to append one line of JSON per request to.
    pub log: Option<PathBuf>,
    /// The first pass's name.
    pub pass: String,
    /// Worker threads. Two move well over 1 GB/s and leave the other cores to what is measured.
    pub threads: usize,
}

impl ProxySettings {
    /// The defaults, in front of `upstream`.
    #[must_use]
    pub fn to(upstream: impl Into<String>) -> ProxySettings {
        ProxySettings { upstream: upstream.into(), ..ProxySettings::default() }
    }
}

impl Default for ProxySettings {
    fn default() -> ProxySettings {
        ProxySettings {
            upstream: String::new(),
            port: 0,
            control_port: 0,
            shape: Shape::default(),
            data: DataKeys::default(),
            log: None,
            pass: String::new(),
            threads: 2,
        }
    }
}

/// The rule that tells table data from the rest (manifests, markers, checksums).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataKeys {
    /// The key must begin with one of these; empty allows all.
    pub prefixes: Vec<String>,
    /// The key must end with one of these; empty allows all.
    pub suffixes: Vec<String>,
    /// Whether keys whose last segment begins with `_` or `.` count too. Engines skip such files
    /// when they read a table, so by default they are not its data.
    pub hidden: bool,
}

impl DataKeys {
    /// Whether `key` holds table data.
    #[must_use]
    pub fn holds(&self, key: &str) -> bool {
        let name = key.rsplit('/').next().unwrap_or(key);
        let any = |fixes: &[String], fits: &dyn Fn(&str) -> bool| {
            fixes.is_empty() || fixes.iter().any(|fix| fits(fix))
        };
        (self.hidden || !name.starts_with(['_', '.']))
            && any(&self.prefixes, &|prefix| key.starts_with(prefix))
            && any(&self.suffixes, &|suffix| key.ends_with(suffix))
    }
}
