//! Small records on disk: a magic number, some numbers, and a checksum over all of it.

use crate::crc;

/// Bytes of a record of so many numbers.
pub(crate) const fn length(numbers: usize) -> usize {
    8 + numbers * 8 + 4
}

/// The record of `numbers`.
pub(crate) fn seal(magic: [u8; 8], numbers: &[u64]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    let crc = crc::of(&bytes);
    bytes.extend(crc.to_le_bytes());
    bytes
}

/// The numbers of a record; `None` for anything that [`seal`] has not written.
pub(crate) fn open<const N: usize>(magic: [u8; 8], bytes: &[u8]) -> Option<[u64; N]> {
    let (body, crc) = bytes.split_at_checked(length(N) - 4)?;
    let rest = body.strip_prefix(&magic)?;
    if crc != crc::of(body).to_le_bytes() {
        return None;
    }
    let mut numbers = [0; N];
    for (number, bytes) in numbers.iter_mut().zip(rest.as_chunks::<8>().0) {
        *number = u64::from_le_bytes(*bytes);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_opens() {
        let sealed = seal(*b"sometest", &[1, u64::MAX]);
        assert_eq!(sealed.len(), length(2));
        assert_eq!(open(*b"sometest", &sealed), Some([1, u64::MAX]));
        assert_eq!(open::<2>(*b"anothers", &sealed), None);
        for at in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[at] ^= 1;
            assert_eq!(open::<2>(*b"sometest", &broken), None, "byte {at}");
            assert_eq!(open::<2>(*b"sometest", &sealed[..at]), None, "cut at {at}");
        }
    }
}
