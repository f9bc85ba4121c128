//! S3, and everything that speaks its protocol.
//!
//! object_store names and signs requests; every decision about an answer is ours. A key that it
//! can't name exactly is refused before anything is sent (`key`), a bucket it could not reach as the
//! AWS SDK would, too (`place`). Each request carries an `Ask` to the one spot where raw answers
//! arrive (`wire`), and an answer that fails its check never gets further. object_store's own retries
//! are off: they would keep old credentials, and go on with a broken body by rules of their own.

mod ask;
mod encryption;
mod failure;
#[cfg(feature = "hostile")]
pub mod hostile;
mod key;
mod place;
mod signing;
mod tail;
mod wire;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use forebay_types::config::Settings;
use forebay_types::{ETag, Error, ErrorKind, Identity, Result, Version};
use futures::StreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{
    Extensions, GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore, RetryConfig,
};

use self::ask::{Ask, Proof};
pub use self::encryption::Encryption;
use self::place::Place;
use crate::credentials::{Credentials, SharedCredentials};
use crate::keys::STALL_TIMEOUT;
use crate::metrics::BYTES;
use crate::origin::{FETCH, Look, Looked, Origin, Sink, Status, TailSink, check_within};

/// Where a bucket is and how patient its client is.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// `http://host[:port]` or `https://host[:port]`; `None` for AWS's own of the region.
    pub endpoint: Option<String>,
    /// The region requests are signed for.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// Whether the bucket goes into the path although it could be part of the host's name.
    pub path_style: bool,
    /// How long a connection may take to open. 5 s leave room for two lost SYN packets, which are
    /// sent again after 1 s and 3 s.
    pub connect_timeout: Duration,
    /// How long to wait for an answer, or for the next bytes of one: see
    /// `fs.forebay.origin.stall-timeout`.
    pub stall_timeout: Duration,
    /// The rate in bytes per second below which a body counts as stalled although something trickles
    /// in. At 64 KiB a piece of 8 MiB has two minutes; a link that slow serves no query.
    pub slowest: u64,
    /// How long an idle connection is kept: 60 s, S3A's own, which networks between are set up for.
    pub idle_timeout: Duration,
}

impl Default for S3Settings {
    fn default() -> S3Settings {
        S3Settings {
            endpoint: None,
            region: "us-east-1".to_owned(),
            bucket: String::new(),
            path_style: false,
            connect_timeout: Duration::from_secs(5),
            stall_timeout: Duration::from_secs(10),
            slowest: 64 * 1024,
            idle_timeout: Duration::from_secs(60),
        }
    }
}

impl S3Settings {
    /// These settings with what the user configured laid over them.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that is not allowed.
    pub fn configured(self, config: &Settings) -> Result<S3Settings> {
        Ok(S3Settings { stall_timeout: config.require(&STALL_TIMEOUT)?.0, ..self })
    }
}

/// One bucket. Clones share one pool of connections.
#[derive(Debug, Clone)]
pub struct S3Origin(Arc<Bucket>);

#[derive(Debug)]
struct Bucket {
    settings: S3Settings,
    credentials: Arc<SharedCredentials>,
    // Whether a client signs is fixed when it is built.
    signed: AmazonS3,
    unsigned: AmazonS3,
}

impl S3Origin {
    /// A client for one bucket. Sends nothing yet.
    ///
    /// # Errors
    /// `InvalidArgument` for settings that are malformed; `Unsupported` where this client can't reach
    /// the bucket and another must.
    pub fn new(settings: S3Settings, credentials: Arc<SharedCredentials>) -> Result<S3Origin> {
        let place = Place::of(&settings)?;
        let client = wire::connect(&settings, &place)?;
        let build = |skip_signature: bool| {
            AmazonS3Builder::new()
                .with_endpoint(&place.endpoint)
                .with_virtual_hosted_style_request(place.virtual_hosted)
                .with_bucket_name(&settings.bucket)
                .with_region(&settings.region)
                .with_credentials(Arc::new(signing::Provider::new(Arc::clone(&credentials))))
                .with_skip_signature(skip_signature)
                .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
                .with_http_connector(wire::Connector(client.clone()))
                .build()
                .map_err(|cause| {
                    let shown = format!("s3://{}", settings.bucket);
                    let message = "the client could not be set up";
                    Error::new(ErrorKind::Unsupported, "configure", shown, message)
                        .with_source(cause)
                })
        };
        let (signed, unsigned) = (build(false)?, build(true)?);
        Ok(S3Origin(Arc::new(Bucket { settings, credentials, signed, unsigned })))
    }

