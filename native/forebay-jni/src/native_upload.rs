//! `io.forebay.jni.NativeUpload`: one file being written.

use std::sync::Arc;

use forebay_engine::{Upload, UploadSettings, UploadStep};
use jni::objects::{JByteArray, JClass, JString};
use jni::sys::{jboolean, jint, jlong};
use jni::{Env, NativeMethod, native_method};

use crate::handles::{Handles, Table};
use crate::native_call::existing;
use crate::native_store::object_of;
use crate::policy::{Answer, ThrowNativeException, bad_argument};
use crate::process::PerProcess;
use crate::transfer::{PENDING, with_scratch};
use crate::{decode, encode};

static UPLOADS: PerProcess<Handles<Upload>> = PerProcess::new(|| Handles::new(Table::Uploads));

fn upload_of(handle: jlong) -> Answer<Arc<Upload>> {
    UPLOADS.get().find("write", handle)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeUpload",
    static extern fn open(store: jlong, key: JString, part: jlong, parallel: jint, kept: jboolean) -> jlong,
    error_policy = ThrowNativeException,
};

fn open<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    part: jlong,
    parallel: jint,
    kept: jboolean,
) -> Answer<jlong> {
    let (store, key) = object_of(env, "write", store, &key)?;
    let settings = UploadSettings {
        part: decode::unsigned("write", "part", part)?,
        parallel: usize::try_from(parallel)
            .map_err(|_| bad_argument("write", "a negative number of parts"))?,
        existing: existing(kept),
    };
    UPLOADS.get().give("write", &key, store.upload(&key, settings)?)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeUpload",
    static extern fn write(upload: jlong, bytes: jbyte[], offset: jint, length: jint) -> jint,
    error_policy = ThrowNativeException,
};

fn write<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    upload: jlong,
    bytes: JByteArray<'local>,
    offset: jint,
    length: jint,
) -> Answer<jint> {
    let upload = upload_of(upload)?;
    let region = decode::region_of(env, "write", &bytes, offset, length)?;
    with_scratch(region.len(), |scratch| {
        bytes.get_region(env, offset, encode::signed_mut(scratch))?;
        Ok(match upload.write(scratch)? {
            UploadStep::Taken(count) => jint::try_from(count).unwrap_or(jint::MAX),
            UploadStep::Pending | UploadStep::Done => PENDING,
        })
    })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeUpload",
    static extern fn is_finished(upload: jlong) -> jboolean,
    error_policy = ThrowNativeException,
};

fn is_finished<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    upload: jlong,
) -> Answer<jboolean> {
    Ok(upload_of(upload)?.finish()? == UploadStep::Done)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeUpload",
    static extern fn close(upload: jlong),
    error_policy = ThrowNativeException,
};

fn close<'local>(_env: &mut Env<'local>, _class: JClass<'local>, upload: jlong) -> Answer<()> {
    if let Some(upload) = UPLOADS.get().remove(upload) {
        upload.give_up();
    }
    Ok(())
}
