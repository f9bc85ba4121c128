//! How Google's store signs, names versions and refuses.

use async_trait::async_trait;
use forebay_types::{ErrorKind, Result};
use object_store::HeaderMap;
use object_store::client::HttpRequest;
use serde::Deserialize;

use super::identity::{GcsIdentity, Tokens};
use crate::ask::{Ask, single};
use crate::line::Dialect;

/// Reasons that mean "later" though their status says "forbidden".
const LATER: [&str; 2] = ["rateLimitExceeded", "userRateLimitExceeded"];

#[derive(Debug)]
pub(super) struct Gcs {
    tokens: Tokens,
}

impl Gcs {
    pub(super) fn new(identity: GcsIdentity) -> Gcs {
        Gcs { tokens: Tokens::new(identity) }
    }
}

#[derive(Deserialize)]
struct Refused {
    error: Refusal,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

#[async_trait]
impl Dialect for Gcs {
    async fn sign(&self, ask: &Ask, request: &mut HttpRequest) -> Result<()> {
        self.tokens.sign(ask, request).await
    }

    /// Google's own ETag is that of the metadata.
    fn name_version(&self, headers: &mut HeaderMap) {
        let generation = single(headers, "x-goog-generation")
            .filter(|text| text.bytes().all(|digit| digit.is_ascii_digit()))
            .and_then(|text| format!("\"{text}\"").parse().ok());
        headers.remove("etag");
        if let Some(generation) = generation {
            headers.insert("etag", generation);
        }
    }

    fn refusal(&self, _headers: &HeaderMap, body: &[u8]) -> String {
        let refused: Option<Refused> = serde_json::from_slice(body).ok();
        let reasons = refused.map(|refused| refused.error.errors).unwrap_or_default();
        reasons.into_iter().next().map(|reason| reason.reason).unwrap_or_default()
    }

    fn kind(&self, status: u16, word: &str, is_write: bool) -> ErrorKind {
        match status {
            404 | 410 => ErrorKind::NotFound,
            403 if LATER.contains(&word) => ErrorKind::Origin,
            401 | 403 => ErrorKind::AccessDenied,
            // The only condition that a write is sent with.
            412 if is_write => ErrorKind::AlreadyExists,
            412 | 416 => ErrorKind::Changed,
            300..=399 => ErrorKind::Unsupported,
            _ => ErrorKind::Origin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_reasons_have_their_kinds() {
        let gcs = Gcs::new(GcsIdentity::Anonymous);
        for (status, body, write, kind) in [
            (404, "Not Found", false, ErrorKind::NotFound),
            (410, "", true, ErrorKind::NotFound),
            (403, "", false, ErrorKind::AccessDenied),
            (
                403,
                r#"{"error":{"errors":[{"reason":"rateLimitExceeded"}]}}"#,
                false,
                ErrorKind::Origin,
            ),
            (
                412,
                r#"{"error":{"errors":[{"reason":"conditionNotMet"}]}}"#,
                true,
                ErrorKind::AlreadyExists,
            ),
            (412, "", false, ErrorKind::Changed),
            (429, "", false, ErrorKind::Origin),
            (307, "", false, ErrorKind::Unsupported),
        ] {
            let word = gcs.refusal(&HeaderMap::new(), body.as_bytes());
            assert_eq!(gcs.kind(status, &word, write), kind, "{status} {body}");
        }
    }

    #[test]
    fn a_version_is_the_generation() {
        let gcs = Gcs::new(GcsIdentity::Anonymous);
        for (generation, expected) in
            [(Some("17"), Some("\"17\"")), (Some("x\""), None), (None, None)]
        {
            let mut headers = HeaderMap::new();
            headers.insert("etag", "\"of-the-metadata\"".parse().unwrap());
            if let Some(generation) = generation {
                headers.insert("x-goog-generation", generation.parse().unwrap());
            }
            gcs.name_version(&mut headers);
            assert_eq!(single(&headers, "etag"), expected, "{generation:?}");
        }
    }
}
