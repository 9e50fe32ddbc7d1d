//! From blocks to a sum: the steps of GOST R 34.11-2012, section 8, around a compression function.

use super::avx512::Kernel;

/// 512 bits, least significant word first.
pub(super) type Words = [u64; 8];

const BLOCK: usize = 64;

/// A text that is being hashed with the kernel.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    kernel: Kernel,
    pub(super) h: Words,
    /// Bits compressed.
    pub(super) n: Words,
    /// The sum of all blocks.
    pub(super) sigma: Words,
    /// The beginning of a block whose rest has not come yet.
    begun: [u8; BLOCK],
    /// Length of that beginning in bytes, less than a block.
    length: usize,
}

impl Chain {
    /// No text yet.
    pub(super) fn new(kernel: Kernel) -> Self {
        Self {
            kernel,
            // That the sum has 256 bits.
            h: [0x0101_0101_0101_0101; 8],
            n: [0; 8],
            sigma: [0; 8],
            begun: [0; BLOCK],
            length: 0,
        }
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        if self.length > 0 {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.length));
            self.begun[self.length..self.length + now.len()].copy_from_slice(now);
            self.length += now.len();
            bytes = later;
            if self.length < BLOCK {
                return;
            }
            let begun = self.begun;
            self.compress(&[begun]);
        }
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        self.compress(blocks);
        self.begun[..rest.len()].copy_from_slice(rest);
        self.length = rest.len();
    }

    fn compress(&mut self, blocks: &[[u8; BLOCK]]) {
        let Self { n, sigma, .. } = self;
        let steps = blocks.iter().map(|block| {
            let (count, block) = (*n, words(block));
            add(n, &number(BLOCK));
            add(sigma, &block);
            (count, block)
        });
        self.kernel.compress(&mut self.h, steps);
    }

    /// The sum of everything taken.
    pub(super) fn finish(mut self) -> [u8; 32] {
        let mut last = [0; BLOCK];
        last[..self.length].copy_from_slice(&self.begun[..self.length]);
        last[self.length] = 1;
        let (count, last) = (self.n, words(&last));
        add(&mut self.n, &number(self.length));
        add(&mut self.sigma, &last);
        let steps = [(count, last), ([0; 8], self.n), ([0; 8], self.sigma)];
        self.kernel.compress(&mut self.h, steps.into_iter());
        let mut sum = [0; 32];
        for (bytes, word) in sum.as_chunks_mut().0.iter_mut().zip(&self.h[4..]) {
            *bytes = word.to_le_bytes();
        }
        sum
    }
}

fn words(block: &[u8; BLOCK]) -> Words {
    let mut words = [0; 8];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

/// The number of bits in some bytes of a block.
fn number(bytes: usize) -> Words {
    [8 * bytes as u64, 0, 0, 0, 0, 0, 0, 0]
}

/// Adds modulo 2^512.
fn add(to: &mut Words, words: &Words) {
    let mut carry = false;
    for (to, word) in to.iter_mut().zip(words) {
        (*to, carry) = to.carrying_add(*word, carry);
    }
}
