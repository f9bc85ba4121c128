//! Listings, version 2: a page of keys and common prefixes, and a token to go on from.

use std::fmt::Write;

use crate::url_text::pairs;

use super::{Objects, clock};

/// The most entries of a page.
const PAGE: usize = 1000;

/// What a listing asks for.
#[derive(Debug, Default)]
pub(super) struct Listing {
    prefix: String,
    delimiter: String,
    start_after: String,
    after: Option<Mark>,
    token: String,
    max_keys: usize,
    encoded: bool,
}

/// The last entry of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark {
    Key(String),
    Prefix(String),
}

impl Mark {
    /// Whether a key lies in or before the page that ends here.
    fn passed(&self, key: &str) -> bool {
        match self {
            Mark::Key(last) => key <= last.as_str(),
            Mark::Prefix(last) => key < last.as_str() || key.starts_with(last.as_str()),
        }
    }

    fn token(&self) -> String {
        let (kind, text) = match self {
            Mark::Key(text) => ('k', text),
            Mark::Prefix(text) => ('p', text),
        };
        text.bytes().fold(kind.to_string(), |token, byte| format!("{token}{byte:02x}"))
    }

    fn parse(token: &str) -> Option<Mark> {
        let (kind, digits) = token.split_at_checked(1)?;
        let digits = digits.as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
        let text = String::from_utf8(bytes?).ok()?;
        match kind {
            "k" => Some(Mark::Key(text)),
            "p" => Some(Mark::Prefix(text)),
            _ => None,
        }
    }
}

impl Listing {
    /// What a query asks for; the name of the parameter that makes no sense otherwise.
    pub(super) fn parse(query: Option<&str>) -> Result<Listing, &'static str> {
        let mut listing = Listing { max_keys: PAGE, ..Listing::default() };
        let mut second = false;
        for (name, value) in pairs(query) {
            match name.as_str() {
                "list-type" => second = value == "2",
                "prefix" => listing.prefix = value,
                "delimiter" => listing.delimiter = value,
                "start-after" => listing.start_after = value,
                "encoding-type" => listing.encoded = value == "url",
                "max-keys" => {
                    listing.max_keys = value.parse::<usize>().map_err(|_| "max-keys")?.min(PAGE);
                }
                "continuation-token" => {
                    listing.after = Some(Mark::parse(&value).ok_or("continuation-token")?);
                    listing.token = value;
                }
                _ => {}
            }
        }
        if second { Ok(listing) } else { Err("list-type") }
    }

    /// The page, as XML.
    pub(super) fn page(&self, bucket: &str, objects: &Objects) -> String {
        let (mut contents, mut prefixes) = (String::new(), String::new());
        let (mut count, mut last, mut more) = (0, self.after.clone(), false);
        for (key, object) in objects.by_key.range(self.prefix.clone()..) {
            let Some(rest) = key.strip_prefix(&self.prefix) else { break };
            if key.as_str() <= self.start_after.as_str() || passed(last.as_ref(), key) {
                continue;
            }
            if count == self.max_keys {
                more = self.max_keys > 0;
                break;
            }
            count += 1;
            let cut = (!self.delimiter.is_empty()).then(|| rest.find(&self.delimiter)).flatten();
            // Writing to a string can't fail.
            if let Some(cut) = cut {
                let end = self.prefix.len() + cut + self.delimiter.len();
                let name = self.spell(&key[..end]);
                let _ =
                    write!(prefixes, "<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>");
                last = Some(Mark::Prefix(key[..end].to_owned()));
            } else {
                let _ = write!(
                    contents,
                    "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag>\
                     <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                    self.spell(key),
                    clock::listing(object.written),
                    escape(&object.etag),
                    object.bytes.len(),
                );
                last = Some(Mark::Key(key.clone()));
            }
        }
        let head = self.head(bucket, count, last.filter(|_| more));
        let space = "http://s3.amazonaws.com/doc/2006-03-01/";
        format!(
            "{XML}<ListBucketResult xmlns=\"{space}\">{head}{contents}{prefixes}</ListBucketResult>"
        )
    }

    fn head(&self, bucket: &str, count: usize, next: Option<Mark>) -> String {
        let mut head = format!(
            "<Name>{bucket}</Name><Prefix>{}</Prefix><MaxKeys>{}</MaxKeys>\
             <KeyCount>{count}</KeyCount><IsTruncated>{}</IsTruncated>",
            self.spell(&self.prefix),
            self.max_keys,
            next.is_some(),
        );
        let mut add = |name: &str, value: String| {
            if !value.is_empty() {
                let _ = write!(head, "<{name}>{value}</{name}>");
            }
        };
        add("Delimiter", self.spell(&self.delimiter));
        add("StartAfter", self.spell(&self.start_after));
        add("EncodingType", if self.encoded { "url".to_owned() } else { String::new() });
        add("ContinuationToken", self.token.clone());
        add("NextContinuationToken", next.map_or(String::new(), |mark| mark.token()));
        head
    }

    /// A key as the client asked to see it.
    fn spell(&self, text: &str) -> String {
        if !self.encoded {
            return escape(text);
        }
        text.bytes().fold(String::new(), |mut all, byte| {
            if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
                all.push(char::from(byte));
            } else {
                let _ = write!(all, "%{byte:02X}");
            }
            all
        })
    }
}

fn passed(last: Option<&Mark>, key: &str) -> bool {
    last.is_some_and(|mark| mark.passed(key))
}

/// The first line of every XML answer.
pub(super) const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Text as XML's character data.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, char| {
        match char {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            '\r' => all.push_str("&#13;"),
            '\n' => all.push_str("&#10;"),
            _ => all.push(char),
        }
        all
    })
}
