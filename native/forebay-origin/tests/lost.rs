//! Answers of Google's store and of Azure's that get lost or are wrong: what was written is known again,
//! and no byte that is not the object's is delivered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests panic to fail")]

#[path = "support/bytes_of.rs"]
mod bytes_of;
#[path = "support/canned.rs"]
#[allow(dead_code, reason = "the other ways to answer are those of hostile.rs")]
mod canned;

use std::time::Duration;

use bytes::Bytes;
use bytes_of::{Kept, content, identity};
use canned::{Canned, Reply, head, part};
use forebay_origin::{
    AzureIdentity, AzureOrigin, AzureSettings, Bucket, Existing, GcsIdentity, GcsOrigin,
    GcsSettings, LineSettings, Origin, Part, PartBody, RetryPolicy, Upload,
};
use forebay_types::{ErrorKind, Result};

const STEP: u64 = 256 << 10;
const LOST: Reply = Reply::Close(Vec::new());

fn line() -> LineSettings {
    let pause = Duration::from_millis(1);
    let retry = RetryPolicy { retries: 3, pause, total: Duration::from_secs(20) };
    LineSettings { retry, ..LineSettings::default() }
}

fn gcs(server: &Canned) -> GcsOrigin {
    GcsOrigin::new(GcsSettings {
        endpoint: Some(server.url()),
        bucket: "bucket".to_owned(),
        identity: GcsIdentity::Anonymous,
        line: line(),
    })
    .unwrap()
}

fn azure(endpoint: String, identity: AzureIdentity) -> AzureOrigin {
    let (account, container) = ("acc".to_owned(), "bucket".to_owned());
    AzureOrigin::new(AzureSettings { endpoint, account, container, identity, line: line() })
        .unwrap()
}

/// An answer after which the connection is not used again; what the request brings is not read.
fn said(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let length = body.len().to_string();
    let all = [headers, &[("Connection", "close"), ("Content-Length", &length)]].concat();
    Reply::Stall(head(status, &all, body.as_bytes()))
}

fn described(mark: &str) -> String {
    format!(
        r#"{{"name":"k","size":"1","generation":"17","updated":"2026-11-22T23:41:16Z",
            "metadata":{{"forebay-write":"{mark}"}}}}"#
    )
}

fn upload() -> Upload {
    Upload { key: "k".to_owned(), id: "own".to_owned(), mark: Some("own".to_owned()) }
}

async fn last_part(server: &Canned, offset: u64, length: u64) -> Result<Part> {
    let bytes = Bytes::from(content(1, usize::try_from(length).unwrap()));
    let part = PartBody { number: 1, offset, last: true, bytes };
    gcs(server).put_part(&upload(), part).await
}

