//! ORC's end of file, and what each stripe says about itself.
//!
//! An ORC file ends with metadata (the stripes' statistics), a footer (the stripes' places, the types),
//! a postscript that says how long and how packed both are, and one byte, the postscript's length. The
//! footer names stripes only; where the columns of a stripe lie stands in the stripe's own footer, at
//! its end. So a [`Footer`] of an ORC file begins with row groups whose chunks are unknown, and learns
//! them one by one ([`Footer::describe`]) as their bytes come by.
//!
//! A chunk here is all data streams of one column of a stripe, which every writer lays side by side.
//! Index streams stand before them, in an area of their own.
//!
//! Field numbers are those of
//! <https://github.com/apache/orc-format/blob/main/src/main/proto/orc/proto/orc_proto.proto>.

use std::ops::Range;
use std::sync::OnceLock;

use super::codec::Codec;
use super::compact::Read;
use super::decode::{MAX_CHUNKS, fingerprint};
use super::proto::{Value, fields};
use super::{Chunk, Footer, MAX_METADATA};

/// The first byte that can hold data: the file begins with a magic of three.
const FIRST: u64 = 3;

/// The footer of a stripe longer than this is left alone: at 10 to 20 bytes per stream it describes
/// some 100,000 columns.
const MAX_STRIPE_FOOTER: u64 = 2 << 20;

/// What is known of the stripes beyond their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stripes {
    codec: Codec,
    stripes: Vec<Stripe>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stripe {
    /// Where the index streams end and the data streams begin.
    data: u64,
    /// Its own footer.
    footer: Range<u64>,
    /// Unknown until its footer was seen; empty where that is of no use.
    chunks: OnceLock<Box<[Chunk]>>,
}

/// The lengths in a postscript.
struct Postscript {
    footer: u64,
    metadata: u64,
    codec: Codec,
}

/// How many bytes from the end hold footer and postscript; `None` where `tail` isn't long enough to
/// say.
pub(super) fn needed(tail: &[u8], length: u64) -> Read<Option<u64>> {
    let Some((script, size)) = postscript_bytes(tail) else { return Ok(None) };
    let script = postscript(script)?;
    let needed = script.footer.saturating_add(size);
    if script.footer == 0 || needed.saturating_add(script.metadata) > length {
        return Err(format!(
            "a footer of {} bytes and metadata of {} don't fit into a file of {length}",
            script.footer, script.metadata
        ));
    }
    if script.footer > MAX_METADATA {
        return Err(format!(
            "a footer of {} bytes is longer than the {MAX_METADATA} that are looked into",
            script.footer
        ));
    }
    Ok(Some(needed))
}

/// The postscript, and how many bytes it and the last one take.
fn postscript_bytes(tail: &[u8]) -> Option<(&[u8], u64)> {
    let (size, front) = tail.split_last()?;
    let start = front.len().checked_sub(usize::from(*size))?;
    Some((front.get(start..)?, u64::from(*size) + 1))
}

/// How long the postscript at the end of `tail` makes what must be read to read it.
pub(super) fn postscript_length(tail: &[u8]) -> u64 {
    tail.last().map_or(1, |size| u64::from(*size) + 1)
}

fn postscript(bytes: &[u8]) -> Read<Postscript> {
    let (mut footer, mut metadata, mut statistics, mut kind, mut block) = (0, 0, 0_u64, 0, None);
    fields(bytes, |id, value| {
        match id {
            1 => footer = value.number()?,
            2 => kind = value.number()?,
            3 => block = Some(value.number()?),
            5 => metadata = value.number()?,
            7 => statistics = value.number()?,
            _ => {}
        }
        Ok(())
    })?;
    let metadata = metadata.checked_add(statistics).ok_or("the metadata's length overflows")?;
    Ok(Postscript { footer, metadata, codec: Codec::of(kind, block)? })
}

/// Decodes the footer of a file of `length` bytes, whose last bytes are `tail`, as many as
/// [`needed`].
pub(super) fn footer(tail: &[u8], length: u64) -> Read<Footer> {
    let short = || "the file is shorter than its postscript says".to_owned();
    let (script_bytes, size) = postscript_bytes(tail).ok_or_else(short)?;
    let script = postscript(script_bytes)?;
    let start = length.checked_sub(size.saturating_add(script.footer)).ok_or_else(short)?;
    let body_end = start.checked_sub(script.metadata).ok_or_else(short)?;
    let held = usize::try_from(script.footer.saturating_add(size)).map_err(|_| short())?;
    let front = tail.len().checked_sub(held).and_then(|skip| tail.get(skip..));
    let packed = usize::try_from(script.footer).ok().zip(front);
    let packed = packed.and_then(|(size, front)| front.get(..size)).ok_or_else(short)?;
    let limit = usize::try_from(MAX_METADATA).unwrap_or(usize::MAX);
    let message = script.codec.unpack(packed, limit)?;
    let mut decoder = Decoder { free: FIRST, end: body_end, ..Decoder::default() };
    fields(&message, |id, value| decoder.field(id, value))?;
    decoder.finish(Footer {
        length,
        start,
        index: (script.metadata > 0).then_some(body_end..start),
        columns: 0,
        chunks: Vec::new(),
        row_groups: Vec::new(),
        stripes: Some(Stripes { codec: script.codec, stripes: Vec::new() }),
        schema_fingerprint: 0,
    })
}

#[derive(Debug, Default)]
struct Decoder {
    free: u64,
    end: u64,
    stripes: Vec<Stripe>,
    ranges: Vec<Range<u64>>,
    types: usize,
    schema: u64,
}

