//! How ORC packs its footers: chunks of at most one block, each behind a head of three bytes.
//!
//! The head says how long the chunk is and whether it is packed at all. A chunk unpacks into a buffer
//! of one block, the size that the file's postscript names and [`MAX_BLOCK`] bounds, so no input makes
//! a decoder take more: deflate, snappy and LZ4 write into that buffer and nothing else, and a Zstandard
//! frame that wants a larger window than [`MAX_BLOCK`] is refused before its decoder sees it.
//!
//! Format: <https://orc.apache.org/specification/ORCv1/>, "Compression".

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::compact::Read;

/// The largest block taken: the head's 23 bits can't name a longer chunk. Writers use 64 to 256 KiB.
const MAX_BLOCK: u64 = 8 << 20;

/// The block where the postscript names none.
const DEFAULT_BLOCK: u64 = 256 << 10;

/// How the file's footers are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Deflate,
    Snappy,
    Lz4,
    Zstd,
}

/// What unpacks the footers of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Codec {
    kind: Kind,
    block: usize,
}

impl Codec {
    /// The codec of a postscript's `compression` and `compressionBlockSize`.
    pub(super) fn of(kind: u64, block: Option<u64>) -> Read<Codec> {
        let kind = match kind {
            0 => Kind::Plain,
            1 => Kind::Deflate,
            2 => Kind::Snappy,
            4 => Kind::Lz4,
            5 => Kind::Zstd,
            other => return Err(format!("it is packed in a way not known here ({other})")),
        };
        let block = block.unwrap_or(DEFAULT_BLOCK);
        let checked = usize::try_from(block).ok().filter(|_| (1..=MAX_BLOCK).contains(&block));
        let block = checked.ok_or_else(|| format!("blocks of {block} bytes are not sensible"))?;
        Ok(Codec { kind, block })
    }

    /// Unpacks `bytes` into at most `limit`.
    pub(super) fn unpack(self, bytes: &[u8], limit: usize) -> Read<Vec<u8>> {
        let mut out = Vec::new();
        if self.kind == Kind::Plain {
            extend(&mut out, bytes, limit)?;
            return Ok(out);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let (head, body) = rest.split_first_chunk::<3>().ok_or_else(short)?;
            let head = u32::from_le_bytes([head[0], head[1], head[2], 0]);
            let length = usize::try_from(head >> 1).map_err(|_| short())?;
            let (chunk, after) = body.split_at_checked(length).ok_or_else(short)?;
            rest = after;
            if head & 1 == 1 {
                extend(&mut out, chunk, limit)?;
            } else {
                self.chunk(chunk, &mut out, limit)?;
            }
        }
        Ok(out)
    }

    fn chunk(self, chunk: &[u8], out: &mut Vec<u8>, limit: usize) -> Read<()> {
        let before = out.len();
        let room = self.block.min(limit.saturating_sub(before));
        out.try_reserve(room).map_err(|_| "no memory to unpack the footer".to_owned())?;
        out.resize(before + room, 0);
        let into = out.get_mut(before..).unwrap_or_default();
        let written = match self.kind {
            Kind::Plain => None,
            Kind::Deflate => inflate(chunk, into),
            Kind::Snappy => snap::raw::Decoder::new().decompress(chunk, into).ok(),
            Kind::Lz4 => lz4_flex::block::decompress_into(chunk, into).ok(),
            Kind::Zstd => unpack_frame(chunk, into),
        };
        let written = written.filter(|written| *written <= room);
        out.truncate(before + written.unwrap_or(0));
        written.map(drop).ok_or_else(|| format!("a chunk of {} bytes does not unpack", chunk.len()))
    }
}

fn inflate(chunk: &[u8], into: &mut [u8]) -> Option<usize> {
    let chunks = std::iter::once(chunk);
    miniz_oxide::inflate::decompress_slice_iter_to_slice(into, chunks, false, true).ok()
}

