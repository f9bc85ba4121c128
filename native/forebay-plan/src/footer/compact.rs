//! Thrift's compact protocol, read from a slice without allocating.
//!
//! Every step consumes at least one byte or ends the walk, so the time is linear in the input
//! whatever the input claims; the depth of what is skipped is bounded, so the stack is too. Types are
//! never assumed: the caller compares the [`Kind`] found with the one it expects.
//!
//! Format: <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.

/// What was read, or the sentence that says why it can't be.
pub(super) type Read<T> = Result<T, String>;

/// How deep skipped values may nest. Parquet's own structures nest less than ten deep.
const MAX_DEPTH: u8 = 32;

/// The type of a field or of a list's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    True,
    False,
    Byte,
    I16,
    I32,
    I64,
    Double,
    Binary,
    List,
    Set,
    Map,
    Struct,
    Uuid,
}

impl Kind {
    fn of(code: u8) -> Read<Kind> {
        Ok(match code {
            1 => Kind::True,
            2 => Kind::False,
            3 => Kind::Byte,
            4 => Kind::I16,
            5 => Kind::I32,
            6 => Kind::I64,
            7 => Kind::Double,
            8 => Kind::Binary,
            9 => Kind::List,
            10 => Kind::Set,
            11 => Kind::Map,
            12 => Kind::Struct,
            13 => Kind::Uuid,
            other => return Err(format!("type {other} is not one of Thrift's")),
        })
    }

    /// Refuses a field of another type than its definition says.
    pub(super) fn is(self, expected: Kind) -> Read<()> {
        if self == expected {
            Ok(())
        } else {
            Err(format!("found a {self:?} where a {expected:?} belongs"))
        }
    }
}

/// What is left of the input.
#[derive(Debug, Clone)]
pub(super) struct Compact<'a> {
    rest: &'a [u8],
}

impl<'a> Compact<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Compact<'a> {
        Compact { rest: bytes }
    }

    /// The bytes not yet read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Reads a structure: `field` is called with the id and type of each field and must consume it.
    pub(super) fn structure(
        &mut self,
        mut field: impl FnMut(&mut Self, i16, Kind) -> Read<()>,
    ) -> Read<()> {
        let mut last = 0_i16;
        loop {
            let header = self.byte()?;
            if header == 0 {
                return Ok(());
            }
            let kind = Kind::of(header & 0x0f)?;
            let id = match i16::from(header >> 4) {
                0 => i16::try_from(self.integer()?).ok(),
                delta => last.checked_add(delta),
            };
            last = id.ok_or_else(|| "a field's number is out of range".to_owned())?;
            field(self, last, kind)?;
        }
    }

    /// Reads the head of a list: the type and number of its elements. Each takes at least a byte, so
    /// more elements than bytes are a lie.
    pub(super) fn list(&mut self) -> Read<(Kind, usize)> {
        let header = self.byte()?;
        let size = match header >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        let size = usize::try_from(size).ok().filter(|size| *size <= self.rest.len());
        let size = size.ok_or_else(|| "a list is longer than the footer".to_owned())?;
        // Some writers give an empty list no type.
        let kind = if header == 0 { Kind::Byte } else { Kind::of(header & 0x0f)? };
        Ok((kind, size))
    }

    /// Reads a signed integer of any width.
    pub(super) fn integer(&mut self) -> Read<i64> {
        let raw = self.varint()?;
        Ok((raw >> 1).cast_signed() ^ -((raw & 1).cast_signed()))
    }

    /// Reads an integer that can't be negative.
    pub(super) fn unsigned(&mut self) -> Read<u64> {
        let value = self.integer()?;
        u64::try_from(value).map_err(|_| format!("{value} stands where no negative number may"))
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self, kind: Kind) -> Read<()> {
        self.skip_within(kind, MAX_DEPTH)
    }

    fn skip_within(&mut self, kind: Kind, depth: u8) -> Read<()> {
        let Some(deeper) = depth.checked_sub(1) else {
            return Err(format!("values nest more than {MAX_DEPTH} deep"));
        };
        match kind {
            Kind::True | Kind::False => Ok(()),
            Kind::Byte => self.byte().map(|_| ()),
            Kind::I16 | Kind::I32 | Kind::I64 => self.varint().map(|_| ()),
            Kind::Double => self.take(8).map(drop),
            Kind::Uuid => self.take(16).map(drop),
            Kind::Binary => {
                let size = self.varint()?;
                self.take(size).map(drop)
            }
            Kind::List | Kind::Set => {
                let (kind, size) = self.list()?;
                (0..size).try_for_each(|_| self.skip_element(kind, deeper))
            }
            Kind::Map => self.skip_map(deeper),
            Kind::Struct => self.structure(|input, _, kind| input.skip_within(kind, deeper)),
        }
    }

    /// A boolean is part of a field's head, but a byte of its own inside a collection.
    fn skip_element(&mut self, kind: Kind, depth: u8) -> Read<()> {
        match kind {
            Kind::True | Kind::False => self.take(1).map(drop),
            Kind::Byte
            | Kind::I16
            | Kind::I32
            | Kind::I64
            | Kind::Double
            | Kind::Binary
            | Kind::List
            | Kind::Set
            | Kind::Map
            | Kind::Struct
            | Kind::Uuid => self.skip_within(kind, depth),
        }
    }

    fn skip_map(&mut self, depth: u8) -> Read<()> {
        let size = self.varint()?;
        if size == 0 {
            return Ok(());
        }
        let kinds = self.byte()?;
        let (key, value) = (Kind::of(kinds >> 4)?, Kind::of(kinds & 0x0f)?);
        for _ in 0..size {
            self.skip_element(key, depth)?;
            self.skip_element(value, depth)?;
        }
        Ok(())
    }

    /// Reads a number of seven bits per byte, the lowest first; Protocol Buffers have the same.
    pub(super) fn varint(&mut self) -> Read<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number is wider than 64 bits".to_owned())
    }

    fn byte(&mut self) -> Read<u8> {
        let (first, rest) = self.rest.split_first().ok_or_else(short)?;
        self.rest = rest;
        Ok(*first)
    }

    /// Reads `size` bytes.
    pub(super) fn take(&mut self, size: u64) -> Read<&'a [u8]> {
        let size = usize::try_from(size).map_err(|_| short())?;
        let (taken, rest) = self.rest.split_at_checked(size).ok_or_else(short)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn short() -> String {
    "the footer ends in the middle of a value".to_owned()
}
