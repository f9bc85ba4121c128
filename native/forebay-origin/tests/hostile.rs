//! Answers that are wrong, and what becomes of them: an error of the right kind, and never a byte
//! that is not the object's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests panic to fail")]

#[path = "support/bytes_of.rs"]
mod bytes_of;
#[path = "support/canned.rs"]
mod canned;
#[path = "hostile/others.rs"]
mod others;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes_of::{Kept, content, identity};
use canned::{Canned, Reply, head, part};
use forebay_origin::{
    Connections, Credentials, Existing, Listener, Origin, RetryPolicy, Retrying, S3Origin,
    S3Settings, SharedCredentials,
};
use forebay_types::ErrorKind;
use parking_lot::Mutex;

const TOTAL: usize = 1000;
const ASKED: Range<usize> = 100..300;
const ETAG: &str = "\"v1\"";

fn object() -> Vec<u8> {
    content(42, TOTAL)
}

fn body() -> Vec<u8> {
    object()[ASKED].to_vec()
}

fn keys() -> Credentials {
    Credentials::Keys {
        access_key: "KEYEXAMPLE".into(),
        secret_key: "SECRETEXAMPLE".into(),
        session_token: Some("TOKENEXAMPLE".into()),
    }
}

fn settings(server: &Canned) -> S3Settings {
    S3Settings {
        endpoint: Some(server.url()),
        bucket: "bucket".to_owned(),
        ..S3Settings::default()
    }
}

fn origin(settings: S3Settings) -> S3Origin {
    S3Origin::new(settings, Arc::new(SharedCredentials::new(keys()))).unwrap()
}

struct Outcome {
    kind: Option<ErrorKind>,
    text: String,
    got: Vec<u8>,
}

async fn fetch(origin: &dyn Origin) -> Outcome {
    let mut kept = Kept::default();
    let identity = identity("bucket", "dir/key", ETAG, TOTAL as u64);
    let fetched = origin.fetch(&identity, 100..300, &mut kept).await;
    let text = fetched.as_ref().map_or_else(|e| format!("{e} {e:?}"), |()| String::new());
    assert!(body().starts_with(&kept.0), "wrong bytes were delivered");
    for secret in ["SECRETEXAMPLE", "TOKENEXAMPLE"] {
        assert!(!text.contains(secret), "{text}");
    }
    Outcome { kind: fetched.err().map(|error| error.kind()), text, got: kept.0 }
}

/// What one attempt makes of `reply`.
async fn once(reply: Reply) -> Outcome {
    let server = Canned::start(vec![reply]);
    let outcome = fetch(&origin(settings(&server))).await;
    assert_eq!(server.heads().len(), 1, "one attempt is one request");
    outcome
}

/// Asserts that nothing of this answer was used.
async fn refused(what: &str, answer: Vec<u8>, kind: ErrorKind) {
    let outcome = once(Reply::Close(answer)).await;
    assert_eq!(outcome.kind, Some(kind), "{what}: {}", outcome.text);
    assert_eq!(outcome.got, b"", "{what}");
}

#[tokio::test]
async fn the_right_answer_is_used() {
    let outcome = once(Reply::Close(part(ETAG, ASKED.start, TOTAL, &body()))).await;
    assert_eq!((outcome.kind, outcome.got), (None, body()), "{}", outcome.text);
}

#[tokio::test]
async fn a_request_pins_its_version_and_its_range() {
    let server = Canned::start(vec![Reply::Close(part(ETAG, ASKED.start, TOTAL, &body()))]);
    fetch(&origin(settings(&server))).await;
    let heads = server.heads();
    for line in [
        "get /bucket/dir/key http/1.1\r\n",
        "if-match: \"v1\"\r\n",
        "range: bytes=100-299\r\n",
        "x-amz-security-token: tokenexample\r\n",
        "authorization: aws4-hmac-sha256 credential=keyexample/",
    ] {
        assert!(heads[0].contains(line), "{line} is not in {}", heads[0]);
    }
    assert!(!heads[0].contains("accept-encoding"), "{}", heads[0]);
}

