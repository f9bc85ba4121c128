//! The client of one direct store, made at its first fetch.

use std::sync::{Arc, OnceLock};

use forebay_origin::{
    Connections, Credentials, Listener, Origin, Retrying, S3Origin, S3Settings, SharedCredentials,
};
use forebay_types::Result;

/// Where a store's missing bytes come from.
pub(crate) enum Source {
    /// Our own client.
    Direct(Box<Client>),
    /// Threads of the host, through the file system it wraps.
    Delegate,
}

/// A client with the credentials its host keeps fresh. Making one reads the system's certificates,
/// which a file system that only serves cached bytes need not pay for.
pub(crate) struct Client {
    settings: S3Settings,
    connections: Connections,
    listener: Arc<dyn Listener>,
    pub(crate) credentials: Arc<SharedCredentials>,
    origin: OnceLock<Result<(S3Origin, Arc<dyn Origin>)>>,
}

impl Client {
    pub(crate) fn new(
        settings: S3Settings,
        connections: Connections,
        listener: Arc<dyn Listener>,
    ) -> Client {
        Client {
            settings,
            connections,
            listener,
            credentials: Arc::new(SharedCredentials::default()),
            origin: OnceLock::new(),
        }
    }

    /// What reads are made by.
    pub(crate) fn origin(&self) -> Result<Arc<dyn Origin>> {
        self.made().map(|(_, origin)| origin)
    }

    /// What everything else is done by.
    pub(crate) fn bucket(&self) -> Result<S3Origin> {
        self.made().map(|(bucket, _)| bucket)
    }

    fn made(&self) -> Result<(S3Origin, Arc<dyn Origin>)> {
        let make = || {
            let (settings, credentials) = (self.settings.clone(), Arc::clone(&self.credentials));
            let listener = Some(Arc::clone(&self.listener));
            let bucket = S3Origin::over(&self.connections, listener, settings, credentials)?;
            let retrying = Retrying::new(bucket.clone(), self.settings.retry.clone());
            Ok((bucket, Arc::new(retrying) as Arc<dyn Origin>))
        };
        self.origin.get_or_init(make).clone()
    }
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
