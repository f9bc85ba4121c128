//! Half of the bytes by folding, half by eight streams of `crc32`, at the same time.
//!
//! A block of m x 512 bytes is cut into eight streams of m x 32 bytes and m x 256 bytes to fold:
//! ```text
//! | stream 0 | stream 1 | ... | stream 7 |            folded            |
//! ```
//! CRCs are linear: that of the block is the sum (xor) of the parts' CRCs, each moved on by as many
//! bytes as follow it. Moving on is multiplying by a power of x modulo the polynomial, which is a
//! constant per m and stream; the eight products are summed first and reduced once.
//!
//! The method is that of V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using
//! PCLMULQDQ Instruction" (Intel, 2009), with the combination of both units of P. Cawley's
//! fast-crc32.

use std::arch::x86_64::{
    __m128i, __m512i, _mm_clmulepi64_si128, _mm_crc32_u8, _mm_crc32_u64, _mm_cvtsi128_si64,
    _mm_extract_epi64, _mm_set_epi64x, _mm_ternarylogic_epi64, _mm_xor_si128,
    _mm512_broadcast_i32x4, _mm512_castsi512_si128, _mm512_clmulepi64_epi128,
    _mm512_extracti32x4_epi32, _mm512_loadu_si512, _mm512_set_epi64, _mm512_setzero_si512,
    _mm512_ternarylogic_epi64,
};

/// CRC32C's polynomial, bits reversed, without its leading term.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// Independent chains of `crc32`: it takes three clocks, and two or more start in one.
const STREAMS: usize = 8;

/// Independent registers of folding, for the same reason.
const FOLDS: usize = 4;

/// Bytes each half takes per round.
const HALF: usize = FOLDS * 64;

/// Bytes of a round.
const ROUND: usize = 2 * HALF;

/// Bytes of one stream per round.
const STEP: usize = HALF / STREAMS;

/// Rounds of the longest block: a cell.
const MOST: usize = crate::size(crate::CELL) / ROUND;

/// The three operands' xor, for the ternary logic instructions.
const XOR: i32 = 0x96;

/// a x b modulo the polynomial, bits reversed.
const fn times(a: u32, b: u32) -> u32 {
    let mut a = a;
    let mut product = 0;
    let mut bit = 32;
    while bit > 0 {
        bit -= 1;
        if b >> bit & 1 == 1 {
            product ^= a;
        }
        a = (a >> 1) ^ if a & 1 == 1 { POLYNOMIAL } else { 0 };
    }
    product
}

/// x^n modulo the polynomial, bits reversed.
const fn power(n: usize) -> u32 {
    let mut result = 1 << 31;
    let mut square = 1 << 30;
    let mut n = n;
    while n > 0 {
        if n & 1 == 1 {
            result = times(result, square);
        }
        square = times(square, square);
        n >>= 1;
    }
    result
}

/// Multipliers that move the low and the high half of 16 bytes on by `bytes`.
const fn fold_by(bytes: usize) -> (i64, i64) {
    (power(bytes * 8 + 31) as i64, power(bytes * 8 - 33) as i64)
}

/// For each m and stream, the multiplier that moves the stream's CRC to the block's end, less the 8
/// bytes by which the reduction moves it.
static TO_END: [[u32; STREAMS]; MOST + 1] = {
    let mut table = [[0; STREAMS]; MOST + 1];
    let mut rounds = 1;
    while rounds <= MOST {
        let mut stream = 0;
        while stream < STREAMS {
            let follow = rounds * (HALF + (STREAMS - 1 - stream) * STEP);
            table[rounds][stream] = power(follow * 8 - 33);
            stream += 1;
        }
        rounds += 1;
    }
    table
};

/// Whether this processor has what it takes.
pub(super) fn is_possible() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("vpclmulqdq")
        && is_x86_feature_detected!("pclmulqdq")
        && is_x86_feature_detected!("sse4.2")
}

/// Continues `state` over `bytes`. Only where [`is_possible`].
pub(super) fn update(state: u32, bytes: &[u8]) -> u32 {
    // SAFETY: the one caller outside the tests took this function only after `is_possible`.
    unsafe { update_mixed(state, bytes) }
}

#[target_feature(enable = "avx512f,avx512vl,vpclmulqdq,pclmulqdq,sse4.2")]
fn update_mixed(mut state: u32, mut bytes: &[u8]) -> u32 {
    while bytes.len() >= ROUND {
        let rounds = (bytes.len() / ROUND).min(MOST);
        let (block, rest) = bytes.split_at(rounds * ROUND);
        state = match rounds {
            MOST => update_block::<true>(state, block, rounds),
            _ => update_block::<false>(state, block, rounds),
        };
        bytes = rest;
    }
    let (words, rest) = bytes.as_chunks::<8>();
    let state =
        words.iter().fold(u64::from(state), |s, w| _mm_crc32_u64(s, u64::from_le_bytes(*w)));
    rest.iter().fold(low(state), |s, byte| _mm_crc32_u8(s, *byte))
}

