//! Which objects go to the host's cache.
//!
//! Patterns are over keys: `*` stands for any run of characters, slashes too, `?` for one. What is not
//! admitted is read as ever, and kept in memory for the moment only.

use forebay_types::Result;
use forebay_types::config::Settings;

use crate::keys::{EXCLUDE, INCLUDE, LARGEST_OBJECT};

/// What a store's configuration admits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Admission {
    /// One of these must fit; none admit all.
    include: Vec<String>,
    /// None of these may.
    exclude: Vec<String>,
    /// Nor may an object be longer.
    largest: Option<u64>,
}

impl Admission {
    /// What `config` says.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that is not of its key's form.
    pub(crate) fn configured(config: &Settings) -> Result<Admission> {
        let patterns = |text: Option<String>| {
            let text = text.unwrap_or_default();
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        Ok(Admission {
            include: patterns(config.get(&INCLUDE)?),
            exclude: patterns(config.get(&EXCLUDE)?),
            largest: config.get(&LARGEST_OBJECT)?.map(|size| size.0),
        })
    }

    /// Whether an object goes to the cache.
    pub(crate) fn admits(&self, key: &str, length: u64) -> bool {
        let fits = |pattern: &String| matches(pattern.as_bytes(), key.as_bytes());
        self.largest.is_none_or(|largest| length <= largest)
            && (self.include.is_empty() || self.include.iter().any(fits))
            && !self.exclude.iter().any(fits)
    }
}

/// Whether `pattern` fits all of `text`. Goes back to the last star only, so the time is at most the
/// product of both lengths, and nothing is allocated.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(one) if *one == b'?' || *one == text[t] => {
                p += 1;
                t += 1;
            }
            Some(_) | None => match star {
                Some((back, begun)) => {
                    star = Some((back, begun + 1));
                    (p, t) = (back + 1, begun + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_keys() {
        for (pattern, text, fits) in [
            ("*.parquet", "a/b/c.parquet", true),
            ("*.parquet", "a/b/c.parquet.crc", false),
            ("warehouse/*/part-??.orc", "warehouse/t/dt=1/part-07.orc", true),
            ("warehouse/*/part-??.orc", "warehouse/part-07.orc", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "aXbXbcd", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} {text}");
        }
        let slow = "*a".repeat(40) + "b";
        assert!(!matches(slow.as_bytes(), "a".repeat(4000).as_bytes()), "and soon");
    }

    #[test]
    fn all_three_must_agree() {
        let config = Settings::new(
            [
                ("fs.forebay.cache.include", "hot/*, *.parquet"),
                ("fs.forebay.cache.exclude", "*/_temporary/*"),
                ("fs.forebay.cache.max-object-size", "1MB"),
            ],
            None,
        );
        let admission = Admission::configured(&config).unwrap();
        assert!(admission.admits("hot/x", 1 << 20));
        assert!(admission.admits("cold/x.parquet", 5));
        assert!(!admission.admits("cold/x.orc", 5));
        assert!(!admission.admits("hot/x", (1 << 20) + 1));
        assert!(!admission.admits("hot/_temporary/0/x.parquet", 5));
        assert!(Admission::default().admits("anything", u64::MAX));
    }
}
