//! The client of one direct store, made at its first fetch.

use std::sync::{Arc, OnceLock};

use forebay_origin::{
    Credentials, Origin, RetryPolicy, Retrying, S3Origin, S3Settings, SharedCredentials,
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
    pub(crate) credentials: Arc<SharedCredentials>,
    origin: OnceLock<Result<Arc<dyn Origin>>>,
}

impl Client {
    pub(crate) fn new(settings: S3Settings) -> Client {
        Client {
            settings,
            credentials: Arc::new(SharedCredentials::default()),
            origin: OnceLock::new(),
        }
    }

    pub(crate) fn origin(&self) -> Result<Arc<dyn Origin>> {
        let make = || {
            let origin = S3Origin::new(self.settings.clone(), Arc::clone(&self.credentials))?;
            let retrying = Retrying::new(origin, RetryPolicy::default());
            Ok(Arc::new(retrying) as Arc<dyn Origin>)
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
