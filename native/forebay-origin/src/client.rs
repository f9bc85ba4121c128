//! Where a user's settings say that a store is, and the HTTP client of object_store's own providers of
//! credentials, which ask services of the machine and of the cloud's directory: through no proxy of the
//! environment.

use std::time::Duration;

use forebay_types::{Error, ErrorKind, Result};
use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector};
use reqwest::Url;

/// An endpoint as a user gives it: `http` or `https`, and neither a name nor a password nor a query in it.
///
/// # Errors
/// `InvalidArgument` for any other text, which is not repeated: it may hold a password.
pub(crate) fn bare_url(text: &str, shown: &str) -> Result<Url> {
    let fits = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    Url::parse(text).ok().filter(fits).ok_or_else(|| {
        let message = "the endpoint must be a URL of http or https, without user and query";
        Error::new(ErrorKind::InvalidArgument, "configure", shown, message)
    })
}

/// The client of object_store's own providers of credentials.
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
