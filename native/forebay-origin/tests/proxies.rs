//! No proxy of the environment is used: the wrapped file system wouldn't, and a proxy sees requests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests panic to fail")]

#[path = "support/bytes_of.rs"]
mod bytes_of;
#[allow(dead_code, reason = "the other replies are for hostile.rs")]
#[path = "support/canned.rs"]
mod canned;

use std::process::Command;
use std::sync::Arc;

use bytes_of::{Kept, content, identity};
use canned::{Canned, Reply, head, part};
use forebay_origin::{Credentials, Origin, S3Origin, S3Settings, SharedCredentials};

#[test]
fn a_proxy_of_the_environment_is_not_used() {
    let reply = Reply::Close(head(200, &[("Content-Length", "9")], b"the proxy"));
    let proxy = Canned::start(vec![reply.clone(), reply]);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "behind_a_proxy", "--ignored", "--nocapture"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    {
        child.env(name, proxy.url());
    }
    for name in ["no_proxy", "NO_PROXY", "REQUEST_METHOD"] {
        child.env_remove(name);
    }
    // Gathered, so that its lines don't fall among those of the test that runs it.
    let ran = child.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    let heads = proxy.heads();
    assert_eq!(heads.len(), 1, "the control's request and no other: {heads:?}");
    assert!(heads[0].contains("/control"), "{heads:?}");
}

#[tokio::test]
#[ignore = "run by the test above, with a proxy in its environment"]
async fn behind_a_proxy() {
    let body = content(1, 100);
    let store = Canned::start(vec![Reply::Close(part("\"v1\"", 0, 100, &body))]);

    // A client that does use the environment's proxies: the trap is set.
    let control = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let answer = control.get(format!("{}/control", store.url())).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), "the proxy");

    let settings = S3Settings {
        endpoint: Some(store.url()),
        bucket: "bucket".to_owned(),
        ..S3Settings::default()
    };
    let anonymous = Arc::new(SharedCredentials::new(Credentials::Anonymous));
    let origin = S3Origin::new(settings, anonymous).unwrap();
    let mut kept = Kept::default();
    origin.fetch(&identity("bucket", "k", "v1", 100), 0..100, &mut kept).await.unwrap();
    assert_eq!(kept.0, body);
}
