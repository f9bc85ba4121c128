//! `io.forebay.jni.NativeEngine`: the process's engine, its metrics, notes and log.

use std::sync::{Arc, OnceLock};

use forebay_engine::{Engine, EngineSettings, Level, Settings};
use forebay_types::{Error, ErrorKind};
use jni::objects::{JClass, JLongArray, JObjectArray, JString};
use jni::sys::{jint, jlong};
use jni::{Env, NativeMethod, native_method};

use crate::policy::{Answer, ThrowNativeException};
use crate::process::PerProcess;
use crate::{decode, encode};

static ENGINE: PerProcess<OnceLock<Arc<Engine>>> = PerProcess::new(OnceLock::new);

/// The engine that `start` started in this process.
pub(crate) fn engine() -> Answer<&'static Arc<Engine>> {
    ENGINE.get().get().ok_or_else(|| {
        let message = "the engine was not started; call NativeEngine.start first";
        Error::new(ErrorKind::InvalidArgument, "open store", "", message).into()
    })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeEngine",
    static extern fn start(keys_and_values: JString[], heap_bytes: jlong) -> JString[],
    error_policy = ThrowNativeException,
};

fn start<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    keys_and_values: JObjectArray<'local, JString<'local>>,
    heap_bytes: jlong,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let given = decode::pairs(env, "start", &keys_and_values)?;
    let heap_bytes = decode::unsigned("start", "heap size", heap_bytes)?;
    let config = Settings::new(given, None);
    let started = forebay_engine::shared(EngineSettings { config, heap_bytes })?;
    let _first = ENGINE.get().set(started.engine);
    let lines = started.notes.iter().map(|note| match note.level {
        Level::Info => format!("I {}", note.text),
        Level::Warn => format!("W {}", note.text),
    });
    encode::strings(env, lines)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeEngine",
    static extern fn metric_names() -> JString[],
    error_policy = ThrowNativeException,
};

fn metric_names<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    encode::strings(env, forebay_engine::metrics().iter().map(|metric| metric.name()))
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeEngine",
    static extern fn metric_values() -> jlong[],
    error_policy = ThrowNativeException,
};

fn metric_values<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
) -> Answer<JLongArray<'local>> {
    let values: Vec<jlong> =
        forebay_engine::metrics().iter().map(|metric| encode::long(metric.get())).collect();
    encode::longs(env, &values)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeEngine",
    static extern fn drain_log(max: jint) -> JString[],
    error_policy = ThrowNativeException,
};

fn drain_log<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    max: jint,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let max = usize::try_from(max).unwrap_or(0);
    let triples: Vec<String> = forebay_engine::drain_log(max)
        .into_iter()
        .flat_map(|line| [line.level.to_owned(), line.target, line.text])
        .collect();
    encode::strings(env, triples.iter())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeEngine",
    static extern fn count_window_bytes(n: jlong),
    error_policy = ThrowNativeException,
};

fn count_window_bytes<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    n: jlong,
) -> Answer<()> {
    forebay_engine::count_window_bytes(decode::unsigned("count", "number of bytes", n)?);
    Ok(())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeEngine",
    static extern fn panic_for_test(),
    error_policy = ThrowNativeException,
};

/// Proves from Java that a panic is one `NativeException` and the JVM lives; package-private there.
#[expect(clippy::panic, reason = "it is what this entry is for")]
fn panic_for_test<'local>(_env: &mut Env<'local>, _class: JClass<'local>) -> Answer<()> {
    panic!("asked for by a test");
}
