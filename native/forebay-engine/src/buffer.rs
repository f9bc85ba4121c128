//! The memory of one flight.
//!
//! Anonymous pages of its own rather than the allocator's: an 8 MiB piece that has been read is
//! given back to the system at once instead of staying in an arena of the host's allocator, and
//! pages that never filled were never taken.

use bytes::Bytes;
use memmap2::MmapMut;

use crate::budget::Reservation;

/// A run of memory that fills from the front.
#[derive(Debug)]
pub(crate) struct Buffer {
    memory: MmapMut,
    filled: usize,
    _reservation: Reservation,
}

impl Buffer {
    /// Room for `capacity` bytes; `None` where the system has none.
    pub(crate) fn new(capacity: usize, reservation: Reservation) -> Option<Buffer> {
        let memory = MmapMut::map_anon(capacity.max(1)).ok()?;
        Some(Buffer { memory, filled: 0, _reservation: reservation })
    }

    /// Appends as much of `bytes` as fits and says how much that was.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> usize {
        let room = self.memory.len() - self.filled;
        let taken = bytes.len().min(room);
        self.memory[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        taken
    }

    /// What has been filled.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.memory[..self.filled]
    }

    /// The filled part as shared bytes; the reservation lives as long as they do.
    pub(crate) fn freeze(self) -> Bytes {
        Bytes::from_owner(Frozen(self))
    }
}

struct Frozen(Buffer);

impl AsRef<[u8]> for Frozen {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    #[test]
    fn a_buffer_takes_no_more_than_its_room_and_frees_its_share() {
        let budget = Budget::new(10);
        let mut buffer = Buffer::new(4, budget.try_reserve(4).unwrap()).unwrap();
        assert_eq!(buffer.append(b"abc"), 3);
        assert_eq!(buffer.append(b"def"), 1);
        let bytes = buffer.freeze();
        assert_eq!(&bytes[..], b"abcd");
        let part = bytes.slice(1..2);
        drop(bytes);
        assert_eq!((&part[..], budget.used()), (&b"b"[..], 4));
        drop(part);
        assert_eq!(budget.used(), 0);
    }
}