    /// Asks for the present version of `key`, in one request and without retries.
    ///
    /// # Errors
    /// As [`Origin::fetch`]; `Unsupported` also where the object has no strong ETag.
    pub async fn head(&self, key: &str) -> Result<Status> {
        const HEAD: &str = "head";
        let shown = format!("s3://{}/{key}", self.0.settings.bucket);
        let path = key::path_of(key, HEAD, &shown)?;
        let ask = Ask::new(HEAD, shown, Proof::Status);
        let options =
            GetOptions { head: true, extensions: carrying(&ask), ..GetOptions::default() };
        status_of(&ask, &self.0.get(&ask, &path, options).await?.meta)
    }
}

#[async_trait]
impl Origin for S3Origin {
    /// One request, without retries.
    async fn fetch(
        &self,
        identity: &Identity,
        range: Range<u64>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        check_within(identity, &range)?;
        if range.is_empty() {
            return Ok(());
        }
        let shown = identity.location().display();
        let path = key::path_of(&identity.location().key, FETCH, &shown)?;
        let Version { etag, length, .. } = identity.version();
        let proof = Proof::Part { etag: etag.clone(), length: *length, range: range.clone() };
        let ask = Ask::new(FETCH, shown, proof);
        if *identity.location().bucket != *self.0.settings.bucket {
            return Err(ask.error(ErrorKind::InvalidArgument, "the object is in another bucket"));
        }
        let options = GetOptions {
            if_match: Some(etag.quoted()),
            range: Some(GetRange::Bounded(range.clone())),
            extensions: carrying(&ask),
            ..GetOptions::default()
        };
        let answer = self.0.get(&ask, &path, options).await?;
        self.0.deliver(&ask, answer, range.end - range.start, sink).await
    }

    async fn head(&self, key: &str) -> Result<Status> {
        S3Origin::head(self, key).await
    }

    async fn look(&self, look: &Look, sink: &mut dyn TailSink) -> Result<Looked> {
        self.tail(look, sink).await
    }
}

/// # Errors
/// `Unsupported` where the object has no strong ETag.
fn status_of(ask: &Ask, meta: &ObjectMeta) -> Result<Status> {
    let etag = meta.e_tag.as_deref().and_then(ETag::strong).ok_or_else(|| {
        ask.error(ErrorKind::Unsupported, "the object has no strong etag to pin it by")
    })?;
    let version_id: Option<Arc<str>> = meta.version.as_deref().map(Arc::from);
    let pinning = version_id.clone().filter(|id| **id != *"null");
    Ok(Status {
        version: Version { etag, length: meta.size, version_id: pinning },
        version_id,
        last_modified: meta.last_modified.into(),
        encryption: ask.encryption(),
    })
}

/// What takes `ask` along with its request.
fn carrying(ask: &Ask) -> Extensions {
    let mut extensions = Extensions::new();
    extensions.insert(ask.clone());
    extensions
}

impl Bucket {
    async fn get(
        &self,
        ask: &Ask,
        path: &object_store::path::Path,
        options: GetOptions,
    ) -> Result<GetResult> {
        let answer = self.try_get(path, options).await;
        answer.map_err(|cause| failure::of_store(ask, cause))
    }

    async fn try_get(
        &self,
        path: &object_store::path::Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        let client = match self.credentials.current().as_deref() {
            Some(Credentials::Anonymous) => &self.unsigned,
            Some(Credentials::Keys { .. }) | None => &self.signed,
        };
        client.get_opts(path, options).await
    }

    /// Passes a body of exactly `length` bytes on.
    async fn deliver(
        &self,
        ask: &Ask,
        answer: GetResult,
        length: u64,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let S3Settings { stall_timeout, slowest, .. } = &self.settings;
        let began = Instant::now();
        let trickle = Duration::from_secs(length / (*slowest).max(1));
        let allowed = stall_timeout.saturating_add(trickle);
        let mut body = answer.into_stream();
        let mut missing = length;
        loop {
            let patience = allowed.saturating_sub(began.elapsed()).min(*stall_timeout);
            let next = tokio::time::timeout(patience, body.next()).await.map_err(|_| {
                let message = format!("the store stopped sending with {missing} bytes to come");
                ask.error(ErrorKind::TimedOut, message)
            })?;
            let Some(bytes) = next.transpose().map_err(|cause| failure::of_store(ask, cause))?
            else {
                break;
            };
            let came = bytes.len() as u64;
            missing = missing.checked_sub(came).ok_or_else(|| {
                ask.error(ErrorKind::Origin, "the body is longer than its content-length")
            })?;
            sink.accept(bytes)?;
            BYTES.add(came);
        }
        if missing > 0 {
            let message = format!("the body ended with {missing} bytes to come");
            return Err(ask.error(ErrorKind::Origin, message));
        }
        Ok(())
    }
}
