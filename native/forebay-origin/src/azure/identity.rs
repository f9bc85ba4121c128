//! Who requests to Azure are made as: object_store's own providers ask for tokens, and renew them before
//! they end.

use std::sync::Arc;
use std::time::Duration;

use forebay_types::{ErrorKind, Result};
use object_store::RetryConfig;
use object_store::azure::{
    AzureConfigKey, AzureCredential, AzureCredentialProvider, MicrosoftAzureBuilder,
};
use parking_lot::Mutex;

use crate::ask::Ask;
use crate::client::Straight;
use crate::credentials::Secret;

/// Who requests are made as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AzureIdentity {
    /// Nobody: requests are not signed.
    #[default]
    Anonymous,
    /// The owner of the account's key, in base 64.
    Key(Secret),
    /// Whoever was given this shared access signature.
    Signature(Secret),
    /// A registered application.
    Client {
        /// Which directory knows it.
        directory: Directory,
        /// Its id.
        id: String,
        /// Its secret.
        secret: Secret,
    },
    /// A registered application that its surroundings vouch for, by a token in a file.
    Workload {
        /// Which directory knows it.
        directory: Directory,
        /// Its id.
        id: String,
        /// The file.
        file: String,
    },
    /// The managed identity of the machine.
    Machine {
        /// Which, where it has several.
        id: Option<String>,
        /// Where the machine's metadata service answers; `None` for the usual place.
        endpoint: Option<String>,
    },
}

/// A directory of identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Its URL before the tenant, such as `https://login.microsoftonline.com`.
    pub authority: String,
    /// The tenant.
    pub tenant: String,
}

/// The provider of credentials, made at the first request.
#[derive(Debug)]
pub(super) struct Tokens {
    identity: AzureIdentity,
    provider: Mutex<Option<AzureCredentialProvider>>,
}

impl Tokens {
    pub(super) fn new(identity: AzureIdentity) -> Tokens {
        Tokens { identity, provider: Mutex::new(None) }
    }

    /// What signs requests now; `None` for nobody.
    ///
    /// # Errors
    /// `AccessDenied` where there is nothing.
    pub(super) async fn credential(&self, ask: &Ask) -> Result<Option<Arc<AzureCredential>>> {
        if self.identity == AzureIdentity::Anonymous {
            return Ok(None);
        }
        let denied = |cause: object_store::Error| {
            let message = match &self.identity {
                AzureIdentity::Key(_) => "the account's key is not in base 64",
                AzureIdentity::Signature(_) => "the shared access signature is malformed",
                AzureIdentity::Client { .. } => "the client's id and secret give no token",
                AzureIdentity::Workload { .. } => "the workload's identity gives no token",
                AzureIdentity::Machine { .. } => "the machine's managed identity gives no token",
                AzureIdentity::Anonymous => "nobody has no token",
            };
            let error = ask.error(ErrorKind::AccessDenied, message);
            // Of a key or signature that can't be read the cause may tell too much.
            match &self.identity {
                AzureIdentity::Key(_) | AzureIdentity::Signature(_) => error,
                AzureIdentity::Client { .. }
                | AzureIdentity::Workload { .. }
                | AzureIdentity::Machine { .. }
                | AzureIdentity::Anonymous => error.with_source(cause),
            }
        };
        let provider = self.provider().map_err(denied)?;
        provider.get_credential().await.map(Some).map_err(denied)
    }

    fn provider(&self) -> object_store::Result<AzureCredentialProvider> {
        use AzureConfigKey::{
            AccessKey, AuthorityHost, AuthorityId, ClientId, ClientSecret, CredentialType,
            FederatedTokenFile, MsiEndpoint, SasKey,
        };
        let mut held = self.provider.lock();
        if let Some(provider) = &*held {
            return Ok(Arc::clone(provider));
        }
        let of = |directory: &Directory| {
            [(AuthorityHost, directory.authority.clone()), (AuthorityId, directory.tenant.clone())]
        };
        let revealed = |secret: &Secret| secret.reveal().to_owned();
        let mut given: Vec<(AzureConfigKey, String)> = Vec::new();
        let kind = match &self.identity {
            AzureIdentity::Key(key) => {
                given.push((AccessKey, revealed(key)));
                "access_key"
            }
            AzureIdentity::Signature(signature) => {
                given.push((SasKey, revealed(signature)));
                "sas_token"
            }
            AzureIdentity::Client { directory, id, secret } => {
                given.extend(of(directory));
                given.extend([(ClientId, id.clone()), (ClientSecret, revealed(secret))]);
                "client_secret"
            }
            AzureIdentity::Workload { directory, id, file } => {
                given.extend(of(directory));
                given.extend([(ClientId, id.clone()), (FederatedTokenFile, file.clone())]);
                "workload_identity"
            }
            AzureIdentity::Machine { id, endpoint } => {
                given.extend(id.clone().map(|id| (ClientId, id)));
                given.extend(endpoint.clone().map(|endpoint| (MsiEndpoint, endpoint)));
                "managed_identity"
            }
            AzureIdentity::Anonymous => "bearer_token",
        };
        // Account and container are of no use to a provider, but the builder asks for them. Its own
        // patience is minutes.
        let retry = RetryConfig {
            max_retries: 2,
            retry_timeout: Duration::from_secs(20),
            ..RetryConfig::default()
        };
        let usual = MicrosoftAzureBuilder::new()
            .with_account("none")
            .with_container_name("none")
            .with_config(CredentialType, kind)
            .with_retry(retry)
            .with_http_connector(Straight);
        let all = given.into_iter();
        let built = all.fold(usual, |builder, (key, value)| builder.with_config(key, value));
        let provider = Arc::clone(built.build()?.credentials());
        *held = Some(Arc::clone(&provider));
        Ok(provider)
    }
}