fn ranges(server: &Canned) -> Vec<String> {
    let heads = server.heads();
    let lines = heads.iter().flat_map(|head| head.lines());
    lines.filter_map(|line| line.strip_prefix("content-range: ")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_session_goes_on_where_the_store_says_that_it_is() {
    let server = Canned::start(vec![
        LOST,
        said(308, &[("Range", "bytes=0-262143")], ""),
        said(200, &[], &described("own")),
    ]);
    let part = last_part(&server, 0, 2 * STEP).await.unwrap();
    assert_eq!(part.etag, "17");
    let expected = ["bytes 0-524287/524288", "bytes */524288", "bytes 262144-524287/524288"];
    assert_eq!(ranges(&server), expected);
}

#[tokio::test]
async fn a_session_that_takes_a_part_bit_by_bit_gets_the_rest() {
    let server = Canned::start(vec![
        said(308, &[("Range", "bytes=0-262143")], ""),
        said(200, &[], &described("own")),
    ]);
    last_part(&server, 0, 2 * STEP).await.unwrap();
    assert_eq!(ranges(&server), ["bytes 0-524287/524288", "bytes 262144-524287/524288"]);
}

#[tokio::test]
async fn a_session_that_is_forgotten_is_known_by_its_object() {
    for (mark, ended) in [("own", None), ("another", Some(ErrorKind::NotFound))] {
        let server =
            Canned::start(vec![LOST, said(404, &[], ""), said(200, &[], &described(mark))]);
        let part = last_part(&server, 0, STEP).await;
        assert_eq!(part.err().map(|error| error.kind()), ended, "{mark}");
    }
    let server = Canned::start(vec![said(412, &[], "")]);
    let refused = last_part(&server, 0, STEP).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    assert_eq!(server.heads().len(), 1, "nothing was lost, so nobody is asked");
}

#[tokio::test]
async fn a_session_that_loses_bytes_or_stands_still_is_an_error() {
    let before = said(308, &[("Range", "bytes=0-99")], "");
    let server = Canned::start(vec![before]);
    let error = last_part(&server, STEP, STEP).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
    // Where answers get lost again and again it ends too.
    let server = Canned::start(vec![LOST, said(308, &[], ""), LOST, said(308, &[], "")]);
    let error = last_part(&server, 0, STEP).await.unwrap_err();
    assert!(error.kind().is_transient(), "{error}");
}

#[tokio::test]
async fn a_list_of_blocks_whose_answer_got_lost_is_known_by_its_blob() {
    for (first, status, code) in [
        (Some(LOST), 409, "BlobAlreadyExists"),
        (Some(LOST), 400, "InvalidBlockList"),
        (None, 400, "InvalidBlockList"),
    ] {
        for (mark, wins) in [("own", true), ("another", false)] {
            let mut replies = Vec::from_iter(first.clone());
            replies.push(said(status, &[("x-ms-error-code", code)], ""));
            let blob = [("x-ms-meta-forebay_write", mark), ("ETag", "\"0x1\"")];
            replies.push(said(200, &blob, ""));
            let server = Canned::start(replies);
            let bucket = azure(server.url(), AzureIdentity::Anonymous);
            let made = bucket.complete_upload(&upload(), &[], Existing::Kept).await;
            match made {
                Ok(etag) => assert!(wins && etag == "0x1", "{code} {mark}"),
                Err(error) => {
                    assert!(!wins, "{code} {mark}: {error}");
                    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_copy_is_waited_for() {
    let state = |status, state| said(status, &[("x-ms-copy-status", state)], "");
    for (last, ended) in [("success", None), ("aborted", Some(ErrorKind::Origin))] {
        let server =
            Canned::start(vec![state(202, "pending"), state(200, "pending"), state(200, last)]);
        let copied = azure(server.url(), AzureIdentity::Anonymous).copy("a", "b", 1).await;
        assert_eq!(copied.err().map(|error| error.kind()), ended, "{last}");
        assert_eq!(server.heads().len(), 3);
    }
}

#[tokio::test]
async fn an_answer_that_contradicts_its_request_delivers_nothing() {
    let body = content(3, 200);
    let right = |etag: &str| part(etag, 100, 1000, &body);
    let with = |generation: &str| {
        let answer = head(
            206,
            &[
                ("x-goog-generation", generation),
                ("Content-Range", "bytes 100-299/1000"),
                ("Content-Length", "200"),
            ],
            &body,
        );
        Reply::Close(answer)
    };
    for (reply, ended) in [
        (with("17"), None),
        (with("18"), Some(ErrorKind::Changed)),
        (with("x"), Some(ErrorKind::Origin)),
        (Reply::Close(right("\"17\"")), Some(ErrorKind::Origin)),
    ] {
        let server = Canned::start(vec![reply]);
        let mut kept = Kept::default();
        let fetched =
            gcs(&server).fetch(&identity("bucket", "k", "17", 1000), 100..300, &mut kept).await;
        assert_eq!(kept.0, if ended.is_none() { body.clone() } else { Vec::new() });
        assert_eq!(fetched.err().map(|error| error.kind()), ended);
        assert!(server.heads()[0].contains("ifgenerationmatch=17"), "{:?}", server.heads());
        assert!(server.heads()[0].contains("accept-encoding: gzip"), "{:?}", server.heads());
    }
    for (etag, ended) in [("\"17\"", None), ("\"18\"", Some(ErrorKind::Changed))] {
        let server =
            Canned::start(vec![Reply::Close(right(etag)), said(200, &[("ETag", etag)], "")]);
        let mut kept = Kept::default();
        let fetched = azure(server.url(), AzureIdentity::Anonymous)
            .fetch(&identity("bucket@acc", "k", "17", 1000), 100..300, &mut kept)
            .await;
        assert_eq!(fetched.err().map(|error| error.kind()), ended);
        assert_eq!(kept.0, if ended.is_none() { body.clone() } else { Vec::new() });
        assert!(server.heads()[0].contains("if-match: \"17\""), "{:?}", server.heads());
    }
}

#[tokio::test]
async fn a_signature_is_in_no_error() {
    let signature = AzureIdentity::Signature("sv=1&sig=SECRETEXAMPLE%2B".into());
    let refusing =
        Canned::start(vec![said(403, &[("x-ms-error-code", "AuthenticationFailed")], "")]);
    let nobody = "http://127.0.0.1:9/acc".to_owned();
    for endpoint in [refusing.url(), nobody] {
        let error = azure(endpoint, signature.clone()).status("k").await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("SECRETEXAMPLE"), "{error:?}");
    }
    assert!(refusing.heads()[0].contains("sig=secretexample%2b"), "{:?}", refusing.heads());
}