/// Continues `state` over `rounds` rounds of bytes. For a whole cell distances are constants, which
/// leaves the compiler registers enough.
#[target_feature(enable = "avx512f,avx512vl,vpclmulqdq,pclmulqdq,sse4.2")]
fn update_block<const WHOLE: bool>(state: u32, block: &[u8], rounds: usize) -> u32 {
    let rounds = if WHOLE { MOST } else { rounds };
    assert!(block.len() == rounds * ROUND && rounds <= MOST);
    let stride = rounds * STEP;
    let streams = block.as_ptr();
    let folded = block[rounds * HALF..].as_ptr();
    let (low_factor, high_factor) = const { fold_by(HALF) };
    let factor = _mm512_broadcast_i32x4(_mm_set_epi64x(high_factor, low_factor));
    let mut folds = [_mm512_setzero_si512(); FOLDS];
    let mut sums = [0u64; STREAMS];
    sums[0] = u64::from(state);
    for round in 0..rounds {
        for (index, fold) in folds.iter_mut().enumerate() {
            // SAFETY: 64 bytes at round * 256 + index * 64 of the rounds * 256 in the second half.
            let next = unsafe { _mm512_loadu_si512(folded.add(round * HALF + index * 64).cast()) };
            *fold = fold_onto(*fold, factor, next);
        }
        for word in 0..STEP / 8 {
            for (stream, sum) in sums.iter_mut().enumerate() {
                let at = stream * stride + round * STEP + word * 8;
                // SAFETY: 8 bytes inside stream `stream`, which has `stride` = rounds * 32 bytes.
                let next = unsafe { streams.add(at).cast::<u64>().read_unaligned() };
                *sum = _mm_crc32_u64(*sum, next.to_le());
            }
        }
    }
    let mut product = _mm_set_epi64x(0, 0);
    for (sum, to_end) in sums.iter().zip(TO_END[rounds]) {
        let sum = _mm_set_epi64x(0, i64::from(low(*sum)));
        let to_end = _mm_set_epi64x(0, i64::from(to_end));
        product = _mm_xor_si128(product, _mm_clmulepi64_si128(sum, to_end, 0));
    }
    let moved = _mm_crc32_u64(0, _mm_cvtsi128_si64(product).cast_unsigned());
    low(moved) ^ reduce(folds)
}

/// Moves `fold` on by the distance of `factor` and adds `next`.
#[target_feature(enable = "avx512f,avx512vl,vpclmulqdq")]
fn fold_onto(fold: __m512i, factor: __m512i, next: __m512i) -> __m512i {
    let low = _mm512_clmulepi64_epi128(fold, factor, 0x00);
    let high = _mm512_clmulepi64_epi128(fold, factor, 0x11);
    _mm512_ternarylogic_epi64(low, high, next, XOR)
}

/// The CRC, from state 0, of what was folded.
#[target_feature(enable = "avx512f,avx512vl,vpclmulqdq,sse4.2")]
fn reduce([first, rest @ ..]: [__m512i; FOLDS]) -> u32 {
    let (low_factor, high_factor) = const { fold_by(64) };
    let factor = _mm512_broadcast_i32x4(_mm_set_epi64x(high_factor, low_factor));
    let mut fold = first;
    for next in rest {
        fold = fold_onto(fold, factor, next);
    }
    // The four lanes of 16 bytes: each but the last moves on to the last.
    let (l0, h0) = const { fold_by(48) };
    let (l1, h1) = const { fold_by(32) };
    let (l2, h2) = const { fold_by(16) };
    let factors = _mm512_set_epi64(0, 0, h2, l2, h1, l1, h0, l0);
    let moved = fold_onto(fold, factors, _mm512_setzero_si512());
    let lanes: [__m128i; 4] = [
        _mm512_castsi512_si128(moved),
        _mm512_extracti32x4_epi32(moved, 1),
        _mm512_extracti32x4_epi32(moved, 2),
        _mm512_extracti32x4_epi32(fold, 3),
    ];
    let sum = _mm_xor_si128(_mm_ternarylogic_epi64(lanes[0], lanes[1], lanes[2], XOR), lanes[3]);
    let state = _mm_crc32_u64(0, _mm_cvtsi128_si64(sum).cast_unsigned());
    low(_mm_crc32_u64(state, _mm_extract_epi64(sum, 1).cast_unsigned()))
}

/// The 32 bits a CRC has in a register of 64.
#[allow(clippy::cast_possible_truncation)]
const fn low(register: u64) -> u32 {
    register as u32
}