/// Counts what a store asks for.
#[derive(Debug, Default)]
struct Heard(Mutex<(u32, u32)>);

impl Listener for Heard {
    fn answered(&self) {
        self.0.lock().0 += 1;
    }

    fn slow_down(&self, sent: Instant) {
        assert!(sent <= Instant::now());
        self.0.lock().1 += 1;
    }
}

#[tokio::test]
async fn who_listens_hears_which_answers_ask_for_fewer_requests() {
    let ends = [("Content-Length", "0"), ("Connection", "close")];
    let empty = |status| Reply::Close(head(status, &ends, b""));
    let right = Reply::Close(part(ETAG, ASKED.start, TOTAL, &body()));
    let server = Canned::start(vec![empty(503), empty(429), empty(500), empty(404), right]);
    let heard = Arc::new(Heard::default());
    let listener = Arc::clone(&heard) as Arc<dyn Listener>;
    let credentials = Arc::new(SharedCredentials::new(keys()));
    let own = Connections::default();
    let origin = S3Origin::over(&own, Some(listener), settings(&server), credentials).unwrap();
    for _ in 0..5 {
        fetch(&origin).await;
    }
    assert_eq!(*heard.0.lock(), (3, 2));
}

/// What a server takes `path` for.
fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_keys_url_names_that_key() {
    let every_sign: String = ('!'..='~').filter(|c| !c.is_ascii_uppercase()).collect();
    let longest = vec!["s".repeat(204); 5].join("/");
    for key in
        ["a b/c=1", "%2f", "a%20b+c", "%2e%2e/%2e", "ü/日本", "back\\", &every_sign, &longest]
    {
        let server = Canned::start(Vec::new());
        let named = identity("bucket", key, ETAG, 1000);
        let fetched = origin(settings(&server)).fetch(&named, 0..10, &mut Kept::default()).await;
        assert_eq!(fetched.unwrap_err().kind(), ErrorKind::Origin);
        let heads = server.heads();
        let path = heads[0].split(' ').nth(1).unwrap();
        assert_eq!(decoded(path).strip_prefix("/bucket/"), Some(key), "{path}");
    }
}

#[tokio::test]
async fn an_anonymous_request_is_not_signed() {
    let server = Canned::start(vec![Reply::Close(part(ETAG, ASKED.start, TOTAL, &body()))]);
    let anonymous = Arc::new(SharedCredentials::new(Credentials::Anonymous));
    let outcome = fetch(&S3Origin::new(settings(&server), anonymous).unwrap()).await;
    assert_eq!(outcome.got, body());
    assert!(!server.heads()[0].contains("authorization"), "{}", server.heads()[0]);
}

#[tokio::test]
async fn an_answer_that_contradicts_its_request_is_not_used() {
    let right = body();
    let length = right.len().to_string();
    let range = "bytes 100-299/1000";
    let answer = |status, etag: &str, range: &str| {
        head(
            status,
            &[("ETag", etag), ("Content-Range", range), ("Content-Length", &length)],
            &right,
        )
    };
    let whole = head(200, &[("ETag", ETAG), ("Content-Length", "1000")], &object());
    let xml = "<Error><Code>InternalError</Code><Message>try again</Message></Error>";
    let xml =
        head(200, &[("ETag", ETAG), ("Content-Length", &xml.len().to_string())], xml.as_bytes());
    let tagless = head(206, &[("Content-Range", range), ("Content-Length", &length)], &right);
    let placeless = head(206, &[("ETag", ETAG), ("Content-Length", &length)], &right);
    let lengthless = head(206, &[("ETag", ETAG), ("Content-Range", range)], &right);
    let mut chunks = format!("{:x}\r\n", right.len()).into_bytes();
    chunks.extend_from_slice(&right);
    chunks.extend_from_slice(b"\r\n0\r\n\r\n");
    let chunked = [("ETag", ETAG), ("Content-Range", range), ("Transfer-Encoding", "chunked")];
    let chunked = head(206, &chunked, &chunks);
    for (what, answer) in [
        ("the whole object for a part", whole),
        ("an error in a successful answer", xml),
        ("status 200 with a part's headers", answer(200, ETAG, range)),
        ("another etag", answer(206, "\"v2\"", range)),
        ("a weak etag", answer(206, "W/\"v1\"", range)),
        ("no etag", tagless),
        ("another total", answer(206, ETAG, "bytes 100-299/1001")),
        ("no total", answer(206, ETAG, "bytes 100-299/*")),
        ("another range", answer(206, ETAG, "bytes 200-399/1000")),
        ("a longer range", answer(206, ETAG, "bytes 100-399/1000")),
        ("nonsense for a range", answer(206, ETAG, "bytes 1e2-299/1000")),
        ("no range", placeless),
        ("no length", lengthless),
        ("chunks instead of a length", chunked),
        ("nothing at all", Vec::new()),
        ("no http", b"hello\r\n\r\n".to_vec()),
    ] {
        refused(what, answer, ErrorKind::Origin).await;
    }
}

