//! Writing objects: at once, or in parts that become an object together.
//!
//! With [`Existing::Kept`] the store itself refuses to replace an object (`If-None-Match: *`), so that of
//! any number of writers one wins, as far as the store decides that atomically. An answer that got lost
//! makes a later attempt meet its own object. Such writes therefore carry a mark of their own in the
//! object's metadata, by which the writer knows its object again; an ETag would not do, since two
//! writers may write the same bytes.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use forebay_types::{Error, ErrorKind, Result};
use md5::{Digest, Md5};
use serde::Deserialize;

use super::S3Origin;
use super::listing::bare;
use super::request::{Answered, Call};
use crate::ask::single;

/// Where a write leaves its mark.
const MARK: &str = "x-amz-meta-forebay-write";

const PUT: &str = "write";
const COMPLETE: &str = "complete";

/// How long a store may take to make an object of its parts or a copy of 5 GB. S3's own clients wait as
/// long for the first byte.
pub(crate) const WORK: Duration = Duration::from_secs(600);

/// What becomes of an object that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It is replaced.
    Replaced,
    /// It stays, and the write fails with `AlreadyExists`.
    Kept,
}

/// What objects are written with, beside their bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteSettings {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`: the store encrypts.
    pub encryption: Option<String>,
    /// The key of KMS that it encrypts with; its own where absent.
    pub encryption_key: Option<String>,
    /// A canned access list, such as `bucket-owner-full-control`.
    pub acl: Option<String>,
    /// A storage class, such as `STANDARD_IA`.
    pub storage_class: Option<String>,
    /// What the bytes are encoded with, such as `gzip`.
    pub content_encoding: Option<String>,
}

impl WriteSettings {
    pub(super) fn headers(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("x-amz-server-side-encryption", &self.encryption),
            ("x-amz-server-side-encryption-aws-kms-key-id", &self.encryption_key),
            ("x-amz-acl", &self.acl),
            ("x-amz-storage-class", &self.storage_class),
            ("content-encoding", &self.content_encoding),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}

/// An object under way in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its key.
    pub key: String,
    /// What the store calls it.
    pub id: String,
    /// The writer's mark in its metadata, where this process began it.
    pub mark: Option<String>,
}

/// A part that the store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// From 1 on.
    pub number: u32,
    /// Its ETag, without quotes.
    pub etag: String,
}

