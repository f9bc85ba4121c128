//! Copying and deleting, as a store does them: by itself, object by object.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use forebay_types::{Error, ErrorKind, Result};
use futures::{StreamExt, TryFutureExt};
use serde::Deserialize;

use super::S3Origin;
use super::request::Call;
use super::writing::{Existing, Part, Upload, WORK, md5_header};

const COPY: &str = "copy";
const DELETE: &str = "delete";

/// The longest object that S3 copies with one request.
const LONGEST_COPY: u64 = 5 << 30;

/// What a longer one is copied in: 5 TiB, the longest object, make 5,120 parts.
const COPIED_PART: u64 = 1 << 30;

/// S3 makes an object of at most 10,000 parts.
const LONGEST: u64 = 10_000 * COPIED_PART;

/// Parts of one object that are copied at once; the store works, we only wait.
const PARTS_AT_ONCE: usize = 4;

/// The most keys that S3 takes in one request to delete.
pub const DELETE_PAGE: usize = 1000;

/// An answer names at most a thousand keys with the reasons why they stayed.
const LONGEST_ANSWER: usize = 8 << 20;

/// A key that the store did not delete.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Undeleted {
    /// Which.
    #[serde(default)]
    pub key: String,
    /// S3's code of the reason.
    #[serde(default)]
    pub code: String,
}

impl S3Origin {
    /// Has the store copy an object of `length` bytes within the bucket, replacing what is there.
    ///
    /// # Errors
    /// As `Origin::fetch`; `InvalidArgument` for a length that no object has.
    pub async fn copy(&self, from: &str, to: &str, length: u64) -> Result<()> {
        if length > LONGEST_COPY {
            return self.copy_in_parts(from, to, length).await;
        }
        let mut call = Call::new(COPY, "PUT", to)
            .header("x-amz-copy-source", self.0.requests.source(from))
            .headers(&self.0.settings.write.headers());
        call.work = WORK;
        let answered = self.ask(&call).await?;
        self.etag_made(&call, &answered).map(drop)
    }

    async fn copy_in_parts(&self, from: &str, to: &str, length: u64) -> Result<()> {
        if length > LONGEST {
            let message = format!("{length} bytes are more than an object can have");
            return Err(Error::new(ErrorKind::InvalidArgument, COPY, self.shown(from), message));
        }
        let upload = self.begin_upload(to).await?;
        let count = u32::try_from(length.div_ceil(COPIED_PART)).unwrap_or(u32::MAX);
        let failed = AtomicBool::new(false);
        // After a failure no more are begun; those under way are waited for: an abort misses what comes later.
        let copies = (1..=count).map_while(|number| {
            let copy = self.copy_part(from, &upload, number, length);
            let copy = copy.inspect_err(|_| failed.store(true, Ordering::Relaxed));
            (!failed.load(Ordering::Relaxed)).then_some(copy)
        });
        let copied: Vec<Result<Part>> =
            futures::stream::iter(copies).buffered(PARTS_AT_ONCE).collect().await;
        let copied: Result<Vec<Part>> = copied.into_iter().collect();
        let done = match copied {
            Ok(parts) => self.complete_upload(&upload, &parts, Existing::Replaced).await.map(drop),
            Err(error) => Err(error),
        };
        if done.is_err()
            && let Err(error) = self.abort_upload(&upload).await
        {
            tracing::warn!(%error, "parts of a failed copy stay until the bucket's rules remove them");
        }
        done
    }

    async fn copy_part(
        &self,
        from: &str,
        upload: &Upload,
        number: u32,
        length: u64,
    ) -> Result<Part> {
        let start = u64::from(number - 1) * COPIED_PART;
        let end = (start + COPIED_PART).min(length);
        let mut call = Call::new(COPY, "PUT", &upload.key)
            .query("partNumber", number.to_string())
            .query("uploadId", upload.id.as_str())
            .header("x-amz-copy-source", self.0.requests.source(from))
            .header("x-amz-copy-source-range", format!("bytes={start}-{}", end - 1));
        call.work = WORK;
        let answered = self.ask(&call).await?;
        let etag = self.etag_made(&call, &answered)?;
        Ok(Part { number, etag })
    }

    /// Deletes one object; one that is not there is deleted already.
    ///
    /// # Errors
    /// As `Origin::fetch`.
    pub async fn delete(&self, key: &str) -> Result<()> {
        let call = Call::new(DELETE, "DELETE", key);
        match self.ask(&call).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Deletes at most [`DELETE_PAGE`] objects with one request; returns those that stayed.
    ///
    /// # Errors
    /// As `Origin::fetch`, for the request as a whole; `InvalidArgument` for more keys.
    pub async fn delete_page(&self, keys: &[String]) -> Result<Vec<Undeleted>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        if keys.len() > DELETE_PAGE {
            let message = format!("{} keys are more than one request may delete", keys.len());
            return Err(Error::new(ErrorKind::InvalidArgument, DELETE, self.shown(""), message));
        }
        let body = deletion(keys);
        let mut call = Call::of_bucket(DELETE, "POST")
            .query("delete", "")
            .header("content-type", "application/xml")
            .header("content-md5", md5_header(body.as_bytes()))
            .body(body);
        call.most = LONGEST_ANSWER;
        let answered = self.ask(&call).await?;
        let deleted: Option<Deleted> = quick_xml::de::from_reader(answered.body.as_slice()).ok();
        deleted.map(|deleted| deleted.error).ok_or_else(|| self.unreadable(&call))
    }
}

#[derive(Deserialize)]
#[serde(rename = "DeleteResult")]
struct Deleted {
    #[serde(default, rename = "Error")]
    error: Vec<Undeleted>,
}

fn deletion(keys: &[String]) -> String {
    let mut text = String::from(
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>",
    );
    for key in keys {
        text.push_str("<Object><Key>");
        for letter in quick_xml::escape::escape(key.as_str()).chars() {
            if letter.is_ascii_control() {
                // XML 1.0 has no other spelling, and parsers of S3 take this one.
                let _ = write!(text, "&#x{:X};", u32::from(letter));
            } else {
                text.push(letter);
            }
        }
        text.push_str("</Key></Object>");
    }
    text.push_str("</Delete>");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_no_markup() {
        let text = deletion(&["a<b>&c".to_owned(), "d\ne".to_owned()]);
        assert!(text.contains("<Key>a&lt;b&gt;&amp;c</Key>"), "{text}");
        assert!(text.contains("<Key>d&#xA;e</Key>"), "{text}");
    }

    #[test]
    fn what_stayed_is_named() {
        let text =
            "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>";
        let deleted: Deleted = quick_xml::de::from_str(text).unwrap();
        let stayed = Undeleted { key: "k".to_owned(), code: "AccessDenied".to_owned() };
        assert_eq!(deleted.error, [stayed]);
        let none: Deleted = quick_xml::de::from_str("<DeleteResult/>").unwrap();
        assert_eq!(none.error, []);
    }
}
