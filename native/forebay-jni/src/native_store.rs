//! `io.forebay.jni.NativeStore`: one file system instance's view of one bucket.

mod stores;

use std::sync::Arc;
use std::time::Duration;

use forebay_engine::{
    Access, Credentials, DirectSettings, Proof, RetryPolicy, Settings, Store, StoreSettings,
    Surroundings, WriteSettings,
};
use jni::objects::{JClass, JObjectArray, JString};
use jni::sys::{jboolean, jlong};
use jni::{Env, NativeMethod, native_method};

use crate::decode;
use crate::handles::{Handles, Table};
use crate::native_engine::engine;
use crate::policy::{Answer, ThrowNativeException, bad_argument};
use crate::process::PerProcess;

static STORES: PerProcess<Handles<Store>> = PerProcess::new(|| Handles::new(Table::Stores));

/// The store behind a handle.
pub(crate) fn store_of(operation: &'static str, handle: jlong) -> Answer<Arc<Store>> {
    STORES.get().find(operation, handle)
}

/// The same, and the key of an object in it: what most calls begin with.
pub(crate) fn object_of(
    env: &Env<'_>,
    operation: &'static str,
    handle: jlong,
    key: &JString<'_>,
) -> Answer<(Arc<Store>, String)> {
    let store = store_of(operation, handle)?;
    Ok((store, decode::text(env, operation, "the key", key)?))
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeStore",
    static extern fn open(keys_and_values: JString[], access: JString[]) -> jlong,
    error_policy = ThrowNativeException,
};

fn open<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    keys_and_values: JObjectArray<'local, JString<'local>>,
    access: JObjectArray<'local, JString<'local>>,
) -> Answer<jlong> {
    let given = decode::pairs(env, "open store", &keys_and_values)?;
    let access = decode::pairs(env, "open store", &access)?;
    let settings = settings(given, &access)?;
    STORES.get().give("open store", "", engine()?.open_store(settings)?)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeStore",
    static extern fn credentials(store: jlong, access_key: JString, secret_key: JString, session_token: JString),
    error_policy = ThrowNativeException,
};

fn credentials<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    access_key: JString<'local>,
    secret_key: JString<'local>,
    session_token: JString<'local>,
) -> Answer<()> {
    let operation = "set credentials";
    let store = store_of(operation, store)?;
    let access_key = decode::optional_text(env, operation, "the access key", &access_key)?;
    let secret_key = decode::optional_text(env, operation, "the secret key", &secret_key)?;
    let session_token = decode::optional_text(env, operation, "the session token", &session_token)?;
    store.set_credentials(match (access_key, secret_key) {
        (Some(access_key), Some(secret_key)) => Credentials::Keys {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            session_token: session_token.map(Into::into),
        },
        (None, None) => Credentials::Anonymous,
        (Some(_), None) | (None, Some(_)) => {
            return Err(bad_argument(operation, "one of access key and secret key is missing"));
        }
    });
    Ok(())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeStore",
    static extern fn credentials_of(store: jlong, surroundings: JString),
    error_policy = ThrowNativeException,
};

fn credentials_of<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    surroundings: JString<'local>,
) -> Answer<()> {
    let operation = "set credentials";
    let store = store_of(operation, store)?;
    let who = match decode::text(env, operation, "the surroundings", &surroundings)?.as_str() {
        "machine" => Surroundings::Machine,
        "web-identity" => Surroundings::WebIdentity,
        other => return Err(bad_argument(operation, format!("nobody gives keys of '{other}'"))),
    };
    store.set_credentials(Credentials::Of(who));
    Ok(())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeStore",
    static extern fn invalidate(store: jlong, key: JString, prefix: jboolean),
    error_policy = ThrowNativeException,
};

fn invalidate<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    prefix: jboolean,
) -> Answer<()> {
    let (store, key) = object_of(env, "invalidate", store, &key)?;
    if prefix {
        store.invalidate_prefix(&key)
    } else {
        store.invalidate(&key)
    }
    Ok(())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeStore",
    static extern fn close(store: jlong),
    error_policy = ThrowNativeException,
};

fn close<'local>(_env: &mut Env<'local>, _class: JClass<'local>, store: jlong) -> Answer<()> {
    if let Some(store) = STORES.get().remove(store) {
        store.close();
    }
    Ok(())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeStore",
    static extern fn bring(store: jlong, key: JString, etag: JString, length: jlong, version_id: JString) -> jboolean,
    error_policy = ThrowNativeException,
};

fn bring<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    etag: JString<'local>,
    length: jlong,
    version_id: JString<'local>,
) -> Answer<jboolean> {
    let (store, key) = object_of(env, "bring", store, &key)?;
    let version = decode::version(env, "bring", &etag, length, &version_id)?;
    Ok(store.bring(&key, version)?)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeStore",
    static extern fn proof(store: jlong, key: JString, etag: JString, length: jlong, version_id: JString) -> jlong,
    error_policy = ThrowNativeException,
};