impl S3Origin {
    /// Writes an object at once; returns its ETag.
    ///
    /// # Errors
    /// As `Origin::fetch`; `AlreadyExists` where `existing` is kept and there.
    pub async fn put(&self, key: &str, body: Bytes, existing: Existing) -> Result<String> {
        let kind =
            if key.ends_with('/') { "application/x-directory" } else { "application/octet-stream" };
        let mut call = Call::new(PUT, "PUT", key)
            .header("content-type", kind)
            .headers(&self.0.settings.write.headers())
            .body(body);
        let mark = mark();
        if existing == Existing::Kept {
            call = call.header("if-none-match", "*").header(MARK, mark.as_str());
        }
        let mut unsure = false;
        match self.ask_told(&call, &mut unsure).await {
            Ok(answered) => Ok(etag_in(&answered)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && unsure => {
                self.own(key, Some(&mark), error).await
            }
            Err(error) => Err(error),
        }
    }

    /// Begins an object in parts.
    ///
    /// # Errors
    /// As `Origin::fetch`.
    pub async fn begin_upload(&self, key: &str) -> Result<Upload> {
        let mark = mark();
        let call = Call::new("begin upload", "POST", key)
            .query("uploads", "")
            .header("content-type", "application/octet-stream")
            .header(MARK, mark.as_str())
            .headers(&self.0.settings.write.headers());
        let answered = self.ask(&call).await?;
        let begun: Option<Begun> = quick_xml::de::from_reader(answered.body.as_slice()).ok();
        let upload =
            |begun: Begun| Upload { key: key.to_owned(), id: begun.upload_id, mark: Some(mark) };
        begun.map(upload).ok_or_else(|| self.unreadable(&call))
    }

    /// Writes one part; a part written again replaces itself.
    ///
    /// # Errors
    /// As `Origin::fetch`; `NotFound` where there is no such upload.
    pub async fn put_part(&self, upload: &Upload, number: u32, body: Bytes) -> Result<Part> {
        let call = Call::new("write part", "PUT", &upload.key)
            .query("partNumber", number.to_string())
            .query("uploadId", upload.id.as_str())
            .body(body);
        let answered = self.ask(&call).await?;
        let etag = single(&answered.headers, "etag").map(bare);
        etag.map(|etag| Part { number, etag }).ok_or_else(|| self.unreadable(&call))
    }

    /// Makes an object of parts, which are in the order of their numbers; returns its ETag.
    ///
    /// # Errors
    /// As `Origin::fetch`; `AlreadyExists` where `existing` is kept and there; `NotFound` where there is
    /// no such upload.
    pub async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[Part],
        existing: Existing,
    ) -> Result<String> {
        let mut call = Call::new(COMPLETE, "POST", &upload.key)
            .query("uploadId", upload.id.as_str())
            .header("content-type", "application/xml")
            .body(completion(parts));
        if existing == Existing::Kept {
            call = call.header("if-none-match", "*");
        }
        call.work = WORK;
        let mut unsure = false;
        match self.ask_told(&call, &mut unsure).await {
            Ok(answered) => self.etag_made(&call, &answered),
            Err(error)
                if unsure
                    && matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) =>
            {
                self.own(&upload.key, upload.mark.as_deref(), error).await
            }
            Err(error) => Err(error),
        }
    }

    /// Gives up an object in parts.
    ///
    /// # Errors
    /// As `Origin::fetch`; `NotFound` where there is no such upload.
    pub async fn abort_upload(&self, upload: &Upload) -> Result<()> {
        let call = Call::new("abort upload", "DELETE", &upload.key).query("uploadId", &*upload.id);
        self.ask(&call).await.map(drop)
    }

    /// The ETag of what the store has made by work of its own.
    pub(super) fn etag_made(&self, call: &Call, answered: &Answered) -> Result<String> {
        let done: Option<Done> = quick_xml::de::from_reader(answered.body.as_slice()).ok();
        let etag = done.and_then(|done| done.etag).map(|etag| bare(&etag));
        etag.ok_or_else(|| self.unreadable(call))
    }

    /// Whether the object that stopped a write is the write's own, of an attempt whose answer got lost.
    async fn own(&self, key: &str, mark: Option<&str>, refusal: Error) -> Result<String> {
        let call = Call::new(COMPLETE, "HEAD", key);
        let answered = self.ask(&call).await?;
        let found = single(&answered.headers, MARK);
        if found.is_some() && found == mark { Ok(etag_in(&answered)) } else { Err(refusal) }
    }
}

fn etag_in(answered: &Answered) -> String {
    single(&answered.headers, "etag").map(bare).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Begun {
    upload_id: String,
}

#[derive(Deserialize)]
struct Done {
    #[serde(rename = "ETag")]
    etag: Option<String>,
}

fn completion(parts: &[Part]) -> String {
    let mut text =
        String::from("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for Part { number, etag } in parts {
        let etag = quick_xml::escape::escape(etag.as_str());
        text.push_str(&format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag></Part>"
        ));
    }
    text.push_str("</CompleteMultipartUpload>");
    text
}

/// A text that no other write has.
pub(crate) fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let random = |seed: u64| RandomState::new().hash_one((seed, std::process::id()));
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:016x}{:016x}{count:x}", random(count), random(!count))
}

/// What S3 asks for with some bodies, in its own spelling.
pub(super) fn md5_header(body: &[u8]) -> String {
    BASE64_STANDARD.encode(Md5::digest(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_writes_have_one_mark() {
        let marks: std::collections::BTreeSet<String> = (0..1000).map(|_| mark()).collect();
        assert_eq!(marks.len(), 1000);
    }

    #[test]
    fn an_etag_of_the_store_s_is_no_markup() {
        let text = completion(&[Part { number: 1, etag: "<&>".to_owned() }]);
        assert!(text.contains("<ETag>&quot;&lt;&amp;&gt;&quot;</ETag>"), "{text}");
    }
}
