//! From Java's values to Rust's, trusting none of them.

use std::ops::Range;

use forebay_engine::{ETag, Version};
use jni::Env;
use jni::objects::{JByteArray, JByteBuffer, JLongArray, JObjectArray, JString};
use jni::strings::JNIString;
use jni::sys::{jint, jlong};

use crate::policy::{Answer, bad_argument};

/// More properties than any Hadoop configuration has.
const MOST_STRINGS: usize = 1 << 16;

/// More ranges than any file has column chunks.
const MOST_LONGS: usize = 1 << 20;

/// A number that may not be negative.
pub(crate) fn unsigned(operation: &'static str, name: &str, value: jlong) -> Answer<u64> {
    u64::try_from(value).map_err(|_| bad_argument(operation, format!("{name} {value} is negative")))
}

/// A number where -1 stands for nothing.
pub(crate) fn optional(operation: &'static str, name: &str, value: jlong) -> Answer<Option<u64>> {
    if value == -1 { Ok(None) } else { unsigned(operation, name, value).map(Some) }
}

/// The version of an object: a strong ETag, a length, and the version id where the store has one.
pub(crate) fn version(
    env: &Env<'_>,
    operation: &'static str,
    etag: &JString<'_>,
    length: jlong,
    version_id: &JString<'_>,
) -> Answer<Version> {
    let etag = text(env, operation, "the etag", etag)?;
    let version_id = optional_text(env, operation, "the version id", version_id)?;
    version_of(operation, &etag, length, version_id)
}

/// The version that these texts and this number name.
pub(crate) fn version_of(
    operation: &'static str,
    etag: &str,
    length: jlong,
    version_id: Option<String>,
) -> Answer<Version> {
    Ok(Version {
        etag: ETag::strong(etag)
            .ok_or_else(|| bad_argument(operation, format!("'{etag}' is not a strong etag")))?,
        length: unsigned(operation, "length", length)?,
        version_id: version_id.map(Into::into),
    })
}

/// The part of a buffer of `capacity` that `offset` and `length` name.
pub(crate) fn region(
    operation: &'static str,
    capacity: usize,
    offset: jint,
    length: jint,
) -> Answer<Range<usize>> {
    let start = usize::try_from(offset).ok();
    let end = start.zip(usize::try_from(length).ok()).and_then(|(o, l)| o.checked_add(l));
    match start.zip(end) {
        Some((start, end)) if end <= capacity => Ok(start..end),
        Some(_) | None => Err(bad_argument(
            operation,
            format!("offset {offset} and length {length} lie outside a buffer of {capacity} bytes"),
        )),
    }
}

/// The part of `array` that `offset` and `length` name.
pub(crate) fn region_of(
    env: &Env<'_>,
    operation: &'static str,
    array: &JByteArray<'_>,
    offset: jint,
    length: jint,
) -> Answer<Range<usize>> {
    if array.is_null() {
        return Err(bad_argument(operation, "the array is null"));
    }
    region(operation, array.len(env)?, offset, length)
}

/// The address and length of the part of a direct `buffer` that `offset` and `length` name. The
/// Java side has made sure that the buffer is direct and may be written.
pub(crate) fn direct(
    env: &Env<'_>,
    operation: &'static str,
    buffer: &JByteBuffer<'_>,
    offset: jint,
    length: jint,
) -> Answer<(*mut u8, usize)> {
    if buffer.is_null() {
        return Err(bad_argument(operation, "the buffer is null"));
    }
    let region = region(operation, env.get_direct_buffer_capacity(buffer)?, offset, length)?;
    if region.is_empty() {
        // An empty buffer may have no address.
        return Ok((std::ptr::NonNull::dangling().as_ptr(), 0));
    }
    let address = env.get_direct_buffer_address(buffer)?;
    Ok((address.wrapping_add(region.start), region.len()))
}

/// A string that may not be null.
pub(crate) fn text(
    env: &Env<'_>,
    operation: &'static str,
    name: &str,
    value: &JString<'_>,
) -> Answer<String> {
    optional_text(env, operation, name, value)?
        .ok_or_else(|| bad_argument(operation, format!("{name} is null")))
}

/// A string, or `None` for null.
pub(crate) fn optional_text(
    env: &Env<'_>,
    operation: &'static str,
    name: &str,
    value: &JString<'_>,
) -> Answer<Option<String>> {
    if value.is_null() {
        return Ok(None);
    }
    let given = value.mutf8_chars(env)?;
    let text = given.to_str().into_owned();
    // Half a surrogate pair has no spelling in UTF-8 and comes out replaced: another key.
    if text.contains('\u{fffd}') && JNIString::new(&text).to_bytes() != given.to_bytes() {
        // The text itself may be a secret.
        return Err(bad_argument(operation, format!("{name} is not valid Unicode")));
    }
    Ok(Some(text))
}

