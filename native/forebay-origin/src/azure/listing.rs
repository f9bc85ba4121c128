//! What a container holds. Folders' blobs become what callers know: keys that end with a slash, or, in a
//! listing by directory, prefixes.
//!
//! Between a folder's blob `a/b` and the prefix `a/b/` of what lies in it there may be others, such as
//! `a/b-c`, and so the end of a page: the next page is asked for with the folders that were named before
//! their prefix came. A folder's own blob has no place below the folder's prefix; it is asked for where a
//! listing is of everything below, or shows nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use forebay_types::{ErrorKind, Result};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::AzureOrigin;
use crate::bucket::no_bucket;
use crate::call::{Call, word};
use crate::s3::{Found, ListAsk, Page, bare, found};

/// A page has at most 1,000 entries of a key and its metadata, 8 KiB at most.
const LONGEST_PAGE: usize = 16 << 20;

/// As many as S3's pages have; the service would give 5,000.
const USUAL_PAGE: u32 = 1000;

impl AzureOrigin {
    pub(super) async fn found(&self, key: &str) -> Result<Found> {
        let headers = self.headers(key).await?;
        let unreadable = || self.0.line.unreadable(&Call::new("head", "HEAD", key));
        found(key, &headers).ok_or_else(unreadable)
    }

    /// A page that holds something, or the last one.
    pub(super) async fn page(&self, ask: &ListAsk) -> Result<Page> {
        let mut next = ask.clone();
        let mut page = loop {
            let page = self.one_page(&next).await?;
            if page.next.is_none() || !is_empty(&page) {
                break page;
            }
            next.after = page.next;
        };
        let may_be_folder = ask.after.is_none() && ask.prefix.len() > 1;
        if may_be_folder && ask.prefix.ends_with('/') && (!ask.by_directory || is_empty(&page)) {
            match self.found(&ask.prefix).await {
                Ok(marker) => page.objects.insert(0, marker),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(page)
    }

    async fn one_page(&self, ask: &ListAsk) -> Result<Page> {
        let most = if ask.most > 0 { ask.most } else { USUAL_PAGE };
        let mut call = Call::of_bucket("list", "GET")
            .query("restype", "container")
            .query("comp", "list")
            .query("include", "metadata")
            .query("prefix", ask.prefix.as_str())
            .query("maxresults", most.to_string());
        if ask.by_directory {
            call = call.query("delimiter", "/");
        }
        let (marker, named) = ask.after.as_deref().map(before).unwrap_or_default();
        if !marker.is_empty() {
            call = call.query("marker", marker);
        }
        call.most = LONGEST_PAGE;
        let line = &self.0.line;
        let answered = line
            .ask(&call, &self.0.root, &mut false)
            .await
            .map_err(|error| no_bucket(error, line.shown("")))?;
        page(&answered.body, ask.by_directory, named).ok_or_else(|| line.unreadable(&call))
    }
}

fn is_empty(page: &Page) -> bool {
    page.objects.is_empty() && page.prefixes.is_empty()
}

/// The service's own marker of a next page, and the folders that were named before it.
fn before(after: &str) -> (&str, BTreeSet<String>) {
    let mut words = after.split('\n');
    let marker = words.next().unwrap_or_default();
    let decoded = |name: &str| percent_decode_str(name).decode_utf8_lossy().into_owned();
    (marker, words.map(decoded).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    blobs: Blobs,
    #[serde(default)]
    next_marker: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Blobs {
    #[serde(default, rename = "$value")]
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
enum Entry {
    Blob(Blob),
    BlobPrefix(Prefix),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Prefix {
    name: Name,
}

/// A name that XML can't spell is percent-encoded, and says so.
#[derive(Deserialize)]
struct Name {
    #[serde(default, rename = "@Encoded")]
    encoded: bool,
    #[serde(default, rename = "$text")]
    text: String,
}

impl Name {
    fn read(self) -> Option<String> {
        if !self.encoded {
            return Some(self.text);
        }
        percent_decode_str(&self.text).decode_utf8().ok().map(|name| name.into_owned())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Blob {
    name: Name,
    properties: Properties,
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(rename = "Last-Modified")]
    modified: String,
    #[serde(rename = "Content-Length", default)]
    length: u64,
    #[serde(rename = "Etag", default)]
    etag: Option<String>,
    #[serde(rename = "ResourceType", default)]
    resource: Option<String>,
}

impl Blob {
    fn is_folder(&self) -> bool {
        let metadata = self.metadata.iter().flatten();
        let mut marks = metadata.filter(|(name, _)| name.eq_ignore_ascii_case("hdi_isfolder"));
        marks.any(|(_, value)| value.trim().eq_ignore_ascii_case("true"))
            || self.properties.resource.as_deref() == Some("directory")
    }

    fn modified(&self) -> Option<SystemTime> {
        let modified = DateTime::parse_from_rfc2822(&self.properties.modified).ok()?;
        Some(modified.with_timezone(&Utc).into())
    }
}

/// The page that `text` says; `None` where it says none. `named` are folders that an earlier page named.
pub(super) fn page(text: &[u8], by_directory: bool, named: BTreeSet<String>) -> Option<Page> {
    let listing: Listing = quick_xml::de::from_reader(text).ok()?;
    let mut page = Page::default();
    let mut folders = named.clone();
    let mut last = String::new();
    for entry in listing.blobs.entries {
        match entry {
            Entry::Blob(blob) => {
                let (folder, modified) = (blob.is_folder(), blob.modified()?);
                let mut key = blob.name.read()?;
                last.clone_from(&key);
                if folder {
                    key.push('/');
                }
                if folder && by_directory {
                    if folders.insert(key.clone()) {
                        page.prefixes.push(key);
                    }
                    continue;
                }
                let Properties { length, etag, .. } = blob.properties;
                let etag = etag.as_deref().map(bare).filter(|etag| !etag.is_empty());
                page.objects.push(Found { key, length, etag, modified, version_id: None });
            }
            Entry::BlobPrefix(prefix) => {
                let prefix = prefix.name.read()?;
                last.clone_from(&prefix);
                if folders.insert(prefix.clone()) {
                    page.prefixes.push(prefix);
                }
            }
        }
    }
    page.next = listing.next_marker.filter(|marker| !marker.is_empty()).map(|marker| {
        let open = folders.iter().filter(|folder| **folder > last).map(|folder| word(folder));
        std::iter::once(marker).chain(open).collect::<Vec<String>>().join("\n")
    });
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(inner: &str, next: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><EnumerationResults ServiceEndpoint=\"http://h/\" ContainerName=\"c\">\
             <Prefix></Prefix><MaxResults>3</MaxResults><Delimiter>/</Delimiter><Blobs>{inner}</Blobs>\
             <NextMarker>{next}</NextMarker></EnumerationResults>"
        )
    }

    fn blob(name: &str, metadata: &str) -> String {
        format!(
            "<Blob><Name>{name}</Name><Properties><Creation-Time>x</Creation-Time>\
             <Last-Modified>Sun, 22 Nov 2026 23:41:16 GMT</Last-Modified><Etag>0x8D</Etag>\
             <Content-Length>7</Content-Length></Properties><Metadata>{metadata}</Metadata>\
             <OrMetadata/></Blob>"
        )
    }

    const FOLDER: &str = "<hdi_isfolder>true</hdi_isfolder>";

    #[test]
    fn a_page_is_read_as_it_is_spelt() {
        let entries = format!(
            "{}{}<BlobPrefix><Name Encoded=\"true\">d%0A/</Name></BlobPrefix>",
            blob("a &amp;b", "<Forebay_write>m</Forebay_write>"),
            blob("f", FOLDER)
        );
        let page = page(listing(&entries, "").as_bytes(), false, BTreeSet::new()).unwrap();
        let keys: Vec<&str> = page.objects.iter().map(|object| object.key.as_str()).collect();
        assert_eq!((keys, page.prefixes), (vec!["a &b", "f/"], vec!["d\n/".to_owned()]));
        assert_eq!((page.objects[0].length, page.objects[0].etag.as_deref()), (7, Some("0x8D")));
        assert_eq!(page.next, None);
    }

    #[test]
    fn a_directory_is_named_once_though_a_page_ends_within() {
        let first = format!("{}{}", blob("a/b", FOLDER), blob("a/b-c", ""));
        let first = page(listing(&first, "m1").as_bytes(), true, BTreeSet::new()).unwrap();
        assert_eq!(first.prefixes, ["a/b/"]);
        let next = first.next.unwrap();
        let (marker, named) = before(&next);
        assert_eq!(marker, "m1");
        let second =
            "<BlobPrefix><Name>a/b/</Name></BlobPrefix><BlobPrefix><Name>a/c/</Name></BlobPrefix>";
        let second = page(listing(second, "m2").as_bytes(), true, named).unwrap();
        assert_eq!(
            (second.prefixes, second.next.as_deref()),
            (vec!["a/c/".to_owned()], Some("m2"))
        );
    }

    #[test]
    fn an_empty_page_is_one_and_a_broken_one_is_none() {
        let empty = page(listing("", "").as_bytes(), true, BTreeSet::new());
        assert_eq!(empty, Some(Page::default()));
        let broken = "<Blob><Name>a</Name></Blob>";
        for text in [listing(broken, ""), String::new(), "<html>".to_owned(), "{}".to_owned()] {
            assert_eq!(page(text.as_bytes(), true, BTreeSet::new()), None, "{text}");
        }
    }
}