#[tokio::test]
async fn a_status_has_its_kind() {
    let error = |status, code: &str| {
        let body = format!(
            "<Error><Code>{code}</Code><Token-0>TOKENEXAMPLE</Token-0>\
             <StringToSign>SECRETEXAMPLE</StringToSign></Error>"
        );
        head(status, &[("Content-Length", &body.len().to_string())], body.as_bytes())
    };
    for (status, code, kind) in [
        (404, "NoSuchKey", ErrorKind::NotFound),
        (403, "SignatureDoesNotMatch", ErrorKind::AccessDenied),
        (401, "Unauthorized", ErrorKind::AccessDenied),
        (400, "ExpiredToken", ErrorKind::AccessDenied),
        (400, "AuthorizationHeaderMalformed", ErrorKind::Origin),
        (412, "PreconditionFailed", ErrorKind::Changed),
        (416, "InvalidRange", ErrorKind::Changed),
        (500, "InternalError", ErrorKind::Origin),
        (503, "SlowDown", ErrorKind::Origin),
        (304, "NotModified", ErrorKind::Unsupported),
    ] {
        refused(code, error(status, code), kind).await;
    }
    let outcome = once(Reply::Close(error(403, "SignatureDoesNotMatch"))).await;
    assert!(outcome.text.contains("status 403, code SignatureDoesNotMatch"), "{}", outcome.text);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Canned::start(vec![Reply::Close(part(ETAG, ASKED.start, TOTAL, &body()))]);
    for status in [301, 302, 307, 308] {
        let target = format!("{}/bucket/dir/key", elsewhere.url());
        let answer = head(status, &[("Location", &target), ("Content-Length", "0")], b"");
        refused("a redirect", answer, ErrorKind::Unsupported).await;
    }
    assert_eq!(elsewhere.heads(), [""; 0]);
}

#[tokio::test]
async fn a_short_body_is_an_error() {
    let mut answer = part(ETAG, ASKED.start, TOTAL, &body());
    answer.truncate(answer.len() - 50);
    let outcome = once(Reply::Close(answer)).await;
    assert_eq!(outcome.kind, Some(ErrorKind::Origin), "{}", outcome.text);
    assert!(outcome.got.len() <= 150, "{}", outcome.got.len());
}

#[tokio::test]
async fn what_follows_a_body_is_not_part_of_it() {
    let mut answer = part(ETAG, ASKED.start, TOTAL, &body());
    answer.extend_from_slice(&[7; 500]);
    let outcome = once(Reply::Close(answer)).await;
    assert_eq!((outcome.kind, outcome.got), (None, body()), "{}", outcome.text);
}

#[tokio::test]
async fn an_errors_body_is_not_read_without_end() {
    for (status, kind) in [(403, ErrorKind::AccessDenied), (500, ErrorKind::Origin)] {
        let outcome = once(Reply::Endless(head(status, &[], b"<Code>Odd</Code>"))).await;
        assert_eq!(outcome.kind, Some(kind), "{}", outcome.text);
        // Had the end been waited for, nothing would be known but the status.
        assert!(outcome.text.contains("code Odd"), "{}", outcome.text);
    }
}

