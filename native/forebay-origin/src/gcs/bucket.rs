//! Google's store behind the calls that every store answers.

use async_trait::async_trait;
use bytes::Bytes;
use forebay_types::{Error, ErrorKind, Result};
use serde::Deserialize;

use super::GcsOrigin;
use super::listing::Described;
use super::session::Stored;
use crate::bucket::{Bucket, PartBody, delete_each};
use crate::call::{Call, word};
use crate::s3::{Existing, Found, ListAsk, Page, Part, Undeleted, Upload, WORK};

/// What an answer to a copy says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rewritten {
    done: bool,
    #[serde(default)]
    rewrite_token: String,
}

impl GcsOrigin {
    async fn rewrite(&self, from: &str, to: &str) -> Result<()> {
        let line = &self.0.line;
        let place = format!("{}/rewriteTo/b/{}/o/{}", self.object(from), self.0.bucket, word(to));
        let mut token = String::new();
        loop {
            let mut call = Call::new("copy", "POST", to);
            if !token.is_empty() {
                call = call.query("rewriteToken", token);
            }
            call.work = WORK;
            let answered = line.ask(&call, &place, &mut false).await?;
            let rewritten: Rewritten =
                serde_json::from_slice(&answered.body).map_err(|_| line.unreadable(&call))?;
            match rewritten {
                Rewritten { done: true, .. } => return Ok(()),
                Rewritten { rewrite_token, .. } if rewrite_token.is_empty() => {
                    return Err(line.unreadable(&call));
                }
                Rewritten { rewrite_token, .. } => token = rewrite_token,
            }
        }
    }

    /// What a part's answer is remembered as: the session's own state.
    fn part(number: u32, stored: Stored) -> Part {
        let etag = match stored {
            Stored::Upto(end) => format!("{UPTO}{end}"),
            Stored::Object(generation) => generation,
        };
        Part { number, etag }
    }
}

/// What begins the name of a part that is not the last; no generation has it.
const UPTO: &str = "upto-";

#[async_trait]
impl Bucket for GcsOrigin {
    async fn status(&self, key: &str) -> Result<Found> {
        self.found(key).await
    }

    async fn list(&self, ask: &ListAsk) -> Result<Page> {
        self.page(ask).await
    }

    async fn put(&self, key: &str, body: Bytes, existing: Existing) -> Result<String> {
        if existing == Existing::Kept {
            let upload = self.begin(key, existing).await?;
            let length = body.len() as u64;
            return match self.store(&upload, 0, &body, Some(length)).await? {
                Stored::Object(generation) => Ok(generation),
                Stored::Upto(_) => Err(self.0.line.unreadable(&Call::new("write", "PUT", key))),
            };
        }
        let call = Call::new("write", "POST", key)
            .query("uploadType", "media")
            .query("name", key)
            .header("content-type", "application/octet-stream")
            .body(body);
        let answered = self.0.line.ask(&call, &self.uploads(), &mut false).await?;
        let described: Described =
            serde_json::from_slice(&answered.body).map_err(|_| self.0.line.unreadable(&call))?;
        Ok(described.generation())
    }

    async fn copy(&self, from: &str, to: &str, _length: u64) -> Result<()> {
        self.rewrite(from, to).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        let call = Call::new("delete", "DELETE", key);
        match self.0.line.ask(&call, &self.object(key), &mut false).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn delete_page(&self, keys: &[String]) -> Result<Vec<Undeleted>> {
        Ok(delete_each(self, keys).await)
    }

    async fn begin_upload(&self, key: &str, existing: Existing) -> Result<Upload> {
        self.begin(key, existing).await
    }

    async fn put_part(&self, upload: &Upload, part: PartBody) -> Result<Part> {
        let end = part.offset + part.bytes.len() as u64;
        let total = part.last.then_some(end);
        let stored = self.store(upload, part.offset, &part.bytes, total).await?;
        Ok(GcsOrigin::part(part.number, stored))
    }

    /// The last part has made the object already, unless there was none that was known to be the last.
    async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[Part],
        _existing: Existing,
    ) -> Result<String> {
        let last = parts.last().map(|part| part.etag.as_str()).unwrap_or_default();
        let Some(end) = last.strip_prefix(UPTO) else { return Ok(last.to_owned()) };
        let broken = || {
            let shown = self.0.line.shown(&upload.key);
            Error::new(
                ErrorKind::InvalidArgument,
                "complete",
                shown,
                "this is no part of a session",
            )
        };
        let end: u64 = end.parse().map_err(|_| broken())?;
        match self.store(upload, end, &Bytes::new(), Some(end)).await? {
            Stored::Object(generation) => Ok(generation),
            Stored::Upto(_) => Err(broken()),
        }
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<()> {
        let call = Call::new("abort upload", "DELETE", &upload.key)
            .query("uploadType", "resumable")
            .query("upload_id", upload.id.as_str());
        match self.0.line.answer(&call, &self.uploads()).await {
            // 499 is how the store says that it has forgotten the session.
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Origin => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A session takes its bytes in their order.
    fn parts_at_once(&self) -> usize {
        1
    }
}
