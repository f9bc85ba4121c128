//! The contracts of reading and of buckets, kept with Google's store and with Azure's, against servers
//! that speak their protocols.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests panic to fail")]

#[path = "support/buckets.rs"]
mod buckets;
#[path = "support/bytes_of.rs"]
mod bytes_of;
#[path = "support/contract.rs"]
mod contract;
#[path = "support/emulators.rs"]
mod emulators;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use contract::World;
use emulators::{ACCOUNT, BUCKET, Emulator};
use forebay_origin::{
    AzureIdentity, AzureOrigin, AzureSettings, Bucket, Existing, GcsIdentity, GcsOrigin,
    GcsSettings, Origin,
};
use forebay_types::{ErrorKind, Identity};

/// The bucket as identities name it.
pub(crate) fn bucket_of(name: &str) -> String {
    if name == "azure" { format!("{BUCKET}@{ACCOUNT}") } else { BUCKET.to_owned() }
}

struct StoreWorld<B> {
    name: &'static str,
    bucket: B,
    denied: B,
}

#[async_trait]
impl<B: Bucket> World for StoreWorld<B> {
    fn origin(&self) -> &dyn Origin {
        &self.bucket
    }

    fn denied(&self) -> &dyn Origin {
        &self.denied
    }

    async fn put(&self, key: &str, body: Vec<u8>) -> Identity {
        let length = u64::try_from(body.len()).unwrap();
        let etag = self.bucket.put(key, Bytes::from(body), Existing::Replaced).await.unwrap();
        bytes_of::identity(&bucket_of(self.name), key, &etag, length)
    }

    async fn delete(&self, key: &str) {
        self.bucket.delete(key).await.unwrap();
    }
}

/// The server asks nobody who they are, so whoever has no rights is refused here: its key file is none.
fn gcs(emulator: &Emulator, identity: GcsIdentity) -> GcsOrigin {
    GcsOrigin::new(GcsSettings { identity, ..emulator.gcs_settings() }).unwrap()
}

fn azure(emulator: &Emulator, identity: Option<AzureIdentity>) -> AzureOrigin {
    let usual = emulator.azure_settings();
    let identity = identity.unwrap_or(usual.identity.clone());
    AzureOrigin::new(AzureSettings { identity, ..usual }).unwrap()
}

#[tokio::test]
async fn google_s_store_keeps_the_contracts() {
    let emulator = Emulator::gcs();
    let bucket = gcs(&emulator, GcsIdentity::Anonymous);
    let denied = gcs(&emulator, GcsIdentity::KeyFile("/nowhere/key.json".into()));
    let world = StoreWorld { name: "gcs", bucket: bucket.clone(), denied };
    contract::run("GcsOrigin", Arc::new(world)).await;
    buckets::run("gcs", &bucket).await;
    let other = GcsSettings { bucket: "none".to_owned(), ..emulator.gcs_settings() };
    no_bucket(&GcsOrigin::new(other).unwrap()).await;
}

#[tokio::test]
async fn azure_s_store_keeps_the_contracts() {
    let emulator = Emulator::azure();
    let bucket = azure(&emulator, None);
    no_bucket(&bucket).await;
    emulator.create_container().await;
    let wrong =
        "bm90LXRoZS1rZXktbm90LXRoZS1rZXktbm90LXRoZS1rZXktbm90LXRoZS1rZXktbm90LXRoZS1rZXktbm90LXQ=";
    let denied = azure(&emulator, Some(AzureIdentity::Key(wrong.into())));
    let world = StoreWorld { name: "azure", bucket: bucket.clone(), denied };
    contract::run("AzureOrigin", Arc::new(world)).await;
    buckets::run("azure", &bucket).await;
}

async fn no_bucket(bucket: &dyn Bucket) {
    let error = bucket.list(&forebay_origin::ListAsk::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}
