//! Status and tail of an object by one request.

use forebay_types::Result;
use object_store::{Error as StoreError, GetOptions, GetRange};

use super::ask::{Ask, Proof};
use super::{S3Origin, carrying, failure, key, status_of};
use crate::origin::{Look, Looked, TailSink};

impl S3Origin {
    /// One request, without retries: see [`crate::Origin::look`].
    pub(super) async fn tail(&self, look: &Look, sink: &mut dyn TailSink) -> Result<Looked> {
        const LOOK: &str = "look";
        let Look { key, suffix, known } = look;
        let shown = format!("s3://{}/{key}", self.0.settings.bucket);
        let path = key::path_of(key, LOOK, &shown)?;
        let suffix = (*suffix).max(1);
        let ask = Ask::new(LOOK, shown, Proof::Tail { suffix, known: known.clone() });
        let options = GetOptions {
            if_none_match: known.as_ref().map(forebay_types::ETag::quoted),
            range: Some(GetRange::Suffix(suffix)),
            extensions: carrying(&ask),
            ..GetOptions::default()
        };
        let answer = match self.0.try_get(&path, options).await {
            Ok(answer) => answer,
            Err(StoreError::NotModified { .. }) => return Ok(Looked::Unchanged(ask.encryption())),
            Err(cause) => return Err(failure::of_store(&ask, cause)),
        };
        let range = answer.range.clone();
        if sink.begin(&status_of(&ask, &answer.meta)?, range.start) {
            self.0.deliver(&ask, answer, range.end - range.start, sink).await?;
        }
        Ok(Looked::Present)
    }
}
