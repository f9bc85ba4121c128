//! What a bucket holds, as Google describes it: numbers are texts, and times RFC 3339.

use std::collections::BTreeMap;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use forebay_types::{ETag, Error, ErrorKind, Result, Version};
use serde::Deserialize;

use super::GcsOrigin;
use crate::bucket::no_bucket;
use crate::call::Call;
use crate::origin::Status;
use crate::s3::{Encryption, Found, ListAsk, Page};

/// What is asked for of each object.
const FIELDS: &str = "name,size,generation,updated,metadata";

/// The same of a page.
const PAGE_FIELDS: &str = "kind,items(name,size,generation,updated),prefixes,nextPageToken";

/// What says that an answer is a page: an empty one says nothing else.
const PAGE_KIND: &str = "storage#objects";

/// A page has at most 1,000 entries of a key (1 KiB, six times as long where it is escaped) and some
/// numbers.
const LONGEST_PAGE: usize = 8 << 20;

/// An object, described. Sizes and generations come as text.
#[derive(Debug, Deserialize)]
pub(super) struct Described {
    name: String,
    #[serde(default)]
    size: String,
    generation: String,
    updated: String,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

impl Described {
    pub(super) fn generation(&self) -> String {
        self.generation.clone()
    }

    fn modified(&self) -> Option<SystemTime> {
        let modified = DateTime::parse_from_rfc3339(&self.updated).ok()?;
        Some(modified.with_timezone(&Utc).into())
    }

    fn found(self) -> Option<Found> {
        let modified = self.modified()?;
        Some(Found {
            length: self.size.parse().ok()?,
            etag: Some(self.generation),
            key: self.name,
            modified,
            version_id: None,
        })
    }

    pub(super) fn status(self, shown: &str) -> Result<Status> {
        let unreadable = || {
            let message = "the store's answer can't be read";
            Error::new(ErrorKind::Origin, "head", shown, message)
        };
        let etag = ETag::strong(&self.generation).ok_or_else(unreadable)?;
        let found = self.found().ok_or_else(unreadable)?;
        Ok(Status {
            version: Version { etag, length: found.length, version_id: None },
            version_id: None,
            last_modified: found.modified,
            encryption: Encryption::Open,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    kind: String,
    #[serde(default)]
    items: Vec<Described>,
    #[serde(default)]
    prefixes: Vec<String>,
    #[serde(default)]
    next_page_token: Option<String>,
}

impl GcsOrigin {
    /// What the store says of an object.
    pub(super) async fn described(&self, key: &str) -> Result<Described> {
        let call = Call::new("head", "GET", key).query("fields", FIELDS);
        let answered = self.0.line.ask(&call, &self.object(key), &mut false).await?;
        serde_json::from_slice(&answered.body).map_err(|_| self.0.line.unreadable(&call))
    }

    pub(super) async fn found(&self, key: &str) -> Result<Found> {
        let unreadable = self.0.line.unreadable(&Call::new("head", "GET", key));
        self.described(key).await?.found().ok_or(unreadable)
    }

    /// A page that holds something, or the last one.
    pub(super) async fn page(&self, ask: &ListAsk) -> Result<Page> {
        let mut ask = ask.clone();
        loop {
            let page = self.one_page(&ask).await?;
            if page.next.is_none() || !page.objects.is_empty() || !page.prefixes.is_empty() {
                return Ok(page);
            }
            ask.after = page.next;
        }
    }

    async fn one_page(&self, ask: &ListAsk) -> Result<Page> {
        let mut call = Call::of_bucket("list", "GET")
            .query("prefix", ask.prefix.as_str())
            .query("fields", PAGE_FIELDS);
        if ask.by_directory {
            call = call.query("delimiter", "/");
        }
        if ask.most > 0 {
            call = call.query("maxResults", ask.most.to_string());
        }
        if let Some(after) = &ask.after {
            call = call.query("pageToken", after.as_str());
        }
        call.most = LONGEST_PAGE;
        let line = &self.0.line;
        let answered = line
            .ask(&call, &self.objects(), &mut false)
            .await
            .map_err(|error| no_bucket(error, line.shown("")))?;
        page(&answered.body).ok_or_else(|| line.unreadable(&call))
    }
}

/// The page that `text` says; `None` where it says none.
pub(crate) fn page(text: &[u8]) -> Option<Page> {
    let listing: Listing = serde_json::from_slice(text).ok()?;
    if listing.kind != PAGE_KIND {
        return None;
    }
    let objects: Option<Vec<Found>> = listing.items.into_iter().map(Described::found).collect();
    let next = listing.next_page_token.filter(|token| !token.is_empty());
    Some(Page { objects: objects?, prefixes: listing.prefixes, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_it_is_spelt() {
        let text = r#"{"kind":"storage#objects","items":[{"name":"a/ü\n","size":"7","generation":"17",
            "updated":"2026-11-22T23:41:16.123Z"}],"prefixes":["a/b/"],"nextPageToken":"t/="}"#;
        let page = page(text.as_bytes()).unwrap();
        let object = &page.objects[0];
        assert_eq!((object.key.as_str(), object.length), ("a/ü\n", 7));
        assert_eq!(object.etag.as_deref(), Some("17"));
        assert_eq!((page.prefixes, page.next.as_deref()), (vec!["a/b/".to_owned()], Some("t/=")));
    }

    #[test]
    fn an_empty_page_is_one_and_a_broken_one_is_none() {
        assert_eq!(page(br#"{"kind":"storage#objects"}"#), Some(Page::default()));
        let negative = r#"{"kind":"storage#objects",
            "items":[{"name":"a","size":"-1","generation":"1","updated":"x"}]}"#;
        let nameless = r#"{"kind":"storage#objects","items":[{"size":"1"}]}"#;
        for text in ["", "<html>", "[]", "{}", r#"{"kind":"storage#object"}"#, nameless, negative] {
            assert_eq!(page(text.as_bytes()), None, "{text}");
        }
    }
}