fn proof<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    etag: JString<'local>,
    length: jlong,
    version_id: JString<'local>,
) -> Answer<jlong> {
    let (store, key) = object_of(env, "proof", store, &key)?;
    let version = decode::version(env, "proof", &etag, length, &version_id)?;
    Ok(match store.proof(&key, version)? {
        Proof::Given { age } => jlong::try_from(age.as_nanos()).unwrap_or(jlong::MAX),
        Proof::None => -1,
        Proof::UnderWay => -2,
    })
}

fn settings(given: Vec<(String, String)>, access: &[(String, String)]) -> Answer<StoreSettings> {
    let bucket = named(access, "bucket")?;
    let endpoint = named(access, "endpoint")?;
    Ok(StoreSettings {
        kind: named(access, "kind")?.to_owned(),
        endpoint: endpoint.to_owned(),
        bucket: bucket.to_owned(),
        content_settings: parsed::<i64>(access, "content-settings")?.cast_unsigned(),
        config: Settings::new(given, Some(bucket)),
        access: match (named(access, "mode")?, named(access, "kind")?) {
            ("delegate", _) => Access::Delegate,
            ("direct", "gs") => Access::Gcs(Box::new(stores::gcs(access)?)),
            ("direct", "abfs") => Access::Azure(Box::new(stores::azure(access)?)),
            ("direct", _) => Access::Direct(Box::new(s3(access)?)),
            (other, _) => {
                let message = format!("mode '{other}' is neither direct nor delegate");
                return Err(bad_argument("open store", message));
            }
        },
    })
}

fn s3(access: &[(String, String)]) -> Answer<DirectSettings> {
    Ok(DirectSettings {
        region: named(access, "region")?.to_owned(),
        endpoint: optional(access, "endpoint"),
        path_style: parsed(access, "path-style")?,
        connect_timeout: millis(access, "connect-timeout")?,
        retry: retry(access)?,
        write: WriteSettings {
            encryption: optional(access, "encryption"),
            encryption_key: optional(access, "encryption-key"),
            acl: optional(access, "acl"),
            storage_class: optional(access, "storage-class"),
            content_encoding: optional(access, "content-encoding"),
        },
    })
}

/// How requests are made again: what a file system without a wrapped one says, else the usual.
fn retry(access: &[(String, String)]) -> Answer<RetryPolicy> {
    let usual = RetryPolicy::default();
    Ok(RetryPolicy {
        retries: match optional(access, "retries") {
            Some(_) => parsed(access, "retries")?,
            None => usual.retries,
        },
        pause: millis(access, "retry-pause")?.unwrap_or(usual.pause),
        total: millis(access, "retry-total")?.unwrap_or(usual.total),
    })
}

fn millis(access: &[(String, String)], name: &str) -> Answer<Option<Duration>> {
    let given = optional(access, name).map(|_| parsed(access, name).map(Duration::from_millis));
    given.transpose()
}

fn optional(access: &[(String, String)], name: &str) -> Option<String> {
    let found = access.iter().find(|(given, _)| given == name);
    found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
}

fn named<'a>(access: &'a [(String, String)], name: &str) -> Answer<&'a str> {
    access
        .iter()
        .find(|(given, _)| given == name)
        .map(|(_, value)| value.as_str())
        .ok_or_else(|| bad_argument("open store", format!("'{name}' is missing")))
}

fn parsed<T: std::str::FromStr>(access: &[(String, String)], name: &str) -> Answer<T> {
    let text = named(access, name)?;
    text.parse().map_err(|_| bad_argument("open store", format!("'{name}' cannot be '{text}'")))
}

#[cfg(test)]
mod tests {
    use forebay_types::ErrorKind;

    use super::*;
    use crate::policy::Failure;

    fn access(changed: &str, value: &str) -> Vec<(String, String)> {
        [
            ("kind", "s3"),
            ("endpoint", ""),
            ("bucket", "lake"),
            ("region", "eu-west-1"),
            ("path-style", "false"),
            ("mode", "direct"),
            ("content-settings", "-1"),
        ]
        .into_iter()
        .map(|(name, usual)| (name.to_owned(), if name == changed { value } else { usual }.into()))
        .collect()
    }

    #[test]
    fn an_empty_endpoint_is_the_store_s_own_default() {
        let settings = settings(Vec::new(), &access("", "")).ok().unwrap();
        let Access::Direct(direct) = settings.access else { panic!("not direct") };
        assert_eq!((direct.endpoint, direct.path_style), (None, false));
        assert_eq!(settings.content_settings, u64::MAX);
    }

    #[test]
    fn what_is_missing_or_misspelt_is_named() {
        for (name, value) in [("mode", "both"), ("path-style", "yes"), ("content-settings", "x")] {
            let failure = settings(Vec::new(), &access(name, value)).err().unwrap();
            let Failure::Engine(error) = failure else { panic!("{failure:?}") };
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains(value), "{error}");
        }
        let without: Vec<_> = access("", "").into_iter().filter(|(n, _)| n != "region").collect();
        assert!(settings(Vec::new(), &without).is_err());
    }
}
