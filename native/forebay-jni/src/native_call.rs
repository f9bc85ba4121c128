//! `io.forebay.jni.NativeCall`: one thing done to a bucket beside reading it.

use std::sync::Arc;

use bytes::Bytes;
use forebay_engine::{
    Brought, Call, Copied, Existing, Found, ListAsk, Page, Part, PartsUpload, Pending, Store,
};
use jni::objects::{JByteArray, JClass, JLongArray, JObjectArray, JString};
use jni::sys::{jboolean, jint, jlong};
use jni::{Env, NativeMethod, native_method};

use crate::handles::{Handles, Table};
use crate::native_store::{object_of, store_of};
use crate::policy::{Answer, ThrowNativeException, bad_argument};
use crate::process::PerProcess;
use crate::{decode, encode};

static CALLS: PerProcess<Handles<Pending>> = PerProcess::new(|| Handles::new(Table::Calls));

fn call_of(handle: jlong) -> Answer<Arc<Pending>> {
    CALLS.get().find("wait", handle)
}

fn begin(store: &Store, operation: &'static str, call: Call) -> Answer<jlong> {
    CALLS.get().give(operation, "", Arc::new(store.call(call)?))
}

pub(crate) fn existing(kept: jboolean) -> Existing {
    if kept { Existing::Kept } else { Existing::Replaced }
}

/// The store and the object in parts that a call is about.
fn upload_of(
    env: &Env<'_>,
    operation: &'static str,
    store: jlong,
    key: &JString<'_>,
    id: &JString<'_>,
) -> Answer<(Arc<Store>, PartsUpload)> {
    let (store, key) = object_of(env, operation, store, key)?;
    let id = decode::text(env, operation, "the upload", id)?;
    Ok((store, PartsUpload { key, id, mark: None }))
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn status(store: jlong, key: JString) -> jlong,
    error_policy = ThrowNativeException,
};

fn status<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
) -> Answer<jlong> {
    let (store, key) = object_of(env, "head", store, &key)?;
    begin(&store, "head", Call::Status { key })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn list(store: jlong, prefix: JString, by_directory: jboolean, after: JString, most: jint) -> jlong,
    error_policy = ThrowNativeException,
};

fn list<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    prefix: JString<'local>,
    by_directory: jboolean,
    after: JString<'local>,
    most: jint,
) -> Answer<jlong> {
    let store = store_of("list", store)?;
    let ask = ListAsk {
        prefix: decode::text(env, "list", "the prefix", &prefix)?,
        by_directory,
        after: decode::optional_text(env, "list", "the page", &after)?,
        most: u32::try_from(most).map_err(|_| bad_argument("list", "a negative page"))?,
    };
    begin(&store, "list", Call::List(ask))
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn put(store: jlong, key: JString, bytes: jbyte[], kept: jboolean) -> jlong,
    error_policy = ThrowNativeException,
};

fn put<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    bytes: JByteArray<'local>,
    kept: jboolean,
) -> Answer<jlong> {
    let (store, key) = object_of(env, "write", store, &key)?;
    let body = body(env, "write", &bytes)?;
    begin(&store, "write", Call::Put { key, body, existing: existing(kept) })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn copy(store: jlong, from_and_to: JString[], lengths: jlong[]) -> jlong,
    error_policy = ThrowNativeException,
};

fn copy<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    from_and_to: JObjectArray<'local, JString<'local>>,
    lengths: JLongArray<'local>,
) -> Answer<jlong> {
    let store = store_of("copy", store)?;
    let pairs = decode::pairs(env, "copy", &from_and_to)?;
    let lengths = decode::lengths(env, "copy", &lengths)?;
    if pairs.len() != lengths.len() {
        return Err(bad_argument("copy", "each pair of keys needs a length"));
    }
    let copied = |((from, to), length)| Copied { from, to, length };
    begin(&store, "copy", Call::Copy(pairs.into_iter().zip(lengths).map(copied).collect()))
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn delete(store: jlong, key: JString) -> jlong,
    error_policy = ThrowNativeException,
};

fn delete<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
) -> Answer<jlong> {
    let (store, key) = object_of(env, "delete", store, &key)?;
    begin(&store, "delete", Call::Delete { key })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn delete_page(store: jlong, keys: JString[]) -> jlong,
    error_policy = ThrowNativeException,
};

fn delete_page<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    keys: JObjectArray<'local, JString<'local>>,
) -> Answer<jlong> {
    let store = store_of("delete", store)?;
    let keys = decode::texts(env, "delete", &keys)?;
    begin(&store, "delete", Call::DeletePage(keys))
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn begin_upload(store: jlong, key: JString) -> jlong,
    error_policy = ThrowNativeException,
};

fn begin_upload<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
) -> Answer<jlong> {
    let (store, key) = object_of(env, "begin upload", store, &key)?;
    begin(&store, "begin upload", Call::BeginUpload { key })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn put_part(store: jlong, key: JString, upload: JString, number: jint, bytes: jbyte[]) -> jlong,
    error_policy = ThrowNativeException,
};