/// An array of names and values, taken as pairs.
pub(crate) fn pairs(
    env: &mut Env<'_>,
    operation: &'static str,
    array: &JObjectArray<'_, JString<'_>>,
) -> Answer<Vec<(String, String)>> {
    let texts = texts(env, operation, array)?;
    if texts.len() % 2 != 0 {
        let message = format!("{} strings are not pairs of names and values", texts.len());
        return Err(bad_argument(operation, message));
    }
    let mut texts = texts.into_iter();
    let mut pairs = Vec::with_capacity(texts.len() / 2);
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// An array of strings, none of them null.
pub(crate) fn texts(
    env: &mut Env<'_>,
    operation: &'static str,
    array: &JObjectArray<'_, JString<'_>>,
) -> Answer<Vec<String>> {
    if array.is_null() {
        return Err(bad_argument(operation, "the array of strings is null"));
    }
    let length = array.len(env)?;
    if length > MOST_STRINGS {
        return Err(bad_argument(operation, format!("{length} strings are too many")));
    }
    let mut texts = Vec::with_capacity(length);
    for index in 0..length {
        let element = array.get_element(env, index)?;
        let read = text(env, operation, "a string", &element);
        // Local references pile up until the entry returns.
        env.delete_local_ref(element);
        texts.push(read?);
    }
    Ok(texts)
}

/// An array of positions and lengths, taken as ranges.
pub(crate) fn ranges(
    env: &Env<'_>,
    operation: &'static str,
    array: &JLongArray<'_>,
) -> Answer<Vec<Range<u64>>> {
    let numbers = longs(env, operation, array)?;
    if numbers.len() % 2 != 0 {
        let message = format!("{} numbers are not pairs of positions and lengths", numbers.len());
        return Err(bad_argument(operation, message));
    }
    numbers
        .chunks_exact(2)
        .map(|pair| match *pair {
            [position, length] => range(operation, position, length),
            _ => Err(bad_argument(operation, "half a pair")),
        })
        .collect()
}

/// An array of lengths.
pub(crate) fn lengths(
    env: &Env<'_>,
    operation: &'static str,
    array: &JLongArray<'_>,
) -> Answer<Vec<u64>> {
    let numbers = longs(env, operation, array)?;
    numbers.into_iter().map(|length| unsigned(operation, "length", length)).collect()
}

fn longs(env: &Env<'_>, operation: &'static str, array: &JLongArray<'_>) -> Answer<Vec<jlong>> {
    if array.is_null() {
        return Err(bad_argument(operation, "the array of numbers is null"));
    }
    let count = array.len(env)?;
    if count > MOST_LONGS {
        return Err(bad_argument(operation, format!("{count} numbers are too many")));
    }
    let mut numbers = vec![0; count];
    array.get_region(env, 0, &mut numbers)?;
    Ok(numbers)
}

/// `length` bytes from `position` on.
pub(crate) fn range(operation: &'static str, position: jlong, length: jlong) -> Answer<Range<u64>> {
    let start = unsigned(operation, "position", position)?;
    // Two numbers of 63 bits: the sum fits in 64.
    Ok(start..start + unsigned(operation, "length", length)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_lies_inside_its_buffer() {
        assert_eq!(region("read", 10, 3, 7).unwrap(), 3..10);
        assert_eq!(region("read", 10, 10, 0).unwrap(), 10..10);
        assert_eq!(region("read", 0, 0, 0).unwrap(), 0..0);
    }

    #[test]
    fn no_other_pair_of_numbers_is_a_region() {
        for (offset, length) in
            [(-1, 1), (0, -1), (0, 11), (11, 0), (3, 8), (i32::MAX, i32::MAX), (i32::MIN, i32::MIN)]
        {
            assert!(region("read", 10, offset, length).is_err(), "{offset} {length}");
        }
    }

    #[test]
    fn the_longest_range_does_not_overflow() {
        let longest = range("want", i64::MAX, i64::MAX).unwrap();
        assert_eq!(longest.end - longest.start, i64::MAX.cast_unsigned());
        assert!(range("want", -1, 0).is_err());
        assert!(range("want", 0, i64::MIN).is_err());
    }

    #[test]
    fn minus_one_stands_for_nothing_and_other_negatives_for_no_good() {
        assert_eq!(optional("open", "split", -1).unwrap(), None);
        assert_eq!(optional("open", "split", 0).unwrap(), Some(0));
        assert!(optional("open", "split", -2).is_err());
    }
}
