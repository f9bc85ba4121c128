//! CRC32C, at the speed of two units of the processor.
//!
//! Every byte a read answers is checked, so this is what a hit costs beyond `pread`. crc-fast folds
//! with carry-less multiplication (VPCLMULQDQ), which on AMD's Zen 5 is bound by that one unit: 67
//! GB/s. The `crc32` instruction uses another: eight independent streams of it reach 79 GB/s there.
//! [`mixed`] does half of a cell with each, interleaved, and reaches 112 GB/s. On other processors the balance differs (Intel's multiplies twice as fast per clock, and runs one `crc32`
//! per clock), so the two are timed against each other once, in some microseconds at the first use,
//! and the faster one is kept.
//!
//! *State* is the register's content, inverted neither before nor after.

use std::sync::OnceLock;

use crc_fast::{CrcAlgorithm, Digest};

/// What the register begins with, and what the result is xored with.
const INVERT: u32 = u32::MAX;

/// Continues a state over bytes.
type Kernel = fn(u32, &[u8]) -> u32;

/// The CRC32C of `bytes`.
pub(crate) fn of(bytes: &[u8]) -> u32 {
    kernel()(INVERT, bytes) ^ INVERT
}

fn kernel() -> Kernel {
    static KERNEL: OnceLock<Kernel> = OnceLock::new();
    *KERNEL.get_or_init(fastest)
}

fn folding(state: u32, bytes: &[u8]) -> u32 {
    if state == INVERT {
        return crc_fast::crc32_iscsi(bytes) ^ INVERT;
    }
    let mut digest = Digest::new_with_init_state(CrcAlgorithm::Crc32Iscsi, u64::from(state));
    digest.update(bytes);
    // A register of 32 bits in a variable of 64.
    u32::try_from(digest.get_state() & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(not(target_arch = "x86_64"))]
fn fastest() -> Kernel {
    folding
}

#[cfg(target_arch = "x86_64")]
fn fastest() -> Kernel {
    use std::time::Instant;

    if !mixed::is_possible() {
        return folding;
    }
    let sample = [0x5a; crate::size(crate::CELL)];
    let time = |kernel: Kernel| {
        let once = |_| {
            let start = Instant::now();
            std::hint::black_box(kernel(INVERT, std::hint::black_box(&sample)));
            start.elapsed()
        };
        (0..16).map(once).min()
    };
    if time(mixed::update) < time(folding) { mixed::update } else { folding }
}

#[cfg(target_arch = "x86_64")]
mod mixed;

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(length: usize) -> Vec<u8> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn it_is_crc32c() {
        assert_eq!(of(b"123456789"), 0xe306_9283, "the catalogue's check value");
        assert_eq!(of(&[]), 0);
    }

    #[test]
    fn every_kernel_agrees_with_crc_fast_at_every_length_and_split() {
        let bytes = sample(3 * 16384 + 700);
        let lengths = (0..2200).chain((15_800..17_000).step_by(7)).chain([32_768, bytes.len()]);
        for length in lengths {
            let bytes = &bytes[length % 13..][..length.min(bytes.len() - length % 13)];
            let meant = crc_fast::crc32_iscsi(bytes);
            assert_eq!(folding(INVERT, bytes) ^ INVERT, meant, "{length}");
            let (one, two) = bytes.split_at(length / 3 % bytes.len().max(1));
            assert_eq!(folding(folding(INVERT, one), two) ^ INVERT, meant, "{length}");
            #[cfg(target_arch = "x86_64")]
            if mixed::is_possible() {
                assert_eq!(mixed::update(INVERT, bytes) ^ INVERT, meant, "{length}");
                let state = mixed::update(INVERT, one);
                assert_eq!(folding(state, two) ^ INVERT, meant, "{length}");
                assert_eq!(mixed::update(state, two) ^ INVERT, meant, "{length}");
            }
        }
    }
}
