//! An object that is written bit by bit, in a *session* of the store.
//!
//! A session takes its bytes in their order, one part at a time, and says how far it has come: where an
//! answer gets lost it is asked, and the rest is sent again. The object appears with the session's last
//! byte. Whether an object may be replaced is said when the session begins and decided by the store when it
//! ends; an object that refuses its own writer is known again by the writer's mark.

use std::time::Instant;

use bytes::Bytes;
use forebay_types::{Error, ErrorKind, Result};
use object_store::HeaderMap;

use super::GcsOrigin;
use super::listing::Described;
use crate::ask::{Ask, Proof, single};
use crate::body;
use crate::call::Call;
use crate::s3::{Existing, Upload, WORK, mark};

/// Where a writer leaves its mark in an object's metadata.
const MARK: &str = "forebay-write";

const WRITE: &str = "write part";

/// An answer that ends a session describes the object.
const LONGEST_ANSWER: usize = 64 << 10;

/// How far a session has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stored {
    /// The store holds the bytes before this one.
    Upto(u64),
    /// The object is there, in this generation.
    Object(String),
}

impl GcsOrigin {
    pub(super) async fn begin(&self, key: &str, existing: Existing) -> Result<Upload> {
        let mark = mark();
        let body = serde_json::json!({
            "contentType": "application/octet-stream",
            "metadata": { MARK: &mark },
        });
        let mut call = Call::new("begin upload", "POST", key)
            .query("uploadType", "resumable")
            .query("name", key)
            .header("content-type", "application/json")
            .body(body.to_string());
        if existing == Existing::Kept {
            call = call.query("ifGenerationMatch", "0");
        }
        let line = &self.0.line;
        let answered = line.ask(&call, &self.uploads(), &mut false).await?;
        let id = session_of(&answered.headers).ok_or_else(|| line.unreadable(&call))?;
        Ok(Upload { key: key.to_owned(), id, mark: Some(mark) })
    }

    /// Sends `bytes`, which begin at `offset`; with a `total` they are the last ones.
    pub(super) async fn store(
        &self,
        upload: &Upload,
        offset: u64,
        bytes: &Bytes,
        total: Option<u64>,
    ) -> Result<Stored> {
        let end = offset + bytes.len() as u64;
        let began = Instant::now();
        let (mut at, mut failed, mut unsure) = (offset, 0, false);
        loop {
            let rest = bytes.slice(usize::try_from(at - offset).unwrap_or(bytes.len())..);
            let mut sent = self.send_part(upload, at, rest, total).await;
            let mut asked = false;
            if let Err(error) = &sent
                && error.kind().is_transient()
            {
                let policy = self.0.line.retry();
                let Some(pause) = policy.next(failed, began.elapsed(), error.kind()) else {
                    return sent;
                };
                tracing::debug!(%error, ?pause, "asking how far a session has come");
                (failed, unsure, asked) = (failed + 1, true, true);
                tokio::time::sleep(pause).await;
                sent = self.send_part(upload, end, Bytes::new(), total).await;
            }
            let stored = match sent {
                // Asking failed as well: the same once more.
                Err(error) if error.kind().is_transient() => continue,
                Err(error) if unsure => self.own(upload, error).await?,
                answered => answered?,
            };
            match stored {
                Stored::Object(_) => return Ok(stored),
                Stored::Upto(reached) if reached == end && total.is_none() => return Ok(stored),
                Stored::Upto(reached)
                    if reached < end && (reached > at || asked && reached >= offset) =>
                {
                    at = reached;
                }
                Stored::Upto(_) => return Err(self.lost(upload)),
            }
        }
    }

    /// One request: with bytes sends them, without asks how far the session has come, or ends it.
    async fn send_part(
        &self,
        upload: &Upload,
        at: u64,
        bytes: Bytes,
        total: Option<u64>,
    ) -> Result<Stored> {
        let whole = total.map_or("*".to_owned(), |total| total.to_string());
        let range = match bytes.len() as u64 {
            0 => format!("bytes */{whole}"),
            length => format!("bytes {at}-{}/{whole}", at + length - 1),
        };
        let mut call = Call::new(WRITE, "PUT", &upload.key)
            .query("uploadType", "resumable")
            .query("name", upload.key.as_str())
            .query("upload_id", upload.id.as_str())
            .header("content-range", range)
            .body(bytes);
        call.work = WORK;
        let line = &self.0.line;
        let answer = line.send(&call, &self.uploads(), Proof::Stored).await?;
        if answer.status() == 308 {
            return Ok(Stored::Upto(reached(answer.headers())));
        }
        let ask = Ask::new(WRITE, line.shown(&upload.key), Proof::Stored);
        let text = body::whole(&ask, answer, LONGEST_ANSWER, WORK).await?;
        let described: Option<Described> = serde_json::from_slice(&text).ok();
        let described = described.ok_or_else(|| line.unreadable(&call))?;
        Ok(Stored::Object(described.generation()))
    }

    /// Whether the object that stopped a session, or made it forgotten, is the session's own.
    async fn own(&self, upload: &Upload, refusal: Error) -> Result<Stored> {
        if !matches!(refusal.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) {
            return Err(refusal);
        }
        match self.described(&upload.key).await {
            Ok(found) if found.metadata.get(MARK) == upload.mark.as_ref() => {
                Ok(Stored::Object(found.generation()))
            }
            Ok(_) | Err(_) => Err(refusal),
        }
    }

    fn lost(&self, upload: &Upload) -> Error {
        let message = "the store lost bytes that it had taken; write the file again";
        Error::new(ErrorKind::Internal, WRITE, self.0.line.shown(&upload.key), message)
    }
}

/// The session in the URL that the store answers with; the rest of which is not followed.
fn session_of(headers: &HeaderMap) -> Option<String> {
    let url = reqwest::Url::parse(single(headers, "location")?).ok()?;
    let id = url.query_pairs().find(|(name, _)| name == "upload_id").map(|(_, id)| id.into_owned());
    id.filter(|id| !id.is_empty())
}

/// How many bytes an answer says are there.
fn reached(headers: &HeaderMap) -> u64 {
    let last = single(headers, "range").and_then(|range| range.rsplit('-').next()?.parse().ok());
    last.map_or(0, |last: u64| last.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_far_a_session_has_come() {
        for (range, expected) in [(Some("bytes=0-262143"), 262_144), (Some("x"), 0), (None, 0)] {
            let mut headers = HeaderMap::new();
            if let Some(range) = range {
                headers.insert("range", range.parse().unwrap());
            }
            assert_eq!(reached(&headers), expected);
        }
    }

    #[test]
    fn only_the_session_s_name_is_taken_from_its_url() {
        let mut headers = HeaderMap::new();
        headers.insert("location", "http://elsewhere/u?name=a&upload_id=s%2F1".parse().unwrap());
        assert_eq!(session_of(&headers).as_deref(), Some("s/1"));
        headers.insert("location", "http://elsewhere/u?name=a".parse().unwrap());
        assert_eq!(session_of(&headers), None);
    }
}