/// One Zstandard frame, unpacked a block at a time so that no more than a window and a block is held.
fn unpack_frame(mut chunk: &[u8], into: &mut [u8]) -> Option<usize> {
    if window(chunk)? > MAX_BLOCK {
        return None;
    }
    let mut decoder = FrameDecoder::new();
    decoder.init(&mut chunk).ok()?;
    let mut written = 0;
    loop {
        decoder.decode_blocks(&mut chunk, BlockDecodingStrategy::UptoBlocks(1)).ok()?;
        loop {
            let room = into.get_mut(written..)?;
            match std::io::Read::read(&mut decoder, room).ok()? {
                0 => break,
                read => written += read,
            }
        }
        if decoder.can_collect() > 0 && written == into.len() {
            return None;
        }
        if decoder.is_finished() {
            return (chunk.is_empty() && decoder.can_collect() == 0).then_some(written);
        }
    }
}

/// The window a frame asks for: RFC 8878, section 3.1.1.1.
fn window(frame: &[u8]) -> Option<u64> {
    let (magic, rest) = frame.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*magic) != 0xfd2f_b528 {
        return None;
    }
    let (descriptor, rest) = rest.split_first()?;
    if descriptor & 0b0010_0000 == 0 {
        let window = u64::from(*rest.first()?);
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * (window & 7));
    }
    let skip = match descriptor & 3 {
        0 => 0,
        1 => 1,
        2 => 2,
        _ => 4,
    };
    let size = rest.get(skip..)?;
    match descriptor >> 6 {
        0 => size.first().map(|byte| u64::from(*byte)),
        1 => size.first_chunk::<2>().map(|bytes| u64::from(u16::from_le_bytes(*bytes)) + 256),
        2 => size.first_chunk::<4>().map(|bytes| u64::from(u32::from_le_bytes(*bytes))),
        _ => size.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes)),
    }
}

fn extend(out: &mut Vec<u8>, bytes: &[u8], limit: usize) -> Read<()> {
    if bytes.len() > limit.saturating_sub(out.len()) {
        return Err(format!("it unpacks to more than {limit} bytes"));
    }
    out.try_reserve(bytes.len()).map_err(|_| "no memory to unpack the footer".to_owned())?;
    out.extend_from_slice(bytes);
    Ok(())
}

fn short() -> String {
    "the footer ends in the middle of a chunk".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head and a packed chunk.
    fn packed(chunk: &[u8]) -> Vec<u8> {
        let head = u32::try_from(chunk.len()).unwrap() << 1;
        [&head.to_le_bytes()[..3], chunk].concat()
    }

    #[test]
    fn a_chunk_of_zeros_cannot_outgrow_its_block() {
        let zeros = vec![0_u8; 64 << 20];
        let deflated = miniz_oxide::deflate::compress_to_vec(&zeros, 6);
        let snapped = snap::raw::Encoder::new().compress_vec(&zeros).unwrap();
        for (kind, chunk) in [(1, deflated), (2, snapped)] {
            let codec = Codec::of(kind, Some(256 << 10)).unwrap();
            assert!(codec.unpack(&packed(&chunk), 16 << 20).is_err(), "kind {kind}");
        }
    }

    #[test]
    fn a_frame_with_a_huge_window_is_refused_before_its_decoder_sees_it() {
        let huge = [0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3];
        assert_eq!(window(&huge), Some(128 << 20));
        assert!(Codec::of(5, None).unwrap().unpack(&packed(&huge), 1 << 20).is_err());
        let single = [0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000, 255, 255, 255, 255, 255, 0, 0, 0];
        assert_eq!(window(&single), Some((1 << 40) - 1));
    }

    #[test]
    fn what_is_not_packed_is_taken_as_it_is_within_the_limit() {
        let codec = Codec::of(1, None).unwrap();
        let plain = [&[7_u8, 0, 0][..], b"abc"].concat();
        assert_eq!(codec.unpack(&plain, 3).unwrap(), b"abc");
        assert!(codec.unpack(&plain, 2).is_err());
        assert!(codec.unpack(&plain[..5], 3).is_err());
        assert!(Codec::of(3, None).is_err(), "LZO");
        assert!(Codec::of(1, Some(1 << 30)).is_err());
    }
}
