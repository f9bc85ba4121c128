//! S3, and everything that speaks its protocol.
//!
//! Requests are built here, key by key as S3 spells them (`request`), signed and sent by object_store's
//! signer and client; every decision about an answer is ours. A bucket that the client could not reach
//! as the AWS SDK would is refused (`place`). Each request carries an `Ask` to the one spot where raw
//! answers arrive (`wire`), and an answer that fails its check never gets further. Reading is one attempt
//! at a time, which `Retrying` repeats; everything else (`listing`, `writing`, `moving`) asks again by
//! the bucket's own [`RetryPolicy`].

mod bucket;
mod encryption;
mod failure;
#[cfg(feature = "hostile")]
pub mod hostile;
mod listing;
mod machine;
mod moving;
mod place;
mod request;
mod signing;
mod tail;
mod wire;
mod writing;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use forebay_types::config::Settings;
use forebay_types::{Error, ErrorKind, Identity, Result, Version};
use object_store::client::HttpResponse;

use self::place::Place;
use self::request::{Answered, Call, Requests};
use crate::ask::{Ask, Proof, single, strong};
use crate::body::{self, Patience};
use crate::connections::Connections;
use crate::credentials::SharedCredentials;
use crate::keys::STALL_TIMEOUT;
use crate::origin::{FETCH, Listener, Look, Looked, Origin, Sink, Status, TailSink, check_within};
use crate::retry::{self, RetryPolicy};

pub use encryption::Encryption;
pub(crate) use failure::{advice, word};
pub use listing::{Found, ListAsk, Page};
pub(crate) use listing::{bare, found};
pub use moving::{DELETE_PAGE, Undeleted};
pub use writing::{Existing, Part, Upload, WriteSettings};
pub(crate) use writing::{WORK, mark};

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
    /// How requests other than reads are asked again.
    pub retry: RetryPolicy,
    /// What objects are written with.
    pub write: WriteSettings,
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
            retry: RetryPolicy::default(),
            write: WriteSettings::default(),
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
    requests: Requests,
}

impl S3Origin {
    /// A client for one bucket, over connections of its own. Sends nothing yet.
    ///
    /// # Errors
    /// As [`S3Origin::over`].
    pub fn new(settings: S3Settings, credentials: Arc<SharedCredentials>) -> Result<S3Origin> {
        S3Origin::over(&Connections::default(), None, settings, credentials)
    }

    /// The same over connections that others use too, heard by `listener`.
    ///
    /// # Errors
    /// `InvalidArgument` for settings that are malformed; `Unsupported` where this client can't reach
    /// the bucket and another must.
    pub fn over(
        connections: &Connections,
        listener: Option<Arc<dyn Listener>>,
        settings: S3Settings,
        credentials: Arc<SharedCredentials>,
    ) -> Result<S3Origin> {
        let place = Place::of(&settings)?;
        let client = wire::connect(&settings, &place, connections, listener)?;
        let requests = Requests::new(&settings, &place, client, credentials);
        Ok(S3Origin(Arc::new(Bucket { settings, requests })))
    }

    fn shown(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.0.settings.bucket)
    }

    /// Sends a call until it succeeds or the policy gives up.
    async fn ask(&self, call: &Call) -> Result<Answered> {
        self.ask_told(call, &mut false).await
    }

    /// The same; `unsure` tells whether an attempt failed of which the store may have done its part.
    async fn ask_told(&self, call: &Call, unsure: &mut bool) -> Result<Answered> {
        let policy = &self.0.settings.retry;
        retry::until(policy, unsure, || self.0.requests.answer(call)).await
    }

    fn unreadable(&self, call: &Call) -> Error {
        let shown = self.shown(&call.key);
        Error::new(ErrorKind::Origin, call.operation, shown, "the store's answer can't be read")
    }

    /// Asks for the present version of `key`, in one request and without retries.
    ///
    /// # Errors
    /// As [`Origin::fetch`]; `Unsupported` also where the object has no strong ETag.
    pub async fn head(&self, key: &str) -> Result<Status> {
        const HEAD: &str = "head";
        let call = Call::new(HEAD, "HEAD", key);
        let answer = self.0.requests.send(&call, Proof::Status).await?;
        self.status_of(&call, &answer, None)
    }

    /// What an answer says of the object that `call` names, whose length may be told by `length`.
    ///
    /// # Errors
    /// `Unsupported` where the object has no strong ETag.
    fn status_of(&self, call: &Call, answer: &HttpResponse, length: Option<u64>) -> Result<Status> {
        let error =
            |kind, message: &str| Error::new(kind, call.operation, self.shown(&call.key), message);
        let etag = strong(answer.headers(), "etag").ok_or_else(|| {
            error(ErrorKind::Unsupported, "the object has no strong etag to pin it by")
        })?;
        let found = listing::found(&call.key, answer.headers()).ok_or_else(|| {
            error(ErrorKind::Origin, "the store's answer says no length or no time")
        })?;
        let length = length.unwrap_or(found.length);
        let version_id = found.version_id.map(Arc::from);
        Ok(Status {
            version: Version { etag, length, version_id },
            version_id: single(answer.headers(), "x-amz-version-id").map(Arc::from),
            last_modified: found.modified,
            encryption: Encryption::of(answer.status().as_u16(), answer.headers()),
        })
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
        let key = &*identity.location().key;
        let Version { etag, length, .. } = identity.version();
        let proof = Proof::Part { etag: etag.clone(), length: *length, range: range.clone() };
        let ask = Ask::new(FETCH, shown, proof.clone());
        if *identity.location().bucket != *self.0.settings.bucket {
            return Err(ask.error(ErrorKind::InvalidArgument, "the object is in another bucket"));
        }
        let call = Call::new(FETCH, "GET", key)
            .header("if-match", etag.quoted())
            .header("range", format!("bytes={}-{}", range.start, range.end - 1));
        let answer = self.0.requests.send(&call, proof).await?;
        self.0.deliver(&ask, answer, range.end - range.start, sink).await
    }

    async fn head(&self, key: &str) -> Result<Status> {
        S3Origin::head(self, key).await
    }

    async fn look(&self, look: &Look, sink: &mut dyn TailSink) -> Result<Looked> {
        self.tail(look, sink).await
    }
}

impl Bucket {
    /// Passes a body of exactly `length` bytes on.
    async fn deliver(
        &self,
        ask: &Ask,
        answer: HttpResponse,
        length: u64,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let S3Settings { stall_timeout: stall, slowest, .. } = self.settings;
        let patience = Patience { stall, slowest };
        body::deliver(ask, answer, length, patience, sink, failure::of_http).await
    }
}
