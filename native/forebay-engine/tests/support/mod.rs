//! An engine over a store in this process.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use forebay_engine::{
    Access, Credentials, DirectSettings, ETag, Engine, EngineSettings, File, Proof, ReadHints,
    ReadStep, Result, Settings, Store, StoreSettings, Version,
};
use forebay_testkit::content;
use forebay_testkit::origin::Bucket;

pub(crate) const SEED: u64 = 7;

pub(crate) struct Rig {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<Store>,
}

/// An engine with a cache under `directory`, or in memory only, and a store that reads `bucket`.
pub(crate) fn rig(bucket: &Bucket, directory: Option<&Path>) -> Rig {
    rig_with(bucket, directory, &[])
}

pub(crate) fn rig_with(bucket: &Bucket, directory: Option<&Path>, more: &[(&str, &str)]) -> Rig {
    let mut given: Vec<(String, String)> =
        more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    if given.iter().all(|(key, _)| key != "fs.forebay.cache.size") {
        given.push(("fs.forebay.cache.size".to_owned(), "256MB".to_owned()));
    }
    let place = directory.map_or("/proc/none".to_owned(), |path| path.display().to_string());
    given.push(("fs.forebay.cache.dirs".to_owned(), place));
    let config = Settings::new(given, None);
    let settings = EngineSettings { config: config.clone(), heap_bytes: 0 };
    let engine = Engine::start(settings).unwrap().engine;
    let store = store_with(&engine, bucket, config);
    Rig { engine, store }
}

/// A store of `engine` that reads `bucket` by the library's own client.
pub(crate) fn store_on(engine: &Arc<Engine>, bucket: &Bucket) -> Arc<Store> {
    store_with(engine, bucket, Settings::default())
}

fn store_with(engine: &Arc<Engine>, bucket: &Bucket, config: Settings) -> Arc<Store> {
    let access = Access::Direct(Box::new(DirectSettings {
        region: "us-east-1".to_owned(),
        endpoint: Some(bucket.url()),
        path_style: true,
        ..DirectSettings::default()
    }));
    let store = engine.open_store(store_settings(bucket, config, access)).unwrap();
    store.set_credentials(Credentials::Anonymous);
    store
}

/// The same engine seen by a host that fetches by itself.
pub(crate) fn delegate(rig: &Rig, bucket: &Bucket) -> Arc<Store> {
    let settings = store_settings(bucket, Settings::default(), Access::Delegate);
    rig.engine.open_store(settings).unwrap()
}

fn store_settings(bucket: &Bucket, config: Settings, access: Access) -> StoreSettings {
    StoreSettings {
        kind: "s3".to_owned(),
        endpoint: bucket.url(),
        bucket: Bucket::NAME.to_owned(),
        content_settings: 0,
        config,
        access,
    }
}

/// Puts `length` bytes of the oracle's content.
pub(crate) fn put(bucket: &Bucket, key: &str, version: u32, length: usize) -> Version {
    let etag = bucket.put(key, content::bytes(SEED, key, version, 0, length));
    Version { etag: ETag::strong(&etag).unwrap(), length: length as u64, version_id: None }
}

pub(crate) fn open(store: &Arc<Store>, key: &str, version: &Version) -> Arc<File> {
    store.open_file(key, version.clone(), ReadHints::default()).unwrap()
}

/// Reads a whole range as a host does: again after each short or pending answer.
pub(crate) fn read(file: &File, range: Range<u64>) -> Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap()];
    let mut done = 0;
    while done < bytes.len() {
        let left = (bytes.len() - done) as u64;
        match file.read(range.start + done as u64, &mut bytes[done..], left)? {
            ReadStep::Bytes(read) => done += read,
            ReadStep::EndOfFile => {
                bytes.truncate(done);
                return Ok(bytes);
            }
            ReadStep::Pending => {}
            ReadStep::Delegate => panic!("a direct store never asks its host"),
        }
    }
    Ok(bytes)
}

/// Reads and checks that it is what `version` of `key` holds there.
pub(crate) fn check(file: &File, key: &str, version: u32, range: Range<u64>) {
    let bytes = read(file, range.clone()).unwrap();
    assert_eq!(bytes.len() as u64, range.end - range.start, "{range:?}");
    content::check(SEED, key, version, range.start, &bytes).unwrap();
}

/// What is known once no confirmation is under way any more.
pub(crate) fn settled_proof(rig: &Rig, key: &str, version: &Version) -> Proof {
    loop {
        match rig.store.proof(key, version.clone()).unwrap() {
            Proof::UnderWay => {}
            settled @ (Proof::Given { .. } | Proof::None) => return settled,
        }
    }
}
