//! Case number n of a target, from the seed and n.

/// The inputs of one run.
#[derive(Debug)]
pub struct Cases {
    seed: u64,
    corpus: Vec<Vec<u8>>,
}

/// Longer inputs say nothing new, and take time.
const LONGEST: usize = 256 << 10;

/// Numbers at which readers err.
const TELLING: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
];

impl Cases {
    /// Cases that grow out of a corpus.
    #[must_use]
    pub fn new(seed: u64, corpus: Vec<Vec<u8>>) -> Cases {
        Cases { seed, corpus }
    }

    /// Case `number`: an input of the corpus with one to eight changes, more of them near its end, where
    /// footers are.
    #[must_use]
    pub fn case(&self, number: u64) -> Vec<u8> {
        let mut random = Random(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut input = self.pick(&mut random).to_vec();
        for _ in 0..=random.below(8) {
            self.change(&mut input, &mut random);
        }
        input.truncate(LONGEST);
        input
    }

    fn pick(&self, random: &mut Random) -> &[u8] {
        let at = random.below(self.corpus.len().max(1));
        self.corpus.get(at).map_or(&[], |input| input)
    }

    fn change(&self, input: &mut Vec<u8>, random: &mut Random) {
        let at = place(input.len(), random);
        match random.below(8) {
            0 | 1 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            2 => {
                let byte = random.next().to_le_bytes()[0];
                input.get_mut(at).into_iter().for_each(|place| *place = byte);
            }
            3 => {
                let number = TELLING[random.below(TELLING.len())];
                let bytes = if random.below(2) == 0 {
                    varint(number)
                } else {
                    number.to_le_bytes().to_vec()
                };
                let end = (at + bytes.len()).min(input.len());
                input.splice(at..end, bytes);
            }
            4 => drop(input.drain(at..(at + random.below(64)).min(input.len()))),
            5 => {
                let part = input[at..(at + random.below(64)).min(input.len())].to_vec();
                input.splice(at..at, part);
            }
            6 => {
                let other = self.pick(random);
                let from = place(other.len(), random);
                let part = other[from..(from + random.below(256)).min(other.len())].to_vec();
                input.splice(at..at, part);
            }
            _ => input.truncate(at.max(1)),
        }
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f).to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    bytes
}

/// A place in an input, three times out of four among its last 512 bytes.
fn place(length: usize, random: &mut Random) -> usize {
    let last = length.min(512);
    if random.below(4) == 0 { random.below(length + 1) } else { length - random.below(last + 1) }
}

/// `SplitMix64`.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_follows_from_its_numbers() {
        let cases = Cases::new(7, vec![b"some input".to_vec(), vec![0; 1000]]);
        for number in 0..200 {
            assert_eq!(cases.case(number), cases.case(number));
            assert!(cases.case(number).len() <= LONGEST);
        }
        assert_ne!(cases.case(1), cases.case(2));
        let _ = Cases::new(7, Vec::new()).case(3);
    }
}
