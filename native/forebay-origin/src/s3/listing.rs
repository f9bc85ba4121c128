//! What a bucket holds: one object's status, and pages of many.
//!
//! Pages are asked for with URL-encoded keys, since XML can't spell every key. Nothing of a page is
//! believed further than its own types: a page that can't be read is an error of the store.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use forebay_types::Result;
use object_store::HeaderMap;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::S3Origin;
use super::request::Call;
use crate::ask::single;
use crate::bucket::no_bucket;

const HEAD: &str = "head";
const LIST: &str = "list";

/// A page has at most 1,000 entries, and a key of 1,024 bytes has at most three times as many when
/// encoded; the rest of an entry is less than a kilobyte.
const LONGEST_PAGE: usize = 4 << 20;

/// An object as the store describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its key.
    pub key: String,
    /// Its length in bytes.
    pub length: u64,
    /// Its ETag without quotes, where it has one.
    pub etag: Option<String>,
    /// When it was written.
    pub modified: SystemTime,
    /// Its version id, where the bucket keeps versions; never from a listing.
    pub version_id: Option<String>,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ListAsk {
    /// What keys begin with.
    pub prefix: String,
    /// Whether what lies below the prefix's next slash is listed as one prefix.
    pub by_directory: bool,
    /// The page after which to go on: what [`Page::next`] said.
    pub after: Option<String>,
    /// How many entries at most; the store decides where 0.
    pub most: u32,
}

/// A part of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Objects, in the order of their keys.
    pub objects: Vec<Found>,
    /// Prefixes that end with a slash, in their order.
    pub prefixes: Vec<String>,
    /// What to ask for next; `None` at the end.
    pub next: Option<String>,
}

impl S3Origin {
    /// Asks what the store says of `key`, in one request.
    ///
    /// # Errors
    /// As `Origin::fetch`.
    pub async fn status(&self, key: &str) -> Result<Found> {
        let call = Call::new(HEAD, "HEAD", key);
        found(key, &self.ask(&call).await?.headers).ok_or_else(|| self.unreadable(&call))
    }

    /// Asks for a page of what the bucket holds, in one request.
    ///
    /// # Errors
    /// As `Origin::fetch`; `InvalidArgument` where there is no such bucket.
    pub async fn list(&self, ask: &ListAsk) -> Result<Page> {
        let mut call = Call::of_bucket(LIST, "GET")
            .query("list-type", "2")
            .query("encoding-type", "url")
            .query("prefix", ask.prefix.as_str());
        if ask.by_directory {
            call = call.query("delimiter", "/");
        }
        if ask.most > 0 {
            call = call.query("max-keys", ask.most.to_string());
        }
        if let Some(after) = &ask.after {
            call = call.query("continuation-token", after.as_str());
        }
        call.most = LONGEST_PAGE;
        let answered = self.ask(&call).await.map_err(|error| no_bucket(error, self.shown("")))?;
        page(&answered.body).ok_or_else(|| self.unreadable(&call))
    }
}

pub(crate) fn found(key: &str, headers: &HeaderMap) -> Option<Found> {
    let modified = DateTime::parse_from_rfc2822(single(headers, "last-modified")?).ok()?;
    Some(Found {
        key: key.to_owned(),
        length: single(headers, "content-length")?.parse().ok()?,
        etag: single(headers, "etag").map(bare),
        modified: modified.with_timezone(&Utc).into(),
        version_id: single(headers, "x-amz-version-id")
            .filter(|id| *id != "null")
            .map(str::to_owned),
    })
}

pub(crate) fn bare(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    #[serde(default)]
    encoding_type: Option<String>,
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    next_continuation_token: Option<String>,
    #[serde(default)]
    contents: Vec<Content>,
    #[serde(default)]
    common_prefixes: Vec<Prefix>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    key: String,
    size: u64,
    last_modified: String,
    #[serde(default, rename = "ETag")]
    etag: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Prefix {
    prefix: String,
}

/// The page that `text` says; `None` where it says none.
pub(super) fn page(text: &[u8]) -> Option<Page> {
    let listing: Listing = quick_xml::de::from_reader(text).ok()?;
    let encoded = listing.encoding_type.as_deref() == Some("url");
    let decoded = |spelt: String| if encoded { decode(&spelt) } else { Some(spelt) };
    let next = listing.next_continuation_token.filter(|_| listing.is_truncated);
    if listing.is_truncated && next.is_none() {
        // Going on would list the same page for ever, ending here would hide what is there.
        return None;
    }
    let mut page = Page { next, ..Page::default() };
    for content in listing.contents {
        let modified = DateTime::parse_from_rfc3339(&content.last_modified).ok()?;
        page.objects.push(Found {
            key: decoded(content.key)?,
            length: content.size,
            etag: content.etag.as_deref().map(bare).filter(|etag| !etag.is_empty()),
            modified: modified.with_timezone(&Utc).into(),
            version_id: None,
        });
    }
    for prefix in listing.common_prefixes {
        page.prefixes.push(decoded(prefix.prefix)?);
    }
    Some(page)
}

/// S3 encodes keys as forms are: a space is a plus sign.
fn decode(spelt: &str) -> Option<String> {
    let spaced = spelt.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(inner: &str) -> String {
        format!(
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</ListBucketResult>"
        )
    }

    #[test]
    fn a_page_is_read_as_it_is_spelt() {
        let text = listing(
            "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
             <NextContinuationToken>t/1=</NextContinuationToken>\
             <Contents><Key>a+b%2Bc/%252F</Key><Size>7</Size><ETag>&#34;e-1&#34;</ETag>\
             <LastModified>2026-11-22T23:41:16.123Z</LastModified></Contents>\
             <CommonPrefixes><Prefix>d%0A/</Prefix></CommonPrefixes>",
        );
        let page = page(text.as_bytes()).unwrap();
        let object = &page.objects[0];
        assert_eq!((object.key.as_str(), object.length), ("a b+c/%2F", 7));
        assert_eq!(object.etag.as_deref(), Some("e-1"));
        assert_eq!((page.prefixes, page.next.as_deref()), (vec!["d\n/".to_owned()], Some("t/1=")));
    }

    #[test]
    fn an_empty_page_is_one_and_a_broken_one_is_none() {
        assert_eq!(
            page(listing("<IsTruncated>false</IsTruncated>").as_bytes()),
            Some(Page::default())
        );
        let object = "<Contents><Key>a</Key><Size>-1</Size><LastModified>2026-11-22T23:41:16Z</LastModified></Contents>";
        for broken in
            ["<IsTruncated>true</IsTruncated>", object, "<Contents><Key>a</Key></Contents>"]
        {
            assert_eq!(page(listing(broken).as_bytes()), None, "{broken}");
        }
        for text in ["", "<html>", "{}"] {
            assert_eq!(page(text.as_bytes()), None, "{text}");
        }
    }
}
