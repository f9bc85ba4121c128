//! Configuration, declared once where it is used.
//!
//! A [`Key`] is one row: name, type, default, allowed form, a sentence for the user and the reason
//! for the default. Crates list their rows; CONFIGURATION.md and the Java constants are generated
//! from those lists. [`Settings`] holds what a user gave (every `fs.forebay.*` property, with
//! `fs.forebay.bucket.<bucket>.*` laid over it), answers typed questions, and finds keys that nobody
//! declared together with the nearest name that somebody did.
//!
//! Credentials and endpoints are never keys of ours.

mod value;

use std::collections::BTreeMap;

use crate::{Error, ErrorKind, Result};

pub use value::{Size, Span, Value};

/// The prefix of every key.
pub const PREFIX: &str = "fs.forebay.";

/// The prefix of keys that hold for one bucket only, followed by `<bucket>.`.
pub const BUCKET_PREFIX: &str = "fs.forebay.bucket.";

/// Who a key's value belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The first file system of a process decides for all.
    Process,
    /// Each file system instance, and each bucket, may differ.
    FileSystem,
}

impl Scope {
    /// The scope's name in CONFIGURATION.md.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Process => "process",
            Scope::FileSystem => "file system",
        }
    }
}

/// One row of the configuration.
#[derive(Debug)]
pub struct Key<T: 'static> {
    name: &'static str,
    default: &'static str,
    scope: Scope,
    sentence: &'static str,
    chosen: &'static str,
    form: Option<&'static str>,
    accepts: Option<fn(&T) -> bool>,
}

impl<T: Value> Key<T> {
    /// A row for a `static`. `default` is written as a user would write it; empty means "not set".
    /// `chosen` says how the default was chosen.
    #[must_use]
    pub const fn new(
        name: &'static str,
        default: &'static str,
        scope: Scope,
        sentence: &'static str,
        chosen: &'static str,
    ) -> Key<T> {
        Key { name, default, scope, sentence, chosen, form: None, accepts: None }
    }

    /// Narrows what is allowed: `form` says it in words, `accepts` decides.
    #[must_use]
    pub const fn accepting(mut self, form: &'static str, accepts: fn(&T) -> bool) -> Key<T> {
        self.form = Some(form);
        self.accepts = Some(accepts);
        self
    }

    /// Reads one value.
    ///
    /// # Errors
    /// `InvalidArgument`, naming key, value and allowed form.
    pub fn parse(&self, text: &str) -> Result<T> {
        let value = T::parse(text.trim()).filter(|v| self.accepts.is_none_or(|accepts| accepts(v)));
        value.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                "configure",
                self.name,
                format!("'{text}' is not allowed; give {}", self.allowed()),
            )
        })
    }

    fn allowed(&self) -> &'static str {
        self.form.unwrap_or(T::FORM)
    }
}

/// A row with its type forgotten, for lists.
pub trait KeyRow: Sync {
    /// The full name, such as `fs.forebay.cache.size`.
    fn name(&self) -> &'static str;
    /// The default as a user would write it; empty for "not set".
    fn default_text(&self) -> &'static str;
    /// The allowed form in words.
    fn form(&self) -> &'static str;
    /// Who the value belongs to.
    fn scope(&self) -> Scope;
    /// One sentence for the user.
    fn sentence(&self) -> &'static str;
    /// How the default was chosen.
    fn chosen(&self) -> &'static str;
    /// Whether `text` would be accepted.
    ///
    /// # Errors
    /// As [`Key::parse`].
    fn check(&self, text: &str) -> Result<()>;
}

impl<T: Value> KeyRow for Key<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn default_text(&self) -> &'static str {
        self.default
    }

    fn form(&self) -> &'static str {
        self.allowed()
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn sentence(&self) -> &'static str {
        self.sentence
    }

    fn chosen(&self) -> &'static str {
        self.chosen
    }

    fn check(&self, text: &str) -> Result<()> {
        self.parse(text).map(|_| ())
    }
}

/// What a user configured.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    given: BTreeMap<String, String>,
    /// The names of all keys given for one bucket or another.
    of_buckets: Vec<String>,
}

/// A key under our prefix that no row declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKey {
    /// What was given.
    pub given: String,
    /// The declared name nearest to it, for the same bucket.
    pub nearest: String,
}

