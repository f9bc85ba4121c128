//! `io.forebay.jni.NativeInquiry`: one question about what a file is now.

use std::sync::Arc;

use forebay_engine::{Answer as Found, Asker, Inquiry};
use jni::objects::{JClass, JLongArray, JObjectArray, JString};
use jni::sys::{jboolean, jlong};
use jni::{Env, NativeMethod, native_method};

use crate::handles::{Handles, Table};
use crate::native_store::object_of;
use crate::policy::{Answer, ThrowNativeException};
use crate::process::PerProcess;
use crate::{decode, encode};

const UNDER_WAY: jlong = 0;
const PRESENT: jlong = 1;
const UNCHANGED: jlong = 2;
const UNSETTLED: jlong = 3;

static INQUIRIES: PerProcess<Handles<Inquiry>> = PerProcess::new(|| Handles::new(Table::Inquiries));

fn inquiry_of(handle: jlong) -> Answer<Arc<Inquiry>> {
    INQUIRIES.get().find("inquire", handle)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeInquiry",
    static extern fn begin(store: jlong, key: JString, etag: JString, length: jlong, version_id: JString, expected: jlong, goes_on: jboolean) -> jlong,
    error_policy = ThrowNativeException,
};

#[expect(clippy::too_many_arguments, reason = "mirrors NativeInquiry.begin")]
fn begin<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    etag: JString<'local>,
    length: jlong,
    version_id: JString<'local>,
    expected: jlong,
    goes_on: jboolean,
) -> Answer<jlong> {
    let (store, key) = object_of(env, "inquire", store, &key)?;
    let known = match etag.is_null() {
        true => None,
        false => Some(decode::version(env, "inquire", &etag, length, &version_id)?),
    };
    let expected = decode::optional("inquire", "the expected length", expected)?;
    let asker = if goes_on { Asker::GoesOn } else { Asker::Begins };
    INQUIRIES.get().give("inquire", &key, store.inquire(&key, known, expected, asker)?)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeInquiry",
    static extern fn answer(inquiry: jlong) -> jlong[],
    error_policy = ThrowNativeException,
};

fn answer<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    inquiry: jlong,
) -> Answer<JLongArray<'local>> {
    let numbers = match inquiry_of(inquiry)?.answer() {
        Found::UnderWay => [UNDER_WAY, 0, 0],
        Found::Present(status) => {
            [PRESENT, encode::long(status.version.length), encode::millis(status.last_modified)]
        }
        Found::Unchanged => [UNCHANGED, 0, 0],
        Found::Unsettled(kind) => [UNSETTLED, jlong::from(kind.code()), 0],
    };
    encode::longs(env, &numbers)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeInquiry",
    static extern fn version(inquiry: jlong) -> JString[],
    error_policy = ThrowNativeException,
};

fn version<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    inquiry: jlong,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let Found::Present(status) = inquiry_of(inquiry)?.answer() else {
        return Ok(JObjectArray::<JString<'_>>::null());
    };
    let etag = status.version.etag.bare();
    match &status.version_id {
        Some(id) => encode::strings(env, [etag, id].into_iter()),
        None => encode::strings(env, [etag].into_iter()),
    }
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeInquiry",
    static extern fn close(inquiry: jlong),
    error_policy = ThrowNativeException,
};

fn close<'local>(_env: &mut Env<'local>, _class: JClass<'local>, inquiry: jlong) -> Answer<()> {
    drop(INQUIRIES.get().remove(inquiry));
    Ok(())
}
