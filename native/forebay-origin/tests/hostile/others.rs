//! What the clients of Google's store and of Azure's owe as S3's does (the rest of these tests): who listens hears of
//! each answer, and what no object can be is refused before anything is sent.

use std::sync::Arc;

use bytes::Bytes;
use forebay_origin::{
    AzureIdentity, AzureOrigin, AzureSettings, Bucket, Connections, Existing, GcsIdentity,
    GcsOrigin, GcsSettings, Listener, PartBody, Upload,
};
use forebay_types::{ErrorKind, Result};

use super::Heard;
use super::bytes_of::{Kept, identity};
use super::canned::{Canned, Reply, head, part};

/// The clients that are not S3's, of one server, each with its bucket's name in identities.
fn clients(server: &Canned, heard: &Arc<Heard>) -> [(Box<dyn Bucket>, &'static str); 2] {
    let connections = Connections::default();
    let listener = || Some(Arc::clone(heard) as Arc<dyn Listener>);
    let gcs = GcsSettings {
        endpoint: Some(server.url()),
        bucket: "lake".to_owned(),
        identity: GcsIdentity::Anonymous,
        ..GcsSettings::default()
    };
    let azure = AzureSettings {
        endpoint: server.url(),
        account: "acc".to_owned(),
        container: "lake".to_owned(),
        identity: AzureIdentity::Anonymous,
        ..AzureSettings::default()
    };
    [
        (Box::new(GcsOrigin::over(&connections, listener(), gcs).unwrap()), "lake"),
        (Box::new(AzureOrigin::over(&connections, listener(), azure).unwrap()), "lake@acc"),
    ]
}

#[tokio::test]
async fn who_listens_hears_which_answers_ask_for_fewer_requests() {
    let ends = [("Content-Length", "0"), ("Connection", "close")];
    let empty = |status| Reply::Close(head(status, &ends, b""));
    for client in 0..2 {
        let right = Reply::Close(part("1", 100, 1000, &[7; 200]));
        let server = Canned::start(vec![empty(503), empty(429), empty(500), empty(403), right]);
        let heard = Arc::new(Heard::default());
        let (bucket, name) = &clients(&server, &heard)[client];
        for _ in 0..5 {
            let wanted = identity(name, "dir/key", "1", 1000);
            // Whether it succeeds is the business of other tests.
            let _ = bucket.fetch(&wanted, 100..300, &mut Kept::default()).await;
        }
        assert_eq!(*heard.0.lock(), (3, 2), "{name}");
    }
}

#[tokio::test]
async fn what_no_object_can_be_is_not_begun() {
    let server = Canned::start(Vec::new());
    let heard = Arc::new(Heard::default());
    let kind = |ended: Result<()>| ended.map_err(|error| error.kind());
    for (bucket, name) in clients(&server, &heard) {
        let upload = Upload { key: String::new(), id: "u".to_owned(), mark: None };
        let bytes = Bytes::from_static(b"x");
        let body = PartBody { number: 1, offset: 0, last: true, bytes: bytes.clone() };
        let kinds = [
            kind(bucket.delete("").await),
            kind(bucket.status("").await.map(drop)),
            kind(bucket.head("").await.map(drop)),
            kind(bucket.put("", bytes.clone(), Existing::Replaced).await.map(drop)),
            kind(bucket.put("", bytes, Existing::Kept).await.map(drop)),
            kind(bucket.put_part(&upload, body).await.map(drop)),
        ];
        assert_eq!(kinds, [Err(ErrorKind::InvalidArgument); 6], "{name}");
    }
    assert!(server.heads().is_empty(), "{:?}", server.heads());
}
