//! How Azure's Blob service signs and refuses.

use std::sync::Arc;

use async_trait::async_trait;
use forebay_types::{ErrorKind, Result};
use object_store::HeaderMap;
use object_store::azure::{AzureAuthorizer, AzureCredential};
use object_store::client::HttpRequest;

use super::identity::{AzureIdentity, Tokens};
use crate::ask::{Ask, single};
use crate::call::word;
use crate::line::Dialect;

#[derive(Debug)]
pub(super) struct Azure {
    account: String,
    tokens: Tokens,
}

impl Azure {
    pub(super) fn new(account: String, identity: AzureIdentity) -> Azure {
        Azure { account, tokens: Tokens::new(identity) }
    }

    /// What the URL of a blob that is copied from has to end with, so that it may be read.
    pub(super) async fn signature(&self, ask: &Ask) -> Result<String> {
        let credential = self.tokens.credential(ask).await?;
        Ok(match credential.as_deref() {
            Some(AzureCredential::SASToken(pairs)) => {
                let spelt = pairs.iter().map(|(name, value)| format!("{name}={}", word(value)));
                format!("?{}", spelt.collect::<Vec<String>>().join("&"))
            }
            Some(AzureCredential::AccessKey(_) | AzureCredential::BearerToken(_)) | None => {
                String::new()
            }
        })
    }
}

#[async_trait]
impl Dialect for Azure {
    async fn sign(&self, ask: &Ask, request: &mut HttpRequest) -> Result<()> {
        let credential: Option<Arc<AzureCredential>> = self.tokens.credential(ask).await?;
        let Some(credential) = credential else {
            // The version of the service that the signer names.
            request.headers_mut().insert("x-ms-version", VERSION);
            return Ok(());
        };
        AzureAuthorizer::new(&credential, &self.account).try_authorize(request).map_err(|cause| {
            ask.error(ErrorKind::Internal, "the request could not be signed").with_source(cause)
        })
    }

    fn refusal(&self, headers: &HeaderMap, _body: &[u8]) -> String {
        single(headers, "x-ms-error-code").unwrap_or_default().to_owned()
    }

    fn kind(&self, status: u16, word: &str, is_write: bool) -> ErrorKind {
        match (status, word) {
            // Another write took the parts away that this one had sent.
            (404, _) | (400, "InvalidBlockList") => ErrorKind::NotFound,
            (401 | 403, _) => ErrorKind::AccessDenied,
            (409, "BlobAlreadyExists") => ErrorKind::AlreadyExists,
            (412, "ConditionNotMet") if is_write => ErrorKind::AlreadyExists,
            (412, "ConditionNotMet" | "") | (416, _) => ErrorKind::Changed,
            // Another 412 is a lease's.
            (412, _) => ErrorKind::AccessDenied,
            (300..=399, _) => ErrorKind::Unsupported,
            (_, _) => ErrorKind::Origin,
        }
    }
}

const VERSION: reqwest::header::HeaderValue =
    reqwest::header::HeaderValue::from_static("2023-11-03");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_codes_have_their_kinds() {
        let azure = Azure::new("acc".to_owned(), AzureIdentity::Anonymous);
        for (status, code, write, kind) in [
            (404, "BlobNotFound", false, ErrorKind::NotFound),
            (400, "InvalidBlockList", true, ErrorKind::NotFound),
            (400, "InvalidHeaderValue", true, ErrorKind::Origin),
            (403, "AuthenticationFailed", false, ErrorKind::AccessDenied),
            (409, "BlobAlreadyExists", true, ErrorKind::AlreadyExists),
            (409, "SnapshotsPresent", true, ErrorKind::Origin),
            (412, "ConditionNotMet", true, ErrorKind::AlreadyExists),
            (412, "ConditionNotMet", false, ErrorKind::Changed),
            (412, "LeaseIdMissing", true, ErrorKind::AccessDenied),
            (416, "InvalidRange", false, ErrorKind::Changed),
            (503, "ServerBusy", false, ErrorKind::Origin),
        ] {
            assert_eq!(azure.kind(status, code, write), kind, "{status} {code}");
        }
    }
}
