//! Writing blobs: at once, or as *blocks* that a list makes a blob.
//!
//! Blocks wait under their blob's name, whoever sent them, and a list takes them by their own names: so
//! those begin with a mark that no other writer has. A list makes the blob at once or not at all, and
//! decides whether one that is there may be replaced. It also throws away what others have sent meanwhile:
//! of two who write one blob in blocks at once, the later one's list may name blocks that are gone.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use forebay_types::{Error, ErrorKind, Result};

use super::{AzureOrigin, FOLDER};
use crate::ask::{Ask, Proof, single};
use crate::call::{Answered, Call};
use crate::s3::{Existing, Part, Upload, WORK, bare, mark};

/// Where a write leaves its mark.
const MARK: &str = "x-ms-meta-forebay_write";

/// How often a copy that the store makes by and by is looked at.
const LOOKED_AT: std::time::Duration = std::time::Duration::from_millis(250);

const WRITE: &str = "write";

impl AzureOrigin {
    pub(super) async fn put_blob(
        &self,
        key: &str,
        body: Bytes,
        existing: Existing,
    ) -> Result<String> {
        let mark = mark();
        let mut call = Call::new(WRITE, "PUT", key)
            .header("x-ms-blob-type", "BlockBlob")
            .header("content-type", "application/octet-stream")
            .body(body);
        if existing == Existing::Kept {
            call = call.header("if-none-match", "*").header(MARK, mark.as_str());
        }
        let mut unsure = false;
        match self.0.line.ask(&call, &self.blob(key), &mut unsure).await {
            Ok(answered) => Ok(etag_in(&answered)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && unsure => {
                self.own(key, Some(&mark), error).await
            }
            Err(error) => Err(error),
        }
    }

    /// A directory's marker; one that is there stays, and so does a file.
    pub(super) async fn put_marker(&self, key: &str) -> Result<String> {
        let call = Call::new(WRITE, "PUT", key)
            .header("x-ms-blob-type", "BlockBlob")
            .header("if-none-match", "*")
            .header(FOLDER, "true");
        match self.0.line.ask(&call, &self.blob(key), &mut false).await {
            Ok(answered) => Ok(etag_in(&answered)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let there = self.found(key).await;
                there.map(|found| found.etag.unwrap_or_default()).map_err(|_| error)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn put_block(
        &self,
        upload: &Upload,
        number: u32,
        body: Bytes,
    ) -> Result<Part> {
        let etag = block(&upload.id, number);
        let call = Call::new("write part", "PUT", &upload.key)
            .query("comp", "block")
            .query("blockid", etag.as_str())
            .body(body);
        self.0.line.ask(&call, &self.blob(&upload.key), &mut false).await?;
        Ok(Part { number, etag })
    }

    pub(super) async fn put_list(
        &self,
        upload: &Upload,
        parts: &[Part],
        existing: Existing,
    ) -> Result<String> {
        let mut call = Call::new("complete", "PUT", &upload.key)
            .query("comp", "blocklist")
            .header("content-type", "application/xml")
            .header("x-ms-blob-content-type", "application/octet-stream")
            .header(MARK, upload.id.as_str())
            .body(list(parts));
        if existing == Existing::Kept {
            call = call.header("if-none-match", "*");
        }
        call.work = WORK;
        let mut unsure = false;
        let error = match self.0.line.ask(&call, &self.blob(&upload.key), &mut unsure).await {
            Ok(answered) => return Ok(etag_in(&answered)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::AlreadyExists if unsure => {
                self.own(&upload.key, Some(&upload.id), error).await
            }
            // Whoever took the blocks away has made a blob.
            ErrorKind::NotFound if existing == Existing::Kept => {
                let exists =
                    self.0.line.error(&call, ErrorKind::AlreadyExists, "the object exists already");
                self.own(&upload.key, Some(&upload.id), exists).await
            }
            ErrorKind::NotFound => self.own(&upload.key, Some(&upload.id), error).await,
            ErrorKind::AccessDenied
            | ErrorKind::AlreadyExists
            | ErrorKind::Changed
            | ErrorKind::EndOfFile
            | ErrorKind::Interrupted
            | ErrorKind::TimedOut
            | ErrorKind::Closed
            | ErrorKind::InvalidArgument
            | ErrorKind::Unsupported
            | ErrorKind::Origin
            | ErrorKind::Internal => Err(error),
        }
    }

    /// Whether the blob that stopped a write is the write's own, of an attempt whose answer got lost.
    async fn own(&self, key: &str, mark: Option<&str>, refusal: Error) -> Result<String> {
        let headers = self.headers(key).await.map_err(|_| refusal.clone())?;
        let found = single(&headers, MARK);
        let own = found.is_some() && found == mark;
        if own { Ok(single(&headers, "etag").map(bare).unwrap_or_default()) } else { Err(refusal) }
    }

    /// Has the store copy a blob, which it may do after its answer; waits until it has.
    pub(super) async fn copy_blob(&self, from: &str, to: &str) -> Result<()> {
        let line = &self.0.line;
        let ask = Ask::new("copy", line.shown(from), Proof::Done { work: WORK });
        let source = format!("{}{}", self.blob(from), line.dialect.signature(&ask).await?);
        let mut call = Call::new("copy", "PUT", to).header("x-ms-copy-source", source);
        call.work = WORK;
        let mut headers = line.ask(&call, &self.blob(to), &mut false).await?.headers;
        let look = Call::new("copy", "HEAD", to);
        loop {
            match single(&headers, "x-ms-copy-status") {
                Some("success") => return Ok(()),
                Some("pending") => tokio::time::sleep(LOOKED_AT).await,
                Some(_) | None => {
                    let message = "the store began to copy and then failed";
                    return Err(line.error(&call, ErrorKind::Origin, message));
                }
            }
            headers = line.ask(&look, &self.blob(to), &mut false).await?.headers;
        }
    }

    /// Deletes a blob whose version is the given one, where one is given.
    pub(super) async fn delete_blob(
        &self,
        key: &str,
        place: &str,
        etag: Option<&str>,
    ) -> Result<()> {
        let mut call =
            Call::new("delete", "DELETE", key).header("x-ms-delete-snapshots", "include");
        if let Some(etag) = etag {
            call = call.header("if-match", etag);
        }
        match self.0.line.ask(&call, place, &mut false).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

fn etag_in(answered: &Answered) -> String {
    single(&answered.headers, "etag").map(bare).unwrap_or_default()
}

/// The name of a block; all of a blob are equally long.
fn block(upload: &str, number: u32) -> String {
    BASE64_STANDARD.encode(format!("{upload}-{number:010}"))
}

fn list(parts: &[Part]) -> String {
    let blocks = parts.iter().map(|part| {
        let name = quick_xml::escape::escape(part.etag.as_str());
        format!("<Latest>{name}</Latest>")
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{}</BlockList>",
        blocks.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_named_alike_and_are_no_markup() {
        let names = [block("m", 1), block("m", 49_999)];
        assert_eq!(names[0].len(), names[1].len());
        assert!(block(&mark(), u32::MAX).len() <= 88, "64 bytes, in base 64");
        let text = list(&[Part { number: 1, etag: "<&>".to_owned() }]);
        assert!(text.contains("<Latest>&lt;&amp;&gt;</Latest>"), "{text}");
    }
}