#[tokio::test]
async fn a_store_that_falls_silent_is_given_up() {
    let whole = part(ETAG, ASKED.start, TOTAL, &body());
    for sent in [0, 20, whole.len() - 200, whole.len() - 50] {
        let server = Canned::start(vec![Reply::Stall(whole[..sent].to_vec())]);
        let given = S3Settings { stall_timeout: Duration::from_millis(200), ..settings(&server) };
        let outcome = fetch(&origin(given)).await;
        assert_eq!(outcome.kind, Some(ErrorKind::TimedOut), "{sent}: {}", outcome.text);
    }
}

#[tokio::test]
async fn a_status_counts_though_its_reason_never_comes() {
    let error = head(403, &[("Content-Length", "100")], b"<Error>");
    let server = Canned::start(vec![Reply::Stall(error)]);
    let given = S3Settings { stall_timeout: Duration::from_secs(2), ..settings(&server) };
    let outcome = fetch(&origin(given)).await;
    assert_eq!(outcome.kind, Some(ErrorKind::AccessDenied), "{}", outcome.text);
}

#[tokio::test]
async fn a_trickle_is_a_stall_where_it_would_take_too_long() {
    let whole = part(ETAG, ASKED.start, TOTAL, &body());
    let (head, body) = whole.split_at(whole.len() - 200);
    let drip = Reply::Drip(head.to_vec(), body.to_vec(), Duration::from_millis(20));
    let server = Canned::start(vec![drip]);
    // Four seconds of drops, none of them late; at a million bytes a second they had to be at once.
    let given = S3Settings {
        stall_timeout: Duration::from_secs(1),
        slowest: 1_000_000,
        ..settings(&server)
    };
    let outcome = fetch(&origin(given)).await;
    assert_eq!(outcome.kind, Some(ErrorKind::TimedOut), "{}", outcome.text);
    assert!(outcome.got.len() < 200);
}

#[tokio::test]
async fn a_slow_body_outlives_the_stall_timeout() {
    let whole = part(ETAG, ASKED.start, TOTAL, &body());
    let (head, body) = whole.split_at(whole.len() - 200);
    let drip = Reply::Drip(head.to_vec(), body.to_vec(), Duration::from_millis(15));
    let server = Canned::start(vec![drip]);
    let given =
        S3Settings { stall_timeout: Duration::from_secs(2), slowest: 1, ..settings(&server) };
    let outcome = fetch(&origin(given)).await;
    assert_eq!((outcome.kind, outcome.got.len()), (None, 200), "{}", outcome.text);
}

fn retrying(server: &Canned) -> Retrying<S3Origin> {
    let policy = RetryPolicy { pause: Duration::from_millis(1), ..RetryPolicy::default() };
    Retrying::new(origin(settings(server)), policy)
}

#[tokio::test]
async fn a_retry_asks_for_the_rest_only() {
    let whole = part(ETAG, ASKED.start, TOTAL, &body());
    let broken = whole[..whole.len() - 50].to_vec();
    let head_only = whole[..whole.len() - 200].to_vec();
    let rest = part(ETAG, 250, TOTAL, &body()[150..]);
    let server = Canned::start(vec![
        Reply::Close(head_only),
        Reply::Close(head(503, &[("Content-Length", "0")], b"")),
        Reply::Close(broken),
        Reply::Close(rest),
    ]);
    let outcome = fetch(&retrying(&server)).await;
    assert_eq!((outcome.kind, outcome.got), (None, body()), "{}", outcome.text);
    let ranges: Vec<bool> = server
        .heads()
        .iter()
        .zip(["100-299", "100-299", "100-299", "250-299"])
        .map(|(head, range)| head.contains(&format!("range: bytes={range}\r\n")))
        .collect();
    assert_eq!(ranges, [true; 4], "{:?}", server.heads());
}

