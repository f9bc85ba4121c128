//! The client of one direct store, made at its first fetch.

use std::sync::{Arc, OnceLock};

use forebay_origin::{
    AzureOrigin, AzureSettings, Bucket, Connections, Credentials, GcsOrigin, GcsSettings, Listener,
    Origin, RetryPolicy, Retrying, S3Origin, S3Settings, SharedCredentials,
};
use forebay_types::Result;

/// Where a store's missing bytes come from.
pub(crate) enum Source {
    /// Our own client.
    Direct(Box<Client>),
    /// Threads of the host, through the file system it wraps.
    Delegate,
}

/// Which client, and where its bucket is.
pub(crate) enum Place {
    S3(S3Settings),
    Gcs(GcsSettings),
    Azure(AzureSettings),
}

/// One client, for reads, which ask again by themselves, and for everything else.
type Made = (Arc<dyn Bucket>, Arc<dyn Origin>);

/// A client with the credentials its host keeps fresh. Making one reads the system's certificates,
/// which a file system that only serves cached bytes need not pay for.
pub(crate) struct Client {
    place: Place,
    connections: Connections,
    listener: Arc<dyn Listener>,
    pub(crate) credentials: Arc<SharedCredentials>,
    made: OnceLock<Result<Made>>,
}

impl Client {
    pub(crate) fn new(
        place: Place,
        connections: Connections,
        listener: Arc<dyn Listener>,
    ) -> Client {
        Client {
            place,
            connections,
            listener,
            credentials: Arc::new(SharedCredentials::default()),
            made: OnceLock::new(),
        }
    }

    /// What reads are made by.
    pub(crate) fn origin(&self) -> Result<Arc<dyn Origin>> {
        self.made().map(|(_, origin)| origin)
    }

    /// What everything else is done by.
    pub(crate) fn bucket(&self) -> Result<Arc<dyn Bucket>> {
        self.made().map(|(bucket, _)| bucket)
    }

    fn made(&self) -> Result<Made> {
        let make = || {
            let (connections, listener) = (&self.connections, Some(Arc::clone(&self.listener)));
            match &self.place {
                Place::S3(settings) => {
                    let (own, credentials) = (settings.clone(), Arc::clone(&self.credentials));
                    let bucket = S3Origin::over(connections, listener, own, credentials)?;
                    Ok(both(bucket, &settings.retry))
                }
                Place::Gcs(settings) => {
                    let bucket = GcsOrigin::over(connections, listener, settings.clone())?;
                    Ok(both(bucket, &settings.line.retry))
                }
                Place::Azure(settings) => {
                    let bucket = AzureOrigin::over(connections, listener, settings.clone())?;
                    Ok(both(bucket, &settings.line.retry))
                }
            }
        };
        self.made.get_or_init(make).clone()
    }
}

fn both<B: Bucket + Clone + 'static>(bucket: B, retry: &RetryPolicy) -> Made {
    (Arc::new(bucket.clone()), Arc::new(Retrying::new(bucket, retry.clone())))
}

impl Source {
    /// Replaces the credentials; a delegate has none of ours.
    pub(crate) fn set_credentials(&self, credentials: Credentials) {
        match self {
            Source::Direct(client) => {
                client.credentials.set(credentials);
            }
            Source::Delegate => {}
        }
    }
}
