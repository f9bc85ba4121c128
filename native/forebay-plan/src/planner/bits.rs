//! A set of small numbers, one bit each.

/// Which of the numbers below a fixed size are in the set.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// An empty set for numbers below `size`.
    pub(super) fn new(size: usize) -> Bits {
        Bits { words: vec![0; size.div_ceil(64)] }
    }

    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    pub(super) fn heap(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.words.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Adds `number`; says whether it is new. What lies past the size is never in the set.
    pub(super) fn insert(&mut self, number: usize) -> bool {
        let Some(word) = self.words.get_mut(number / 64) else { return false };
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_new_once_and_only_inside_the_size() {
        let mut bits = Bits::new(65);
        assert!(bits.insert(0) && bits.insert(64) && !bits.insert(64));
        assert!(bits.contains(0) && bits.contains(64) && !bits.contains(63));
        assert!(!bits.insert(1 << 40) && !bits.contains(1 << 40));
        assert!(!Bits::default().contains(0));
    }
}