#[tokio::test]
async fn a_retry_never_mixes_versions() {
    let whole = part(ETAG, ASKED.start, TOTAL, &body());
    let broken = whole[..whole.len() - 50].to_vec();
    let other = Reply::Close(part("\"v2\"", 250, TOTAL, &[9; 50]));
    let server = Canned::start(vec![Reply::Close(broken), other.clone(), other.clone(), other]);
    let outcome = fetch(&retrying(&server)).await;
    assert_eq!(outcome.kind, Some(ErrorKind::Origin), "{}", outcome.text);
    assert_eq!((outcome.got.len(), server.heads().len()), (150, 4));
}

#[tokio::test]
async fn a_changed_object_is_not_asked_for_again() {
    let whole = part(ETAG, ASKED.start, TOTAL, &body());
    let broken = whole[..whole.len() - 50].to_vec();
    let changed = head(412, &[("Content-Length", "0")], b"");
    let server = Canned::start(vec![Reply::Close(broken), Reply::Close(changed)]);
    let outcome = fetch(&retrying(&server)).await;
    assert_eq!((outcome.kind, server.heads().len()), (Some(ErrorKind::Changed), 2));
}

#[tokio::test]
async fn keys_no_header_can_carry_are_denied_without_a_request() {
    let server = Canned::start(Vec::new());
    for (access_key, token) in [("a\nb", None), ("", None), ("é", None), ("a", Some("t\r\nx: y"))]
    {
        let credentials = Credentials::Keys {
            access_key: access_key.into(),
            secret_key: "s".into(),
            session_token: token.map(Into::into),
        };
        let shared = Arc::new(SharedCredentials::new(credentials));
        let outcome = fetch(&S3Origin::new(settings(&server), shared).unwrap()).await;
        assert_eq!(outcome.kind, Some(ErrorKind::AccessDenied), "{}", outcome.text);
    }
    assert_eq!(server.heads(), [""; 0]);
}

#[tokio::test]
async fn another_buckets_object_is_not_asked_for() {
    let server = Canned::start(Vec::new());
    let elsewhere = identity("other", "dir/key", ETAG, 1000);
    let fetched = origin(settings(&server)).fetch(&elsewhere, 0..10, &mut Kept::default()).await;
    assert_eq!(fetched.unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(server.heads(), [""; 0]);
}

#[tokio::test]
async fn a_status_without_a_strong_etag_pins_nothing() {
    for (etag, kind) in [("W/\"v1\"", ErrorKind::Unsupported), ("", ErrorKind::Unsupported)] {
        let answer = head(200, &[("ETag", etag), ("Content-Length", "5")], b"");
        let server = Canned::start(vec![Reply::Close(answer)]);
        let error = origin(settings(&server)).head("k").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

/// A server that begins an object in parts and then refuses everything.
fn refuses_parts() -> Canned {
    let begun = b"<Begun><UploadId>u</UploadId></Begun>";
    let length = begun.len().to_string();
    let mut replies = vec![Reply::Close(head(200, &[("Content-Length", &length)], begun))];
    replies.resize(100, Reply::Close(head(403, &[("Content-Length", "0")], b"")));
    Canned::start(replies)
}

#[tokio::test]
async fn a_copy_in_parts_ends_with_its_first_failure() {
    let server = refuses_parts();
    let copied = origin(settings(&server)).copy("from", "to", 90 << 30).await;
    assert_eq!(copied.unwrap_err().kind(), ErrorKind::AccessDenied);
    let heads = server.heads();
    let parts = heads.iter().filter(|head| head.contains("partnumber=")).count();
    assert!((1..=4).contains(&parts), "{parts} parts were begun");
    assert!(heads.last().unwrap().starts_with("delete /bucket/to?uploadid=u"), "{heads:?}");
}

#[tokio::test]
async fn what_no_object_can_be_is_not_begun() {
    let server = refuses_parts();
    let origin = origin(settings(&server));
    let kinds = [
        origin.copy("from", "to", u64::MAX).await.map_err(|error| error.kind()),
        origin.delete("").await.map_err(|error| error.kind()),
        origin
            .put("", bytes::Bytes::new(), Existing::Replaced)
            .await
            .map(drop)
            .map_err(|error| error.kind()),
    ];
    assert_eq!(kinds, [Err(ErrorKind::InvalidArgument); 3]);
    assert!(server.heads().is_empty());
}
