//! Chance that follows from a seed: the same seed, the same story.

use ring::digest::{SHA256, digest};

/// Draws from a seed.
pub struct Dice {
    seed: u64,
    drawn: u64,
}

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// Below `bound`, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        self.drawn += 1;
        let block = digest(&SHA256, &[self.seed.to_be_bytes(), self.drawn.to_be_bytes()].concat());
        let mut number = [0; 4];
        number.copy_from_slice(&block.as_ref()[..4]);
        // The bias of a remainder is far below what any story could notice.
        u32::from_be_bytes(number) as usize % bound
    }

    /// One time out of `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them.
    ///
    /// # Panics
    /// If there is none.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
