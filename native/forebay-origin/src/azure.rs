//! Azure's storage, by its Blob service, which accounts with and without a hierarchical namespace answer.
//!
//! A directory's marker is, as the ABFS connector writes it, a blob of no bytes under the directory's own
//! name, with the metadata `hdi_isfolder=true`. Callers know markers by keys that end with a slash, so keys
//! and names are translated here: the blob `a/b` that is a folder is the key `a/b/`, and no key `a/b`.

mod bucket;
mod dialect;
mod identity;
mod listing;
mod writing;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use forebay_types::{ETag, Error, ErrorKind, Identity, Result};
use object_store::HeaderMap;

use self::dialect::Azure;
pub use self::identity::{AzureIdentity, Directory as AzureDirectory};
use crate::ask::{Proof, single};
use crate::call::{Call, spelt};
use crate::client::bare_url;
use crate::connections::Connections;
use crate::line::{Line, LineSettings};
use crate::origin::{FETCH, Listener, Look, Looked, Origin, Sink, Status, TailSink};

/// A page by directory, as [`crate::hostile`] reads it.
#[cfg(feature = "hostile")]
pub(crate) fn page(text: &[u8]) -> Option<crate::s3::Page> {
    listing::page(text, true, std::collections::BTreeSet::new())
}

/// What marks a blob as a directory, in its metadata.
const FOLDER: &str = "x-ms-meta-hdi_isfolder";

/// Where a container is and who reads it.
#[derive(Debug, Clone, Default)]
pub struct AzureSettings {
    /// The URL of the account's Blob service, such as `https://account.blob.core.windows.net`; an emulator
    /// has the account as its path.
    pub endpoint: String,
    /// The account.
    pub account: String,
    /// The container.
    pub container: String,
    /// Who requests are made as.
    pub identity: AzureIdentity,
    /// How patient the client is.
    pub line: LineSettings,
}

/// One container. Clones share one pool of connections.
#[derive(Debug, Clone)]
pub struct AzureOrigin(Arc<Place>);

#[derive(Debug)]
struct Place {
    line: Line<Azure>,
    /// The container's URL, without a slash at its end.
    root: String,
    bucket: String,
}

impl AzureOrigin {
    /// A client for one container, over connections of its own. Sends nothing yet.
    ///
    /// # Errors
    /// As [`AzureOrigin::over`].
    pub fn new(settings: AzureSettings) -> Result<AzureOrigin> {
        AzureOrigin::over(&Connections::default(), None, settings)
    }

    /// The same over connections that others use too, heard by `listener`.
    ///
    /// # Errors
    /// `InvalidArgument` for settings that are malformed; `Unsupported` where no client can be set up.
    pub fn over(
        connections: &Connections,
        listener: Option<Arc<dyn Listener>>,
        settings: AzureSettings,
    ) -> Result<AzureOrigin> {
        let AzureSettings { endpoint, account, container, identity, line } = settings;
        let bucket = format!("{container}@{account}");
        let shown = format!("abfs://{bucket}");
        let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'$');
        if container.is_empty() || !container.bytes().all(named) {
            let message = "this is no container's name";
            return Err(Error::new(ErrorKind::InvalidArgument, "configure", shown, message));
        }
        let service = bare_url(&endpoint, &shown)?;
        let root = format!("{}/{container}", service.as_str().trim_end_matches('/'));
        let plain = root.starts_with("http:");
        let line =
            Line::new(connections, listener, &line, plain, shown, Azure::new(account, identity))?;
        Ok(AzureOrigin(Arc::new(Place { line, root, bucket })))
    }

    /// The URL of a key's blob.
    fn blob(&self, key: &str) -> String {
        format!("{}/{}", self.0.root, spelt(name(key)))
    }

    /// What the store says of a blob that is what the key says: a folder, where it ends with a slash.
    async fn headers(&self, key: &str) -> Result<HeaderMap> {
        let call = Call::new("head", "HEAD", key);
        let line = &self.0.line;
        let headers = line.ask(&call, &self.blob(key), &mut false).await?.headers;
        if is_folder(&headers) != key.ends_with('/') {
            let message = "what is there is not what its name says: a directory, or none";
            return Err(line.error(&call, ErrorKind::NotFound, message));
        }
        Ok(headers)
    }
}

