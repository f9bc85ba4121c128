//! From Rust's values to Java's.

use std::time::{SystemTime, UNIX_EPOCH};

use jni::Env;
use jni::objects::{JLongArray, JObjectArray, JString};
use jni::sys::{jbyte, jlong};

use crate::policy::Answer;

/// A number as Java's `long`; what doesn't fit can only be "more than ever happens".
pub(crate) fn long(value: u64) -> jlong {
    jlong::try_from(value).unwrap_or(jlong::MAX)
}

/// A moment as Java tells time: milliseconds since 1970.
pub(crate) fn millis(moment: SystemTime) -> jlong {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    jlong::try_from(since.as_millis()).unwrap_or(jlong::MAX)
}

/// The same bytes as Java's.
pub(crate) fn signed(bytes: &[u8]) -> &[jbyte] {
    // SAFETY: `u8` and `i8` have one size and alignment, and every bit pattern is valid for both.
    unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

/// The same bytes as Java's, to be written.
pub(crate) fn signed_mut(bytes: &mut [u8]) -> &mut [jbyte] {
    // SAFETY: as in `signed`; the borrow is as exclusive as the one it is made from.
    unsafe { std::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len()) }
}

pub(crate) fn longs<'local>(env: &mut Env<'local>, values: &[jlong]) -> Answer<JLongArray<'local>> {
    let array = env.new_long_array(values.len())?;
    array.set_region(env, 0, values)?;
    Ok(array)
}

pub(crate) fn strings<'local>(
    env: &mut Env<'local>,
    values: impl ExactSizeIterator<Item = impl AsRef<str>>,
) -> Answer<JObjectArray<'local, JString<'local>>> {
    let array = JObjectArray::<JString<'_>>::new(env, values.len(), JString::null())?;
    for (index, value) in values.enumerate() {
        let text = env.new_string(value)?;
        array.set_element(env, index, &text)?;
        // Local references pile up until the entry returns.
        env.delete_local_ref(text);
    }
    Ok(array)
}