impl Settings {
    /// Takes the `fs.forebay.*` properties among `given`, with those of `bucket` laid over them.
    pub fn new<K, V>(given: impl IntoIterator<Item = (K, V)>, bucket: Option<&str>) -> Settings
    where
        K: Into<String>,
        V: Into<String>,
    {
        let all: BTreeMap<String, String> =
            given.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        let mut settings = Settings::default();
        for (key, value) in &all {
            if key.starts_with(BUCKET_PREFIX) {
                settings.of_buckets.push(key.clone());
            } else if key.starts_with(PREFIX) {
                settings.given.insert(key.clone(), value.clone());
            }
        }
        if let Some(bucket) = bucket {
            let own = format!("{BUCKET_PREFIX}{bucket}.");
            for (key, value) in &all {
                if let Some(rest) = key.strip_prefix(&own) {
                    settings.given.insert(format!("{PREFIX}{rest}"), value.clone());
                }
            }
        }
        settings
    }

    /// The value of `key`: what was given, else its default. `None` where neither says anything.
    ///
    /// # Errors
    /// As [`Key::parse`].
    pub fn get<T: Value>(&self, key: &Key<T>) -> Result<Option<T>> {
        let text = self.given.get(key.name).map_or(key.default, String::as_str);
        if text.trim().is_empty() { Ok(None) } else { key.parse(text).map(Some) }
    }

    /// The value of a `key` that has a default.
    ///
    /// # Errors
    /// As [`Key::parse`]; also where the value given is empty.
    pub fn require<T: Value>(&self, key: &Key<T>) -> Result<T> {
        match self.get(key)? {
            Some(value) => Ok(value),
            None => key.parse(""),
        }
    }

    /// Whether the user gave `key` a value.
    #[must_use]
    pub fn is_given<T: Value>(&self, key: &Key<T>) -> bool {
        self.given.contains_key(key.name)
    }

    /// Checks every value given for one of `rows`, whoever will ask for it.
    ///
    /// # Errors
    /// As [`Key::parse`].
    pub fn check(&self, rows: &[&'static dyn KeyRow]) -> Result<()> {
        for row in rows {
            if let Some(value) = self.given.get(row.name()).filter(|value| !value.trim().is_empty())
            {
                row.check(value)?;
            }
        }
        Ok(())
    }

    /// The keys given that `rows` don't declare, each with the nearest declared name. A bucket's
    /// name may hold dots, so a bucket's key is known by how it ends.
    #[must_use]
    pub fn unknown(&self, rows: &[&'static dyn KeyRow]) -> Vec<UnknownKey> {
        let declared = |given: &str, of_bucket: bool| {
            rows.iter().any(|row| {
                words_before(given, rest_of(row.name()))
                    .is_some_and(|front| (front > WORDS_OF_PREFIX) == of_bucket)
            })
        };
        let general = self.given.keys().filter(|given| !declared(given, false));
        let of_buckets = self.of_buckets.iter().filter(|given| !declared(given, true));
        general
            .map(|given| (PREFIX, given))
            .chain(of_buckets.map(|given| (front_of_bucket(given), given)))
            .filter_map(|(front, given)| {
                let rest = &given[front.len()..];
                rows.iter()
                    .map(|row| rest_of(row.name()))
                    .min_by_key(|name| strsim::damerau_levenshtein(name, rest))
                    .map(|name| UnknownKey {
                        given: given.clone(),
                        nearest: format!("{front}{name}"),
                    })
            })
            .collect()
    }

    /// The effective value of each of `rows`, for the log.
    pub fn effective<'a>(
        &'a self,
        rows: &'a [&'static dyn KeyRow],
    ) -> impl Iterator<Item = (&'static str, &'a str)> {
        rows.iter().map(|row| {
            (row.name(), self.given.get(row.name()).map_or(row.default_text(), String::as_str))
        })
    }
}

/// The words of [`PREFIX`].
const WORDS_OF_PREFIX: usize = 2;

/// How many words of `given` come before `name`, where it ends as `name` does; a word of `name` in
/// angle brackets stands for any one.
fn words_before(given: &str, name: &str) -> Option<usize> {
    let mut words = given.rsplit('.');
    name.rsplit('.')
        .all(|part| {
            words
                .next()
                .is_some_and(|word| word == part || (part.starts_with('<') && !word.is_empty()))
        })
        .then(|| words.count())
}

fn rest_of(name: &'static str) -> &'static str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// `fs.forebay.bucket.<bucket>.` of a bucket's key, its bucket taken to have no dot.
fn front_of_bucket(given: &str) -> &str {
    let bucket = given.get(BUCKET_PREFIX.len()..).unwrap_or_default();
    let end = bucket.find('.').map_or(given.len(), |dot| BUCKET_PREFIX.len() + dot + 1);
    given.get(..end).unwrap_or(given)
}

#[cfg(test)]
mod tests;
