//! `io.forebay.jni.NativeFile`: one open stream of one pinned version.

use std::ops::Range;
use std::sync::Arc;

use forebay_engine::{Claim, File, FileStatistics, ReadHints, ReadPolicy};
use jni::objects::{JByteArray, JByteBuffer, JClass, JLongArray, JString};
use jni::sys::{jint, jlong};
use jni::{Env, NativeMethod, native_method};

use crate::handles::{Handles, Table};
use crate::native_store::object_of;
use crate::policy::{Answer, ThrowNativeException};
use crate::process::PerProcess;
use crate::transfer::{SCRATCH, Wanted, code, read_in_chunks, with_scratch};
use crate::{decode, encode};

#[cfg(feature = "hostile")]
pub mod hostile;

static FILES: PerProcess<Handles<File>> = PerProcess::new(|| Handles::new(Table::Files));

fn file_of(operation: &'static str, handle: jlong) -> Answer<Arc<File>> {
    FILES.get().find(operation, handle)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn open(store: jlong, key: JString, etag: JString, length: jlong, version_id: JString, split_start: jlong, split_end: jlong, policy: JString) -> jlong,
    error_policy = ThrowNativeException,
};

#[expect(clippy::too_many_arguments, reason = "mirrors NativeFile.open")]
fn open<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    key: JString<'local>,
    etag: JString<'local>,
    length: jlong,
    version_id: JString<'local>,
    split_start: jlong,
    split_end: jlong,
    policy: JString<'local>,
) -> Answer<jlong> {
    let (store, key) = object_of(env, "open", store, &key)?;
    let version = decode::version(env, "open", &etag, length, &version_id)?;
    let policy = ReadPolicy::of(&decode::text(env, "open", "the read policy", &policy)?);
    let hints = ReadHints { split: split(split_start, split_end)?, policy };
    FILES.get().give("open", &key, store.open_file(&key, version, hints)?)
}

fn split(start: jlong, end: jlong) -> Answer<Option<Range<u64>>> {
    let start = decode::optional("open", "split start", start)?;
    let end = decode::optional("open", "split end", end)?;
    Ok(start.zip(end).map(|(start, end)| start..end.max(start)))
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn read(file: jlong, position: jlong, into: jbyte[], offset: jint, length: jint, demand: jlong) -> jint,
    error_policy = ThrowNativeException,
};

#[expect(clippy::too_many_arguments, reason = "mirrors NativeFile.read")]
fn read<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    file: jlong,
    position: jlong,
    into: JByteArray<'local>,
    offset: jint,
    length: jint,
    demand: jlong,
) -> Answer<jint> {
    let file = file_of("read", file)?;
    let region = decode::region_of(env, "read", &into, offset, length)?;
    let wanted = wanted(position, region.len(), demand)?;
    with_scratch(wanted.length, |scratch| {
        read_in_chunks(
            wanted,
            scratch,
            |at, chunk, demand| file.read(at, chunk, demand),
            |done, bytes| {
                let start = jint::try_from(region.start + done).unwrap_or(jint::MAX);
                Ok(into.set_region(env, start, encode::signed(bytes))?)
            },
        )
    })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn read_writable(file: jlong, position: jlong, into: java.nio.ByteBuffer, offset: jint, length: jint, demand: jlong) -> jint,
    error_policy = ThrowNativeException,
};

#[expect(clippy::too_many_arguments, reason = "mirrors NativeFile.readWritable")]
fn read_writable<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    file: jlong,
    position: jlong,
    into: JByteBuffer<'local>,
    offset: jint,
    length: jint,
    demand: jlong,
) -> Answer<jint> {
    let file = file_of("read", file)?;
    let (address, length) = decode::direct(env, "read", &into, offset, length)?;
    let wanted = wanted(position, length, demand)?;
    if wanted.length == 0 {
        return Ok(0);
    }
    // SAFETY: `decode::direct` took the bounds from the buffer itself; Java has refused a read-only
    // one, and `into` keeps it reachable until this entry returns. Java code that touches the same
    // bytes meanwhile races with us as it would with a channel's read.
    let bytes = unsafe { std::slice::from_raw_parts_mut(address, length) };
    Ok(code(file.read(wanted.position, bytes, wanted.demand)?))
}

