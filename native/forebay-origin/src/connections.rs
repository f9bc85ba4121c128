//! Connections that outlive the file systems that use them.
//!
//! Hive opens and closes a file system for each task; its connections (TCP, TLS) would be made anew each
//! time. So all stores of an engine draw from one pool per way of connecting. A connection carries no
//! rights: each request is signed by itself, with the credentials of whoever sends it.
//!
//! The client is S3A's in what it doesn't do: it takes no proxy from the environment, follows no
//! redirect, and speaks HTTP/1.1 only (one connection per body is the faster way to read objects).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use forebay_types::{Error, ErrorKind, Result};
use object_store::client::HttpClient;
use parking_lot::Mutex;
use reqwest::Client;

/// How requests name their sender in a store's access log.
const USER_AGENT: &str = concat!("forebay/", env!("CARGO_PKG_VERSION"));

/// What two clients must have in common to share their connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Manner {
    plain: bool,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

/// See the module. Clones share.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<Mutex<HashMap<Manner, Client>>>);

impl Connections {
    /// The client of the store `shown`, over HTTP where `plain`, else over HTTPS only; its idle connections
    /// are kept for `idle_timeout`, by host.
    ///
    /// # Errors
    /// `Unsupported` where the client can't be set up.
    pub(crate) fn client(
        &self,
        shown: &str,
        plain: bool,
        connect_timeout: Duration,
        idle_timeout: Duration,
    ) -> Result<HttpClient> {
        let client = self.pooled(Manner { plain, connect_timeout, idle_timeout });
        client.map(HttpClient::new).map_err(|cause| {
            let message = "no HTTPS client could be set up; check the system's ca-certificates";
            Error::new(ErrorKind::Unsupported, "configure", shown, message).with_source(cause)
        })
    }

    fn pooled(&self, manner: Manner) -> reqwest::Result<Client> {
        let mut clients = self.0.lock();
        if let Some(client) = clients.get(&manner) {
            return Ok(client.clone());
        }
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .http1_only()
            .https_only(!manner.plain)
            .user_agent(USER_AGENT)
            .connect_timeout(manner.connect_timeout)
            .pool_idle_timeout(manner.idle_timeout);
        if manner.plain {
            // Nothing will be verified, so the system's certificates are not loaded (20 ms, the first time).
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build()?;
        clients.insert(manner, client.clone());
        Ok(client)
    }
}
