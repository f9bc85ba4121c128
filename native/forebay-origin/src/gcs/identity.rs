//! Who requests to Google are made as: object_store's own providers make tokens, and renew them before
//! they end. A key file's tokens are signed here; nobody is asked for them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use forebay_types::{ErrorKind, Result};
use object_store::RetryConfig;
use object_store::client::HttpRequest;
use object_store::gcp::{GcpCredentialProvider, GoogleCloudStorageBuilder};
use parking_lot::Mutex;

use crate::ask::Ask;
use crate::client::Straight;

/// Who requests are made as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GcsIdentity {
    /// The service account of the machine, as its metadata service says.
    #[default]
    Machine,
    /// What Google's own tools use by default: `GOOGLE_APPLICATION_CREDENTIALS`, else the user's file,
    /// else the machine.
    Default,
    /// The owner of a service account's key file.
    KeyFile(PathBuf),
    /// Nobody: requests carry no token.
    Anonymous,
}

/// The provider of tokens, made at the first request.
#[derive(Debug)]
pub(super) struct Tokens {
    identity: GcsIdentity,
    provider: Mutex<Option<GcpCredentialProvider>>,
}

impl Tokens {
    pub(super) fn new(identity: GcsIdentity) -> Tokens {
        Tokens { identity, provider: Mutex::new(None) }
    }

    /// Adds a token to a request.
    ///
    /// # Errors
    /// `AccessDenied` where there is none.
    pub(super) async fn sign(&self, ask: &Ask, request: &mut HttpRequest) -> Result<()> {
        if self.identity == GcsIdentity::Anonymous {
            return Ok(());
        }
        let denied = |cause: object_store::Error| {
            let message = match &self.identity {
                GcsIdentity::KeyFile(_) => "the service account's key file gives no token",
                GcsIdentity::Machine => "the machine's metadata service gives no token",
                GcsIdentity::Default => "the application default credentials give no token",
                GcsIdentity::Anonymous => "nobody has no token",
            };
            ask.error(ErrorKind::AccessDenied, message).with_source(cause)
        };
        let provider = self.provider(ask)?.map_err(denied)?;
        let credential = provider.get_credential().await.map_err(denied)?;
        let malformed = |_| ask.error(ErrorKind::AccessDenied, "the token is no plain text");
        let mut value: reqwest::header::HeaderValue =
            format!("Bearer {}", credential.bearer).parse().map_err(malformed)?;
        value.set_sensitive(true);
        request.headers_mut().insert("authorization", value);
        Ok(())
    }

    fn provider(&self, ask: &Ask) -> Result<object_store::Result<GcpCredentialProvider>> {
        let mut held = self.provider.lock();
        if let Some(provider) = &*held {
            return Ok(Ok(Arc::clone(provider)));
        }
        // The bucket is of no use to a provider, but the builder asks for one. Its own patience is minutes.
        let retry = RetryConfig {
            max_retries: 2,
            retry_timeout: Duration::from_secs(20),
            ..RetryConfig::default()
        };
        let usual = GoogleCloudStorageBuilder::new()
            .with_bucket_name("none")
            .with_retry(retry)
            .with_http_connector(Straight);
        let builder = match &self.identity {
            GcsIdentity::KeyFile(path) => usual.with_service_account_path(path.to_string_lossy()),
            GcsIdentity::Default => match std::env::var("GOOGLE_APPLICATION_CREDENTIALS") {
                Ok(path) if !path.is_empty() => usual.with_application_credentials(path),
                Ok(_) | Err(_) => usual,
            },
            GcsIdentity::Machine => {
                self.only_machine(ask)?;
                usual
            }
            GcsIdentity::Anonymous => usual.with_skip_signature(true),
        };
        Ok(builder.build().map(|built| {
            let provider = Arc::clone(built.credentials());
            *held = Some(Arc::clone(&provider));
            provider
        }))
    }

    /// object_store prefers the user's own file to the machine, which would be somebody else.
    fn only_machine(&self, ask: &Ask) -> Result<()> {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let file = home.join(".config/gcloud/application_default_credentials.json");
        if file.exists() {
            let message = "the user has application default credentials, which the machine's account \
                           can't be told from here; set fs.gs.auth.type to APPLICATION_DEFAULT or take \
                           them away";
            return Err(ask.error(ErrorKind::AccessDenied, message));
        }
        Ok(())
    }
}
