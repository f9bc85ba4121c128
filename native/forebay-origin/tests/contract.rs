//! The contract, kept by every origin there is, against a real S3 server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests panic to fail")]

#[path = "support/bytes_of.rs"]
mod bytes_of;
#[path = "support/contract.rs"]
mod contract;
#[path = "support/weed.rs"]
mod weed;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use contract::World;
use forebay_origin::{
    Credentials, Origin, RetryPolicy, Retrying, S3Origin, S3Settings, SharedCredentials,
};
use forebay_types::{ErrorKind, Identity};
use weed::Weed;

/// An origin in front of SeaweedFS. Its keys begin with its own prefix.
struct S3World<O> {
    weed: Arc<Weed>,
    prefix: &'static str,
    origin: O,
    denied: O,
}

#[async_trait]
impl<O: Origin> World for S3World<O> {
    fn origin(&self) -> &dyn Origin {
        &self.origin
    }

    fn denied(&self) -> &dyn Origin {
        &self.denied
    }

    async fn put(&self, key: &str, body: Vec<u8>) -> Identity {
        let length = u64::try_from(body.len()).unwrap();
        // The longest key has no room for a prefix.
        let key = if key.len() < 1000 { format!("{}{key}", self.prefix) } else { key.to_owned() };
        let etag = self.weed.put(&key, body).await;
        bytes_of::identity(weed::BUCKET, &key, &etag, length)
    }

    async fn delete(&self, key: &str) {
        self.weed.delete(&format!("{}{key}", self.prefix)).await;
    }
}

fn origin(weed: &Weed, credentials: Credentials) -> S3Origin {
    S3Origin::new(weed.settings(), Arc::new(SharedCredentials::new(credentials))).unwrap()
}

fn wrong_keys() -> Credentials {
    Credentials::Keys {
        access_key: "reader".into(),
        secret_key: "not-the-secret".into(),
        session_token: None,
    }
}

#[tokio::test]
async fn every_origin_keeps_the_contract() {
    let weed = Arc::new(Weed::start().await);
    let once = S3World {
        weed: Arc::clone(&weed),
        prefix: "",
        origin: origin(&weed, weed.credentials()),
        denied: origin(&weed, wrong_keys()),
    };
    contract::run("S3Origin", Arc::new(once)).await;

    let retrying = |credentials| Retrying::new(origin(&weed, credentials), RetryPolicy::default());
    let wrapped = S3World {
        weed: Arc::clone(&weed),
        prefix: "retrying/",
        origin: retrying(weed.credentials()),
        denied: retrying(Credentials::Anonymous),
    };
    contract::run("Retrying<S3Origin>", Arc::new(wrapped)).await;

    a_status_is_what_was_written(&weed).await;
    credentials_may_be_replaced(&weed).await;
    a_server_that_is_gone_is_an_error_that_passes(weed).await;
}

async fn a_status_is_what_was_written(weed: &Weed) {
    let etag = weed.put("status", bytes_of::content(1, 12_345)).await;
    let status = origin(weed, weed.credentials()).head("status").await.unwrap();
    assert_eq!((status.version.length, status.version.etag.quoted()), (12_345, etag));
    let age = SystemTime::now().duration_since(status.last_modified).unwrap_or_default();
    assert!(age < Duration::from_secs(600), "written {age:?} ago");

    let kind = async |credentials, key: &str| {
        origin(weed, credentials).head(key).await.unwrap_err().kind()
    };
    assert_eq!(kind(weed.credentials(), "never-written").await, ErrorKind::NotFound);
    assert_eq!(kind(wrong_keys(), "status").await, ErrorKind::AccessDenied);
    assert_eq!(kind(weed.credentials(), "a/../b").await, ErrorKind::Unsupported);
}

async fn credentials_may_be_replaced(weed: &Weed) {
    let shared = Arc::new(SharedCredentials::default());
    let origin = S3Origin::new(weed.settings(), Arc::clone(&shared)).unwrap();
    assert_eq!(origin.head("status").await.unwrap_err().kind(), ErrorKind::AccessDenied);
    for (credentials, allowed) in [
        (wrong_keys(), false),
        (weed.credentials(), true),
        (Credentials::Anonymous, false),
        (weed.credentials(), true),
    ] {
        shared.set(credentials);
        assert_eq!(origin.head("status").await.is_ok(), allowed, "{}", shared.generation());
    }
}

async fn a_server_that_is_gone_is_an_error_that_passes(weed: Arc<Weed>) {
    let settings = S3Settings { connect_timeout: Duration::from_secs(2), ..weed.settings() };
    let credentials = Arc::new(SharedCredentials::new(weed.credentials()));
    let origin = S3Origin::new(settings, credentials).unwrap();
    assert!(origin.head("status").await.is_ok());
    drop(Arc::into_inner(weed).expect("nobody else holds the server"));
    assert!(origin.head("status").await.unwrap_err().kind().is_transient());
}
