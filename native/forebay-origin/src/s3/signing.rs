//! What object_store signs with: whatever [`SharedCredentials`] holds at that moment.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use forebay_types::ErrorKind;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;

use crate::credentials::{Credentials, Secret, SharedCredentials};

/// Reads the shared credentials for each request anew.
#[derive(Debug)]
pub(super) struct Provider(Arc<SharedCredentials>);

impl Provider {
    pub(super) fn new(shared: Arc<SharedCredentials>) -> Provider {
        Provider(shared)
    }
}

#[async_trait]
impl CredentialProvider for Provider {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        match self.0.current().as_deref() {
            Some(Credentials::Keys { access_key, secret_key, session_token }) => {
                let named = [Some(access_key), session_token.as_ref()];
                // object_store panics on text that a header can't hold.
                if !named.into_iter().flatten().all(Secret::fits_header) {
                    return Err(CannotSign::Malformed.into());
                }
                Ok(Arc::new(AwsCredential {
                    key_id: access_key.reveal().to_owned(),
                    secret_key: secret_key.reveal().to_owned(),
                    token: session_token.as_ref().map(|token| token.reveal().to_owned()),
                }))
            }
            Some(Credentials::Anonymous) => Err(CannotSign::Replaced.into()),
            None => Err(CannotSign::NoneYet.into()),
        }
    }
}

/// Why a request could not be signed, and so wasn't sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum CannotSign {
    /// Nothing was put into the shared credentials.
    NoneYet,
    /// A key or token is no text for a header.
    Malformed,
    /// They became anonymous after the client that signs was chosen.
    Replaced,
}

impl CannotSign {
    pub(super) fn kind(self) -> ErrorKind {
        match self {
            CannotSign::NoneYet | CannotSign::Malformed => ErrorKind::AccessDenied,
            // Another attempt chooses the other client.
            CannotSign::Replaced => ErrorKind::Origin,
        }
    }
}

impl fmt::Display for CannotSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CannotSign::NoneYet => "no credentials were given for this bucket yet",
            CannotSign::Malformed => "the access key or session token is empty or not plain text",
            CannotSign::Replaced => "the credentials changed while the request was made",
        })
    }
}

impl std::error::Error for CannotSign {}

impl From<CannotSign> for object_store::Error {
    fn from(reason: CannotSign) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: Box::new(reason) }
    }
}
