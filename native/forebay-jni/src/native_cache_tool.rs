//! `io.forebay.jni.NativeCacheTool`: looks at cache directories, checks and changes them.
//!
//! Stateless: every call names the directory it means. What is found goes up as names and values in
//! turn.

use std::path::Path;

use forebay_engine::{Settings, tool};
use jni::objects::{JClass, JObjectArray, JString};
use jni::sys::{jboolean, jlong};
use jni::{Env, NativeMethod, native_method};

use crate::policy::{Answer, ThrowNativeException};
use crate::{decode, encode};

const LOOK: &str = "inspect";

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCacheTool",
    static extern fn places(keys_and_values: JString[]) -> JString[],
    error_policy = ThrowNativeException,
};

fn places<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    keys_and_values: JObjectArray<'local, JString<'local>>,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let given = decode::pairs(env, LOOK, &keys_and_values)?;
    let (places, size) = tool::places(&Settings::new(given, None))?;
    let size = size.map_or_else(String::new, |size| size.to_string());
    let places = places.iter().map(|place| place.display().to_string());
    let answer: Vec<String> = std::iter::once(size).chain(places).collect();
    encode::strings(env, answer.iter())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCacheTool",
    static extern fn complaints(keys_and_values: JString[], bucket: JString) -> JString[],
    error_policy = ThrowNativeException,
};

fn complaints<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    keys_and_values: JObjectArray<'local, JString<'local>>,
    bucket: JString<'local>,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let given = decode::pairs(env, LOOK, &keys_and_values)?;
    let bucket = decode::optional_text(env, LOOK, "the bucket", &bucket)?;
    let found = tool::complaints(&given, bucket.as_deref());
    encode::strings(env, found.iter())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCacheTool",
    static extern fn directory(parent: JString, probe: jboolean) -> JString[],
    error_policy = ThrowNativeException,
};

fn directory<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    parent: JString<'local>,
    probe: jboolean,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let parent = decode::text(env, LOOK, "the directory", &parent)?;
    let found = tool::directory(Path::new(&parent), probe)?;
    facts(env, found)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCacheTool",
    static extern fn segments(parent: JString) -> JString[],
    error_policy = ThrowNativeException,
};

fn segments<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    parent: JString<'local>,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let parent = decode::text(env, LOOK, "the directory", &parent)?;
    let found = tool::segments(Path::new(&parent))?;
    encode::strings(env, found.iter())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCacheTool",
    static extern fn segment(parent: JString, name: JString) -> JString[],
    error_policy = ThrowNativeException,
};

fn segment<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    parent: JString<'local>,
    name: JString<'local>,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let (parent, name) = meant(env, &parent, &name)?;
    let found = tool::segment(Path::new(&parent), &name)?;
    facts(env, found)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCacheTool",
    static extern fn verify(parent: JString, name: JString, drop: jboolean) -> JString[],
    error_policy = ThrowNativeException,
};

fn verify<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    parent: JString<'local>,
    name: JString<'local>,
    drop: jboolean,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let (parent, name) = meant(env, &parent, &name)?;
    let found = tool::verify(Path::new(&parent), &name, drop)?;
    facts(env, found)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCacheTool",
    static extern fn remove(parent: JString, name: JString) -> jboolean,
    error_policy = ThrowNativeException,
};

fn remove<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    parent: JString<'local>,
    name: JString<'local>,
) -> Answer<jboolean> {
    let (parent, name) = meant(env, &parent, &name)?;
    Ok(tool::remove(Path::new(&parent), &name)?)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCacheTool",
    static extern fn settle(parent: JString),
    error_policy = ThrowNativeException,
};

fn settle<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    parent: JString<'local>,
) -> Answer<()> {
    let parent = decode::text(env, LOOK, "the directory", &parent)?;
    Ok(tool::settle(Path::new(&parent))?)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeCacheTool",
    static extern fn set_budget(parent: JString, bytes: jlong) -> JString[],
    error_policy = ThrowNativeException,
};

fn set_budget<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    parent: JString<'local>,
    bytes: jlong,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let parent = decode::text(env, LOOK, "the directory", &parent)?;
    let bytes = decode::unsigned(LOOK, "budget", bytes)?;
    let found = tool::set_budget(Path::new(&parent), bytes)?;
    facts(env, found)
}

fn meant(env: &Env<'_>, parent: &JString<'_>, name: &JString<'_>) -> Answer<(String, String)> {
    let parent = decode::text(env, LOOK, "the directory", parent)?;
    Ok((parent, decode::text(env, LOOK, "the segment", name)?))
}

fn facts<'local>(
    env: &mut Env<'local>,
    found: Vec<tool::Fact>,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let flat: Vec<String> =
        found.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
    encode::strings(env, flat.iter())
}
