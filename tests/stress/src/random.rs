//! Numbers that repeat with their seed.

/// A xorshift generator, started well away from zero.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Random((z ^ (z >> 31)) | 1)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `n`, or 0 where `n` is.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n.max(1)
    }
}

/// Ranks by Zipf's law: rank k has a weight of 1/k^s.
#[derive(Debug)]
pub struct Zipf(Vec<f64>);

impl Zipf {
    /// `n` ranks with exponent `s`.
    #[must_use]
    pub fn new(n: usize, s: f64) -> Zipf {
        let mut sum = 0.0;
        let mut rank = 0.0_f64;
        let sums = (0..n).map(|_| {
            rank += 1.0;
            sum += rank.powf(-s);
            sum
        });
        Zipf(sums.collect())
    }

    /// A rank, counted from 0.
    pub fn draw(&self, random: &mut Random) -> usize {
        let high = u32::try_from(random.bits() >> 32).unwrap_or(0);
        let point = f64::from(high) / f64::from(u32::MAX) * self.0.last().copied().unwrap_or(0.0);
        self.0.partition_point(|sum| *sum < point).min(self.0.len().saturating_sub(1))
    }
}
