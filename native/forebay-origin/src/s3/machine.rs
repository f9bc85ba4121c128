//! Keys that the machine a process runs on gives it: object_store's own providers ask for them, remember
//! them, and ask again before they end.
//!
//! A container's role is asked for where the environment names where; else the instance's, by the metadata
//! service's second version. No proxy is asked on the way.

use std::sync::Arc;

use forebay_types::{Error, ErrorKind, Result};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredential, AwsCredentialProvider};
use parking_lot::Mutex;

use crate::client::Straight;
use crate::credentials::Surroundings;

/// What AWS's own SDKs read from the environment for a container's role, and for the metadata service.
const OF_MACHINE: [(&str, AmazonS3ConfigKey); 4] = [
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AmazonS3ConfigKey::ContainerCredentialsRelativeUri),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", AmazonS3ConfigKey::MetadataEndpoint),
];

/// The same for a web identity.
const OF_WEB_IDENTITY: [(&str, AmazonS3ConfigKey); 3] = [
    ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
];

/// The provider in use, made at the first request.
#[derive(Debug, Default)]
pub(super) struct Machine(Mutex<Option<(Surroundings, AwsCredentialProvider)>>);

impl Machine {
    /// The keys that `who` has now.
    ///
    /// # Errors
    /// `AccessDenied` where there are none.
    pub(super) async fn credential(
        &self,
        who: Surroundings,
        region: &str,
        operation: &'static str,
        shown: &str,
    ) -> Result<Arc<AwsCredential>> {
        let denied = |cause: object_store::Error| {
            let message = match who {
                Surroundings::Machine => "neither container nor instance gives keys",
                Surroundings::WebIdentity => "the web identity gives no keys",
            };
            Error::new(ErrorKind::AccessDenied, operation, shown, message).with_source(cause)
        };
        let provider = self.provider(who, region).map_err(denied)?;
        provider.get_credential().await.map_err(denied)
    }

    fn provider(
        &self,
        who: Surroundings,
        region: &str,
    ) -> object_store::Result<AwsCredentialProvider> {
        let mut held = self.0.lock();
        if let Some((_, provider)) = held.as_ref().filter(|(of, _)| *of == who) {
            return Ok(Arc::clone(provider));
        }
        let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let names: &[(&str, AmazonS3ConfigKey)] = match who {
            Surroundings::Machine => &OF_MACHINE,
            Surroundings::WebIdentity => &OF_WEB_IDENTITY,
        };
        // The bucket is of no use to a provider, but the builder asks for one.
        let usual = AmazonS3Builder::new().with_region(region).with_bucket_name("none");
        let builder = names.iter().fold(usual, |builder, (name, key)| match given(name) {
            Some(value) => builder.with_config(*key, value),
            None => builder,
        });
        let built = builder.with_http_connector(Straight).build()?;
        let provider = Arc::clone(built.credentials());
        *held = Some((who, Arc::clone(&provider)));
        Ok(provider)
    }
}