fn put_part<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    id: JString<'local>,
    number: jint,
    bytes: JByteArray<'local>,
) -> Answer<jlong> {
    const OPERATION: &str = "write part";
    let (store, upload) = upload_of(env, OPERATION, store, &key, &id)?;
    let number = u32::try_from(number).map_err(|_| bad_argument(OPERATION, "a negative part"))?;
    let body = body(env, OPERATION, &bytes)?;
    begin(&store, OPERATION, Call::PutPart { upload, number, body })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn complete_upload(store: jlong, key: JString, upload: JString, numbers_and_etags: JString[], kept: jboolean) -> jlong,
    error_policy = ThrowNativeException,
};

fn complete_upload<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    id: JString<'local>,
    numbers_and_etags: JObjectArray<'local, JString<'local>>,
    kept: jboolean,
) -> Answer<jlong> {
    const OPERATION: &str = "complete";
    let (store, upload) = upload_of(env, OPERATION, store, &key, &id)?;
    let mut parts = Vec::new();
    for (number, etag) in decode::pairs(env, OPERATION, &numbers_and_etags)? {
        let wrong = |_| bad_argument(OPERATION, format!("'{number}' is no number of a part"));
        parts.push(Part { number: number.parse().map_err(wrong)?, etag });
    }
    let existing = existing(kept);
    begin(&store, OPERATION, Call::CompleteUpload { upload, parts, existing })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn abort_upload(store: jlong, key: JString, upload: JString) -> jlong,
    error_policy = ThrowNativeException,
};

fn abort_upload<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    id: JString<'local>,
) -> Answer<jlong> {
    const OPERATION: &str = "abort upload";
    let (store, upload) = upload_of(env, OPERATION, store, &key, &id)?;
    begin(&store, OPERATION, Call::AbortUpload { upload })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn is_done(call: jlong) -> jboolean,
    error_policy = ThrowNativeException,
};

fn is_done<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    call: jlong,
) -> Answer<jboolean> {
    Ok(call_of(call)?.wait()?.is_some())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn texts(call: jlong) -> JString[],
    error_policy = ThrowNativeException,
};

fn texts<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    call: jlong,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let texts = call_of(call)?.wait()?.as_ref().map(texts_of).unwrap_or_default();
    encode::strings(env, texts.iter())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn numbers(call: jlong) -> jlong[],
    error_policy = ThrowNativeException,
};

fn numbers<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    call: jlong,
) -> Answer<JLongArray<'local>> {
    let numbers = call_of(call)?.wait()?.as_ref().map(numbers_of).unwrap_or_default();
    encode::longs(env, &numbers)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCall",
    static extern fn close(call: jlong),
    error_policy = ThrowNativeException,
};

fn close<'local>(_env: &mut Env<'local>, _class: JClass<'local>, call: jlong) -> Answer<()> {
    drop(CALLS.get().remove(call));
    Ok(())
}

fn texts_of(brought: &Brought) -> Vec<String> {
    let named = |object: &Found| [object.key.clone(), object.etag.clone().unwrap_or_default()];
    match brought {
        Brought::Nothing => Vec::new(),
        Brought::Text(text) => vec![text.clone()],
        Brought::Object(object) => {
            let [key, etag] = named(object);
            vec![key, etag, object.version_id.clone().unwrap_or_default()]
        }
        Brought::Page(Page { objects, prefixes, next }) => {
            let mut texts = vec![next.clone().unwrap_or_default()];
            texts.extend(objects.iter().flat_map(named));
            texts.extend_from_slice(prefixes);
            texts
        }
        Brought::Undeleted(keys) => {
            keys.iter().flat_map(|stayed| [stayed.key.clone(), stayed.code.clone()]).collect()
        }
    }
}

fn numbers_of(brought: &Brought) -> Vec<jlong> {
    let measured = |object: &Found| [encode::long(object.length), encode::millis(object.modified)];
    match brought {
        Brought::Object(object) => measured(object).to_vec(),
        Brought::Page(page) => page.objects.iter().flat_map(measured).collect(),
        Brought::Nothing | Brought::Text(_) | Brought::Undeleted(_) => Vec::new(),
    }
}

fn body(env: &Env<'_>, operation: &'static str, bytes: &JByteArray<'_>) -> Answer<Bytes> {
    if bytes.is_null() {
        return Err(bad_argument(operation, "the array is null"));
    }
    let length = bytes.len(env)?;
    let mut body = Vec::new();
    if body.try_reserve_exact(length).is_err() {
        return Err(bad_argument(operation, "no native memory for the bytes"));
    }
    body.resize(length, 0);
    bytes.get_region(env, 0, encode::signed_mut(&mut body))?;
    Ok(body.into())
}
