//! What went wrong, as one of our kinds.
//!
//! The kind follows from the answer's status and from S3's error *code*, a word of its protocol. The
//! rest of an error's body is neither kept nor shown: S3 repeats session tokens and strings to sign
//! in it. Errors made here travel inside object_store's own and are found again by their type; its
//! own variants stand for statuses, and no status gets past `wire`.

use std::error::Error as Cause;
use std::time::Duration;

use forebay_types::{Error, ErrorKind};
use futures::StreamExt;
use object_store::client::{HttpError, HttpResponse};

use crate::ask::{Ask, single};
use crate::body::of_transport;
use crate::metrics::THROTTLED;

/// How much of an error's body is looked at for the code. S3's are about 500 bytes.
const LONGEST_BODY: usize = 16 * 1024;

/// The longest code or request id that is shown; S3's longest code has 40 letters.
const LONGEST_WORD: usize = 80;

/// Codes that mean "not with these credentials" though their status says only "bad request".
const STALE_CREDENTIALS: [&str; 3] = ["ExpiredToken", "InvalidToken", "TokenRefreshRequired"];

/// The error an answer without success stands for. Reads at most [`LONGEST_BODY`] bytes of its body,
/// and waits for them no longer than `patience`.
pub(super) async fn of_answer(ask: &Ask, answer: HttpResponse, patience: Duration) -> Error {
    let status = answer.status().as_u16();
    let request = word(single(answer.headers(), "x-amz-request-id").unwrap_or_default());
    let code = tokio::time::timeout(patience, code_in(answer)).await.unwrap_or_default();
    if matches!(status, 429 | 503) {
        THROTTLED.add(1);
    }
    // The only condition that a write is sent with.
    let kept = status == 412 && ask.is_write();
    let kind = if kept { ErrorKind::AlreadyExists } else { kind_of(status, &code) };
    let mut message = format!("{}: status {status}", advice(kind));
    for (name, word) in [("code", &code), ("request", &request)] {
        if !word.is_empty() {
            message.push_str(&format!(", {name} {word}"));
        }
    }
    ask.error(kind, message)
}

fn kind_of(status: u16, code: &str) -> ErrorKind {
    match status {
        404 => ErrorKind::NotFound,
        401 | 403 => ErrorKind::AccessDenied,
        400 if STALE_CREDENTIALS.contains(&code) => ErrorKind::AccessDenied,
        412 | 416 => ErrorKind::Changed,
        300..=399 => ErrorKind::Unsupported,
        _ => ErrorKind::Origin,
    }
}

pub(crate) fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "the object does not exist",
        ErrorKind::AccessDenied => "the store refused these credentials",
        ErrorKind::AlreadyExists => "the object exists already",
        ErrorKind::Changed => "the object is no longer the version that was opened",
        ErrorKind::Unsupported => {
            "the store redirects elsewhere, which is not followed; check endpoint and region"
        }
        ErrorKind::EndOfFile
        | ErrorKind::Interrupted
        | ErrorKind::TimedOut
        | ErrorKind::Closed
        | ErrorKind::InvalidArgument
        | ErrorKind::Origin
        | ErrorKind::Internal => "the store failed",
    }
}

/// The word between `<Code>` and `</Code>`, empty where there is none.
async fn code_in(answer: HttpResponse) -> String {
    let mut body = answer.into_body().bytes_stream();
    let mut text = Vec::new();
    while let Some(Ok(bytes)) = body.next().await {
        let room = LONGEST_BODY.saturating_sub(text.len());
        text.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        if text.len() >= LONGEST_BODY {
            break;
        }
    }
    code_of(&text)
}

/// The same of a body that is there.
pub(super) fn code_of(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    word(code.map(|(code, _)| code).unwrap_or_default())
}

/// `text` where it is a word fit to be shown, else nothing.
pub(crate) fn word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let fit = text.len() <= LONGEST_WORD && text.bytes().all(plain);
    if fit { text.to_owned() } else { String::new() }
}

/// Our error inside the client's, or what a body that broke stands for.
pub(super) fn of_http(ask: &Ask, error: HttpError) -> Error {
    let mut cause: Option<&(dyn Cause + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if let Some(ours) = inner.downcast_ref::<Error>() {
            return ours.clone();
        }
        cause = inner.source();
    }
    of_transport(ask, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_codes_have_their_kinds() {
        for (status, code, kind) in [
            (404, "NoSuchKey", ErrorKind::NotFound),
            (403, "AccessDenied", ErrorKind::AccessDenied),
            (401, "", ErrorKind::AccessDenied),
            (400, "ExpiredToken", ErrorKind::AccessDenied),
            (400, "AuthorizationHeaderMalformed", ErrorKind::Origin),
            (412, "PreconditionFailed", ErrorKind::Changed),
            (416, "InvalidRange", ErrorKind::Changed),
            (301, "PermanentRedirect", ErrorKind::Unsupported),
            (307, "TemporaryRedirect", ErrorKind::Unsupported),
            (500, "InternalError", ErrorKind::Origin),
            (503, "SlowDown", ErrorKind::Origin),
        ] {
            assert_eq!(kind_of(status, code), kind, "{status} {code}");
        }
    }

    #[test]
    fn only_words_are_shown() {
        assert_eq!(word("NoSuchKey"), "NoSuchKey");
        for text in ["a b", "a\nb", "<x>", "é", &"x".repeat(81)] {
            assert_eq!(word(text), "");
        }
    }
}
