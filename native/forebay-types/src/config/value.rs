//! The types a key can have, and how users write them.

use std::path::PathBuf;
use std::time::Duration;

/// A type that a property's text can be read as.
pub trait Value: Sized {
    /// The allowed form in words.
    const FORM: &'static str;

    /// Reads `text`, already trimmed; `None` where it is not of the form.
    fn parse(text: &str) -> Option<Self>;
}

/// A number of bytes. Units are powers of two, as everywhere in Hadoop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Value for Size {
    const FORM: &'static str = "a size such as 512KB, 64MB or 200GB";

    fn parse(text: &str) -> Option<Size> {
        let (number, unit) = split_unit(text);
        let shift = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            "t" | "tb" | "tib" => 40,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(1 << shift).map(Size)
    }
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl Value for Span {
    const FORM: &'static str = "a duration such as 500ms, 60s, 5m, 1h or 7d";

    fn parse(text: &str) -> Option<Span> {
        let (number, unit) = split_unit(text);
        let milliseconds: u64 = match unit.to_ascii_lowercase().as_str() {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        let total = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
        Some(Span(Duration::from_millis(total)))
    }
}

impl Value for bool {
    const FORM: &'static str = "true or false";

    fn parse(text: &str) -> Option<bool> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

impl Value for u32 {
    const FORM: &'static str = "a whole number";

    fn parse(text: &str) -> Option<u32> {
        text.parse().ok()
    }
}

impl Value for f64 {
    const FORM: &'static str = "a number";

    fn parse(text: &str) -> Option<f64> {
        text.parse().ok().filter(|n: &f64| n.is_finite())
    }
}

impl Value for String {
    const FORM: &'static str = "text";

    fn parse(text: &str) -> Option<String> {
        Some(text.to_owned())
    }
}

impl Value for Vec<PathBuf> {
    const FORM: &'static str = "absolute directories, separated by commas";

    fn parse(text: &str) -> Option<Vec<PathBuf>> {
        let paths = text.split(',').map(|part| {
            let part = part.trim();
            let part = part.strip_prefix("file://").unwrap_or(part);
            Some(PathBuf::from(part)).filter(|path| path.is_absolute())
        });
        paths.collect()
    }
}

fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}