/// The name of a key's blob; none is empty, which would be the container.
fn name(key: &str) -> &str {
    key.strip_suffix('/').filter(|name| !name.is_empty()).unwrap_or(key)
}

/// Whether an answer describes a directory; a hierarchical account names the type besides.
fn is_folder(headers: &HeaderMap) -> bool {
    single(headers, FOLDER).is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || single(headers, "x-ms-resource-type") == Some("directory")
}

#[async_trait]
impl Origin for AzureOrigin {
    /// One request, without retries.
    async fn fetch(
        &self,
        identity: &Identity,
        range: Range<u64>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let location = identity.location();
        if *location.bucket != *self.0.bucket {
            let message = "the object is in another container";
            let shown = location.display();
            return Err(Error::new(ErrorKind::InvalidArgument, FETCH, shown, message));
        }
        let key = &*location.key;
        let call =
            Call::new(FETCH, "GET", key).header("if-match", identity.version().etag.quoted());
        let fetched = self.0.line.fetch(call, &self.blob(key), identity, range, sink).await;
        match fetched {
            // A blob that is gone has no version that could match.
            Err(error) if error.kind() == ErrorKind::Changed => match self.head(key).await {
                Err(gone) if gone.kind() == ErrorKind::NotFound => Err(gone),
                Ok(_) | Err(_) => Err(error),
            },
            ended => ended,
        }
    }

    async fn head(&self, key: &str) -> Result<Status> {
        let call = Call::new("head", "HEAD", key);
        let answer = self.0.line.send(&call, &self.blob(key), Proof::Status).await?;
        self.0.line.status_of(&call, answer.headers(), None)
    }

    /// The service knows no range that counts from the end, so the status is asked for first.
    async fn look(&self, look: &Look, sink: &mut dyn TailSink) -> Result<Looked> {
        let status = self.head(&look.key).await?;
        let Status { version, encryption, .. } = &status;
        if look.known.as_ref() == Some(&version.etag) {
            return Ok(Looked::Unchanged(*encryption));
        }
        let start = version.length.saturating_sub(look.suffix.max(1));
        if sink.begin(&status, start) && start < version.length {
            self.rest(&look.key, &version.etag, start..version.length, sink).await?;
        }
        Ok(Looked::Present)
    }
}

impl AzureOrigin {
    async fn rest(
        &self,
        key: &str,
        etag: &ETag,
        range: Range<u64>,
        sink: &mut dyn TailSink,
    ) -> Result<()> {
        let call = Call::new("look", "GET", key).header("if-match", etag.quoted());
        self.0.line.part(call, &self.blob(key), etag, range.end, range, sink).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(endpoint: &str, container: &str) -> Result<AzureOrigin> {
        let (endpoint, container) = (endpoint.to_owned(), container.to_owned());
        let account = "acc".to_owned();
        AzureOrigin::new(AzureSettings { endpoint, account, container, ..AzureSettings::default() })
    }

    #[test]
    fn a_marker_is_named_as_its_directory() {
        let origin = origin("http://127.0.0.1:9/acc/", "lake").unwrap();
        let url = "http://127.0.0.1:9/acc/lake/a//b%3D1/c%20d%252F%C3%BC";
        assert_eq!(origin.blob("a//b=1/c d%2Fü/"), url);
        assert_eq!(origin.blob("a//b=1/c d%2Fü"), url);
        assert_eq!(origin.blob("/"), "http://127.0.0.1:9/acc/lake//", "never the container");
    }

    #[test]
    fn what_could_reach_another_store_is_refused() {
        for endpoint in ["h", "ftp://h", "http://u:p@h", "http://h?a=b", ""] {
            let kind = origin(endpoint, "lake").map_err(|error| error.kind());
            assert_eq!(kind.unwrap_err(), ErrorKind::InvalidArgument, "{endpoint}");
        }
        for container in ["", "a/b", "a?b", "ü"] {
            assert!(origin("http://h", container).is_err(), "{container}");
        }
    }
}