fn wanted(position: jlong, length: usize, demand: jlong) -> Answer<Wanted> {
    let position = decode::unsigned("read", "position", position)?;
    let demand = decode::unsigned("read", "demand", demand)?;
    Ok(Wanted { position, length, demand })
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn claims(file: jlong, position: jlong, length: jlong) -> jlong[],
    error_policy = ThrowNativeException,
};

fn claims<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    file: jlong,
    position: jlong,
    length: jlong,
) -> Answer<JLongArray<'local>> {
    let file = file_of("claim", file)?;
    let range = decode::range("claim", position, length)?;
    let claims = file.claims(range.start, range.end - range.start)?;
    let triples: Vec<jlong> = claims.iter().flat_map(triple).collect();
    encode::longs(env, &triples)
}

fn triple(claim: &Claim) -> [jlong; 3] {
    [claim.flight.cast_signed(), encode::long(claim.offset), encode::long(claim.length)]
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn land(file: jlong, flight: jlong, bytes: jbyte[], offset: jint, length: jint),
    error_policy = ThrowNativeException,
};

fn land<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    file: jlong,
    flight: jlong,
    bytes: JByteArray<'local>,
    offset: jint,
    length: jint,
) -> Answer<()> {
    let file = file_of("land", file)?;
    let region = decode::region_of(env, "land", &bytes, offset, length)?;
    let mut start = region.start;
    while start < region.end {
        let chunk = (region.end - start).min(SCRATCH);
        with_scratch(chunk, |scratch| {
            let from = jint::try_from(start).unwrap_or(jint::MAX);
            bytes.get_region(env, from, encode::signed_mut(scratch))?;
            Ok(file.land(flight.cast_unsigned(), scratch)?)
        })?;
        start += chunk;
    }
    Ok(())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn abandon(file: jlong, flight: jlong),
    error_policy = ThrowNativeException,
};

fn abandon<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    file: jlong,
    flight: jlong,
) -> Answer<()> {
    file_of("abandon", file)?.abandon(flight.cast_unsigned());
    Ok(())
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn next_ahead(file: jlong) -> jlong[],
    error_policy = ThrowNativeException,
};

fn next_ahead<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    file: jlong,
) -> Answer<JLongArray<'local>> {
    match file_of("look ahead", file)?.next_ahead()? {
        Some(claim) => encode::longs(env, &triple(&claim)),
        None => Ok(JLongArray::null()),
    }
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn want(file: jlong, positions_and_lengths: jlong[]),
    error_policy = ThrowNativeException,
};

fn want<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    file: jlong,
    positions_and_lengths: JLongArray<'local>,
) -> Answer<()> {
    let file = file_of("want", file)?;
    Ok(file.want(&decode::ranges(env, "want", &positions_and_lengths)?)?)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn statistics(file: jlong) -> jlong[],
    error_policy = ThrowNativeException,
};

fn statistics<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    file: jlong,
) -> Answer<JLongArray<'local>> {
    let FileStatistics { bytes, reads, demand_flights, ahead_flights, stalled_ns } =
        file_of("count", file)?.statistics();
    let values = [bytes, reads, demand_flights, ahead_flights, stalled_ns].map(encode::long);
    encode::longs(env, &values)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn describe(file: jlong) -> JString,
    error_policy = ThrowNativeException,
};

fn describe<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    file: jlong,
) -> Answer<JString<'local>> {
    Ok(env.new_string(file_of("describe", file)?.describe())?)
}

const _: NativeMethod<'_> = native_method! {
    java_type = "io.forebay.jni.NativeFile",
    static extern fn close(file: jlong),
    error_policy = ThrowNativeException,
};

fn close<'local>(_env: &mut Env<'local>, _class: JClass<'local>, file: jlong) -> Answer<()> {
    if let Some(file) = FILES.get().remove(file) {
        file.close();
    }
    Ok(())
}
