//! Protocol Buffers' wire format, read from a slice without allocating.
//!
//! A message is a sequence of fields, each a number, a type and a value; values that aren't wanted are
//! passed over. Messages inside messages are handed out as slices, so nothing recurses.
//!
//! Format: <https://protobuf.dev/programming-guides/encoding/>.

use super::compact::{Compact, Read};

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// An integer or an enumeration.
    Number(u64),
    /// A message, a text or a packed list.
    Bytes(&'a [u8]),
    /// Four or eight bytes, which nothing here needs.
    Fixed,
}

impl<'a> Value<'a> {
    /// The value of a field that holds an integer.
    pub(super) fn number(self) -> Read<u64> {
        match self {
            Value::Number(number) => Ok(number),
            Value::Bytes(_) | Value::Fixed => Err("a number has another type".to_owned()),
        }
    }

    /// The value of a field that holds a message.
    pub(super) fn bytes(self) -> Read<&'a [u8]> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Number(_) | Value::Fixed => Err("a message has another type".to_owned()),
        }
    }
}

/// Calls `field` with the number and value of each field of `message`, in order.
pub(super) fn fields<'a>(
    message: &'a [u8],
    mut field: impl FnMut(u64, Value<'a>) -> Read<()>,
) -> Read<()> {
    let mut input = Compact::new(message);
    while !input.rest().is_empty() {
        let tag = input.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(input.varint()?),
            1 => input.take(8).map(|_| Value::Fixed)?,
            2 => {
                let size = input.varint()?;
                Value::Bytes(input.take(size)?)
            }
            5 => input.take(4).map(|_| Value::Fixed)?,
            other => return Err(format!("wire type {other} is not in use")),
        };
        field(tag >> 3, value)?;
    }
    Ok(())
}
