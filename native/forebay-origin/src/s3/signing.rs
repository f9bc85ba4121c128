//! What a request is signed with: whatever [`SharedCredentials`](crate::SharedCredentials) holds when
//! it is made.

use std::fmt;
use std::sync::Arc;

use forebay_types::ErrorKind;
use object_store::aws::AwsCredential;

use crate::credentials::Secret;

/// The keys in the form that the signer takes.
pub(super) fn credential_of(
    access_key: &Secret,
    secret_key: &Secret,
    session_token: Option<&Secret>,
) -> Result<Arc<AwsCredential>, CannotSign> {
    // The signer panics on text that a header can't hold.
    if ![Some(access_key), session_token].into_iter().flatten().all(Secret::fits_header) {
        return Err(CannotSign::Malformed);
    }
    Ok(Arc::new(AwsCredential {
        key_id: access_key.reveal().to_owned(),
        secret_key: secret_key.reveal().to_owned(),
        token: session_token.map(|token| token.reveal().to_owned()),
    }))
}

/// Why a request could not be signed, and so wasn't sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum CannotSign {
    /// Nothing was put into the shared credentials.
    NoneYet,
    /// A key or token is no text for a header.
    Malformed,
}

impl CannotSign {
    pub(super) fn kind(self) -> ErrorKind {
        match self {
            CannotSign::NoneYet | CannotSign::Malformed => ErrorKind::AccessDenied,
        }
    }
}

impl fmt::Display for CannotSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CannotSign::NoneYet => "no credentials were given for this bucket yet",
            CannotSign::Malformed => "the access key or session token is empty or not plain text",
        })
    }
}
