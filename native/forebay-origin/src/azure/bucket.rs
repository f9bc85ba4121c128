//! Azure's store behind the calls that every store answers.

use async_trait::async_trait;
use bytes::Bytes;
use forebay_types::{ErrorKind, Result};

use super::AzureOrigin;
use crate::ask::single;
use crate::bucket::{Bucket, PartBody, delete_each};
use crate::call::spelt;
use crate::s3::{Existing, Found, ListAsk, Page, Part, Undeleted, Upload, mark};

#[async_trait]
impl Bucket for AzureOrigin {
    async fn status(&self, key: &str) -> Result<Found> {
        self.found(key).await
    }

    async fn list(&self, ask: &ListAsk) -> Result<Page> {
        self.page(ask).await
    }

    async fn put(&self, key: &str, body: Bytes, existing: Existing) -> Result<String> {
        if key.ends_with('/') {
            return self.put_marker(key).await;
        }
        self.put_blob(key, body, existing).await
    }

    async fn copy(&self, from: &str, to: &str, _length: u64) -> Result<()> {
        self.copy_blob(from, to).await
    }

    /// A marker is deleted as the version that was seen to be one: a file of its name stays.
    async fn delete(&self, key: &str) -> Result<()> {
        if !key.ends_with('/') {
            return self.delete_blob(key, &self.blob(key), None).await;
        }
        match self.headers(key).await {
            Ok(headers) => self.delete_blob(key, &self.blob(key), single(&headers, "etag")).await,
            // Some clients write a blob whose name ends with a slash.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let place = format!("{}/{}", self.0.root, spelt(key));
                self.delete_blob(key, &place, None).await
            }
            Err(error) => Err(error),
        }
    }

    async fn delete_page(&self, keys: &[String]) -> Result<Vec<Undeleted>> {
        // A hierarchical account deletes a folder when it is empty.
        let (mut folders, files): (Vec<String>, Vec<String>) =
            keys.iter().cloned().partition(|key| key.ends_with('/'));
        let mut stayed = delete_each(self, &files).await;
        folders.sort_unstable();
        for folder in folders.into_iter().rev() {
            stayed.extend(delete_each(self, &[folder]).await);
        }
        Ok(stayed)
    }

    /// Nothing is sent: blocks begin to be there with the first one.
    async fn begin_upload(&self, key: &str, _existing: Existing) -> Result<Upload> {
        let mark = format!("{:.32}", mark());
        Ok(Upload { key: key.to_owned(), id: mark.clone(), mark: Some(mark) })
    }

    async fn put_part(&self, upload: &Upload, part: PartBody) -> Result<Part> {
        self.put_block(upload, part.number, part.bytes).await
    }

    async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[Part],
        existing: Existing,
    ) -> Result<String> {
        self.put_list(upload, parts, existing).await
    }

    /// The store forgets blocks of no blob after a week; there is no call that would be told to.
    async fn abort_upload(&self, _upload: &Upload) -> Result<()> {
        Ok(())
    }
}
