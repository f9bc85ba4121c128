//! S3 behind the calls that every store answers.

use async_trait::async_trait;
use bytes::Bytes;
use forebay_types::Result;

use super::{Existing, Found, ListAsk, Page, Part, S3Origin, Undeleted, Upload};
use crate::bucket::{Bucket, PartBody};

#[async_trait]
impl Bucket for S3Origin {
    async fn status(&self, key: &str) -> Result<Found> {
        S3Origin::status(self, key).await
    }

    async fn list(&self, ask: &ListAsk) -> Result<Page> {
        S3Origin::list(self, ask).await
    }

    async fn put(&self, key: &str, body: Bytes, existing: Existing) -> Result<String> {
        S3Origin::put(self, key, body, existing).await
    }

    async fn copy(&self, from: &str, to: &str, length: u64) -> Result<()> {
        S3Origin::copy(self, from, to, length).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        S3Origin::delete(self, key).await
    }

    async fn delete_page(&self, keys: &[String]) -> Result<Vec<Undeleted>> {
        S3Origin::delete_page(self, keys).await
    }

    /// What is there is looked at when the parts become an object.
    async fn begin_upload(&self, key: &str, _existing: Existing) -> Result<Upload> {
        S3Origin::begin_upload(self, key).await
    }

    async fn put_part(&self, upload: &Upload, part: PartBody) -> Result<Part> {
        S3Origin::put_part(self, upload, part.number, part.bytes).await
    }

    async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[Part],
        existing: Existing,
    ) -> Result<String> {
        S3Origin::complete_upload(self, upload, parts, existing).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<()> {
        S3Origin::abort_upload(self, upload).await
    }
}