impl Decoder {
    fn field(&mut self, id: u64, value: Value<'_>) -> Read<()> {
        match id {
            3 => self.stripe(value.bytes()?),
            4 => {
                self.types += 1;
                self.schema = self.schema.rotate_left(5) ^ fingerprint(value.bytes()?);
                Ok(())
            }
            10 => Err("its columns are encrypted".to_owned()),
            _ => Ok(()),
        }
    }

    fn stripe(&mut self, message: &[u8]) -> Read<()> {
        let (mut start, mut index, mut data, mut footer) = (0, 0, 0, 0);
        fields(message, |id, value| {
            match id {
                1 => start = value.number()?,
                2 => index = value.number()?,
                3 => data = value.number()?,
                4 => footer = value.number()?,
                _ => {}
            }
            Ok(())
        })?;
        let number = self.stripes.len();
        let parts = [index, data, footer].iter().try_fold(start, |at, part| at.checked_add(*part));
        let end = parts.filter(|end| start >= self.free && *end <= self.end && footer > 0);
        let end = end.ok_or_else(|| {
            format!("stripe {number} ({start}, {index}, {data}, {footer}) lies where it can't")
        })?;
        if number >= MAX_CHUNKS {
            return Err(format!("the file has more than {MAX_CHUNKS} stripes"));
        }
        self.free = end;
        let data_start = start + index;
        let footer = data_start + data..end;
        self.stripes.push(Stripe { data: data_start, footer, chunks: OnceLock::new() });
        self.ranges.push(start..end);
        Ok(())
    }

    fn finish(mut self, empty: Footer) -> Read<Footer> {
        if self.types == 0 {
            return Err("the footer has no types".to_owned());
        }
        if self.types.saturating_mul(self.stripes.len()) > MAX_CHUNKS {
            return Err(format!("the file has more than {MAX_CHUNKS} column chunks"));
        }
        self.stripes.shrink_to_fit();
        self.ranges.shrink_to_fit();
        let stripes = empty.stripes.map(|known| Stripes { stripes: self.stripes, ..known });
        Ok(Footer {
            columns: self.types,
            row_groups: self.ranges,
            stripes,
            schema_fingerprint: self.schema,
            ..empty
        })
    }
}

impl Stripes {
    /// The chunks of a stripe; none while they aren't known.
    pub(super) fn chunks(&self, number: usize) -> Option<&[Chunk]> {
        let stripe = self.stripes.get(number)?;
        Some(stripe.chunks.get().map_or(&[], |chunks| chunks))
    }

    /// The index streams of a stripe.
    pub(super) fn index(&self, number: usize, start: u64) -> Option<Range<u64>> {
        self.stripes.get(number).map(|stripe| start..stripe.data).filter(|range| !range.is_empty())
    }

    /// A stripe's own footer, and whether it has been understood.
    pub(super) fn footer(&self, number: usize) -> Option<(Range<u64>, bool)> {
        let stripe = self.stripes.get(number)?;
        let small = stripe.footer.end - stripe.footer.start <= MAX_STRIPE_FOOTER;
        Some((stripe.footer.clone(), !small || stripe.chunks.get().is_some()))
    }

    /// Takes note of a stripe's footer. One that can't be understood leaves the stripe without chunks.
    pub(super) fn describe(&self, number: usize, packed: &[u8], start: u64, columns: usize) {
        if let Some(stripe) = self.stripes.get(number) {
            let chunks = stripe.read(self.codec, packed, start, columns);
            // Whoever came first has read the same bytes.
            let _ = stripe.chunks.set(chunks.unwrap_or_default());
        }
    }

    pub(super) fn heap(&self, columns: usize) -> usize {
        let chunks = columns.saturating_mul(size_of::<Chunk>());
        self.stripes.len().saturating_mul(size_of::<Stripe>().saturating_add(chunks))
    }
}

impl Stripe {
    fn read(&self, codec: Codec, packed: &[u8], start: u64, columns: usize) -> Read<Box<[Chunk]>> {
        let limit = usize::try_from(MAX_STRIPE_FOOTER).unwrap_or(usize::MAX).saturating_mul(4);
        let message = codec.unpack(packed, limit)?;
        let mut seen = vec![false; columns];
        let mut chunks: Vec<Chunk> = Vec::new();
        let mut at = start;
        fields(&message, |id, value| {
            if id != 1 {
                return Ok(());
            }
            let (kind, column, length) = stream(value.bytes()?)?;
            let from = at;
            at =
                at.checked_add(length).filter(|end| *end <= self.footer.start).ok_or("too long")?;
            if is_index(kind) || length == 0 {
                return Ok(());
            }
            if from < self.data {
                return Err("a data stream lies among the index".to_owned());
            }
            match chunks.last_mut() {
                Some(last) if last.column == column && last.end == from => last.end = at,
                Some(_) | None => {
                    let slot = usize::try_from(column).ok().and_then(|c| seen.get_mut(c));
                    let slot = slot.ok_or_else(|| format!("there is no column {column}"))?;
                    // A column in two places is read as if its second place were unknown.
                    if !std::mem::replace(slot, true) {
                        chunks.push(Chunk { start: from, end: at, dictionary: 0, column });
                    }
                }
            }
            Ok(())
        })?;
        Ok(chunks.into_boxed_slice())
    }
}

/// Kind, column and length of a stream.
fn stream(message: &[u8]) -> Read<(u64, u32, u64)> {
    let (mut kind, mut column, mut length) = (0, 0, 0);
    fields(message, |id, value| {
        match id {
            1 => kind = value.number()?,
            2 => column = value.number()?,
            3 => length = value.number()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((kind, u32::try_from(column).map_err(|_| "no such column".to_owned())?, length))
}

/// Row indexes, Bloom filters of both kinds, and encrypted indexes.
fn is_index(kind: u64) -> bool {
    (6..=9).contains(&kind)
}

#[cfg(test)]
pub(crate) mod tests;
