//! Google Cloud Storage, by its JSON API.
//!
//! A version of an object is its *generation*, a number that every write makes anew; Forebay's ETag of an
//! object is that number. What only changes an object's metadata makes no new version. Reads are pinned by
//! `ifGenerationMatch`, and the answer's own `x-goog-generation` is held against the pin. Objects that are
//! stored compressed are read as they are stored.

mod bucket;
mod dialect;
mod identity;
mod listing;
mod session;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use forebay_types::{Error, ErrorKind, Identity, Result};

use self::dialect::Gcs;
pub use self::identity::GcsIdentity;
#[cfg(feature = "hostile")]
pub(crate) use self::listing::page;
use crate::call::{Call, word};
use crate::client::bare_url;
use crate::connections::Connections;
use crate::line::{Line, LineSettings};
use crate::origin::{FETCH, Listener, Look, Looked, Origin, Sink, Status, TailSink};

/// Google's own endpoint.
const ROOT: &str = "https://storage.googleapis.com";

/// Where a bucket is and who reads it.
#[derive(Debug, Clone, Default)]
pub struct GcsSettings {
    /// `http://host[:port]` or `https://host[:port]`; `None` for Google's own.
    pub endpoint: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// Who requests are made as.
    pub identity: GcsIdentity,
    /// How patient the client is.
    pub line: LineSettings,
}

/// One bucket. Clones share one pool of connections.
#[derive(Debug, Clone)]
pub struct GcsOrigin(Arc<Place>);

#[derive(Debug)]
struct Place {
    line: Line<Gcs>,
    /// The endpoint, without a slash at its end.
    root: String,
    bucket: String,
}

impl GcsOrigin {
    /// A client for one bucket, over connections of its own. Sends nothing yet.
    ///
    /// # Errors
    /// As [`GcsOrigin::over`].
    pub fn new(settings: GcsSettings) -> Result<GcsOrigin> {
        GcsOrigin::over(&Connections::default(), None, settings)
    }

    /// The same over connections that others use too, heard by `listener`.
    ///
    /// # Errors
    /// `InvalidArgument` for settings that are malformed; `Unsupported` where no client can be set up.
    pub fn over(
        connections: &Connections,
        listener: Option<Arc<dyn Listener>>,
        settings: GcsSettings,
    ) -> Result<GcsOrigin> {
        let GcsSettings { endpoint, bucket, identity, line } = settings;
        let shown = format!("gs://{bucket}");
        let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        if bucket.is_empty() || !bucket.bytes().all(named) {
            let message = "this is no bucket's name";
            return Err(Error::new(ErrorKind::InvalidArgument, "configure", shown, message));
        }
        let root = root(endpoint.as_deref().unwrap_or(ROOT), &shown)?;
        let plain = root.starts_with("http:");
        let line = Line::new(connections, listener, &line, plain, shown, Gcs::new(identity))?;
        Ok(GcsOrigin(Arc::new(Place { line, root, bucket })))
    }

    /// The URL of all objects of the bucket.
    fn objects(&self) -> String {
        format!("{}/storage/v1/b/{}/o", self.0.root, self.0.bucket)
    }

    fn object(&self, key: &str) -> String {
        format!("{}/{}", self.objects(), word(key))
    }

    /// The URL that objects are written at.
    fn uploads(&self) -> String {
        format!("{}/upload/storage/v1/b/{}/o", self.0.root, self.0.bucket)
    }

    fn media(operation: &'static str, key: &str) -> Call {
        // Without it, what is stored compressed would come without its length and its parts.
        Call::new(operation, "GET", key).query("alt", "media").header("accept-encoding", "gzip")
    }
}

/// # Errors
/// `InvalidArgument` where `endpoint` is not of its form.
fn root(endpoint: &str, shown: &str) -> Result<String> {
    let url = bare_url(endpoint, shown)?;
    if !matches!(url.path(), "" | "/") {
        let message = "the endpoint must be http://host[:port] or https://host[:port], no more";
        return Err(Error::new(ErrorKind::InvalidArgument, "configure", shown, message));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[async_trait]
impl Origin for GcsOrigin {
    /// One request, without retries.
    async fn fetch(
        &self,
        identity: &Identity,
        range: Range<u64>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let location = identity.location();
        if *location.bucket != *self.0.bucket {
            let message = "the object is in another bucket";
            let shown = location.display();
            return Err(Error::new(ErrorKind::InvalidArgument, FETCH, shown, message));
        }
        let generation = identity.version().etag.bare();
        let call = GcsOrigin::media(FETCH, &location.key).query("ifGenerationMatch", generation);
        self.0.line.fetch(call, &self.object(&location.key), identity, range, sink).await
    }

    async fn head(&self, key: &str) -> Result<Status> {
        self.described(key).await?.status(&self.0.line.shown(key))
    }

    async fn look(&self, look: &Look, sink: &mut dyn TailSink) -> Result<Looked> {
        let mut call = GcsOrigin::media("look", &look.key);
        if let Some(known) = &look.known {
            call = call.query("ifGenerationNotMatch", known.bare());
        }
        self.0.line.tail(call, &self.object(&look.key), look, sink).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(endpoint: Option<&str>, bucket: &str) -> Result<GcsOrigin> {
        let endpoint = endpoint.map(str::to_owned);
        let bucket = bucket.to_owned();
        GcsOrigin::new(GcsSettings { endpoint, bucket, ..GcsSettings::default() })
    }

    #[test]
    fn a_key_is_one_segment_of_a_url() {
        let origin = origin(Some("http://127.0.0.1:9/"), "lake").unwrap();
        let url = "http://127.0.0.1:9/storage/v1/b/lake/o/a%2F%2Fb%3D1%2Fc%20d%252F%C3%BC%2F";
        assert_eq!(origin.object("a//b=1/c d%2Fü/"), url);
    }

    #[test]
    fn what_could_reach_another_store_is_refused() {
        for endpoint in ["h", "ftp://h", "http://u:p@h", "http://h/sub", "http://h?a=b", ""] {
            let kind = origin(Some(endpoint), "lake").map_err(|error| error.kind());
            assert_eq!(kind.unwrap_err(), ErrorKind::InvalidArgument, "{endpoint}");
        }
        for bucket in ["", "a/b", "a?b", "ü"] {
            assert!(origin(None, bucket).is_err(), "{bucket}");
        }
    }
}
