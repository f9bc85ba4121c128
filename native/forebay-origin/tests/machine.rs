//! Keys that the machine gives: the metadata service is asked, and requests are signed with what it says.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "other tests use more of it")]
#[path = "support/canned.rs"]
mod canned;

use std::sync::Arc;

use canned::{Canned, Reply};
use forebay_origin::{Credentials, S3Origin, S3Settings, SharedCredentials, Surroundings};

fn answer(body: &str) -> Reply {
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    Reply::Close(format!("{head}\r\n{body}").into_bytes())
}

#[tokio::test]
async fn the_instance_s_role_signs_where_no_other_keys_are() {
    let keys = r#"{"Code": "Success", "AccessKeyId": "MACHINEKEY", "SecretAccessKey": "MACHINESECRET",
        "Token": "MACHINETOKEN", "Expiration": "2999-01-01T00:00:00Z", "Type": "AWS-HMAC",
        "LastUpdated": "2026-01-01T00:00:00Z"}"#;
    let service = Canned::start(vec![answer("metadata-token"), answer("a-role"), answer(keys)]);
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: \"e\"\r\n\
                last-modified: Sun, 22 Nov 2026 23:41:16 GMT\r\nconnection: close\r\n\r\n";
    let again = Reply::Close(head.as_bytes().to_vec());
    let store = Canned::start(vec![again.clone(), again]);
    // SAFETY: the only test of this process, before anything else reads the environment.
    unsafe { std::env::set_var("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url()) };
    let credentials = SharedCredentials::new(Credentials::Of(Surroundings::Machine));
    let settings = S3Settings {
        endpoint: Some(store.url()),
        bucket: "bucket".to_owned(),
        ..S3Settings::default()
    };
    let origin = S3Origin::new(settings, Arc::new(credentials)).unwrap();
    for _ in 0..2 {
        assert_eq!(origin.status("key").await.unwrap().length, 5);
    }
    for head in store.heads() {
        assert!(head.contains("credential=machinekey/"), "{head}");
        assert!(head.contains("x-amz-security-token: machinetoken"), "{head}");
    }
    assert_eq!(service.heads().len(), 3, "what it said is remembered: {:?}", service.heads());
}
