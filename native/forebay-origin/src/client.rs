//! The HTTP client of object_store's own providers of credentials, which ask services of the machine and
//! of the cloud's directory: through no proxy of the environment.

use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector};

/// See the module.
#[derive(Debug)]
pub(crate) struct Straight;

impl HttpConnector for Straight {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5));
        let client = client.build().map_err(|cause| object_store::Error::Generic {
            store: "credentials",
            source: Box::new(cause),
        })?;
        Ok(HttpClient::new(client))
    }
}
