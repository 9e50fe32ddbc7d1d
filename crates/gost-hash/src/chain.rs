//! From blocks to a sum: the steps of GOST R 34.11-2012, section 8, around a compression function.

use crate::{avx512::Kernel, words::Words};

const BLOCK: usize = 64;

/// An incremental hash, computed with the kernel.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    kernel: Kernel,
    pub(crate) h: Words,
    /// Bits compressed.
    pub(crate) n: Words,
    /// The sum of all blocks.
    pub(crate) sigma: Words,
    /// The first bytes of a block that is not complete yet.
    partial: [u8; BLOCK],
    /// How many bytes of `partial` are in use; less than a block.
    length: usize,
}

impl Chain {
    /// The state before the first byte.
    pub(crate) fn new(kernel: Kernel) -> Self {
        Self {
            kernel,
            // The initial value for a sum of 256 bits (RFC 6986, section 5.1).
            h: [0x0101_0101_0101_0101; 8],
            n: [0; 8],
            sigma: [0; 8],
            partial: [0; BLOCK],
            length: 0,
        }
    }

    /// Adds the next bytes of the text.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        if self.length > 0 {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.length));
            self.partial[self.length..self.length + now.len()].copy_from_slice(now);
            self.length += now.len();
            bytes = later;
            if self.length < BLOCK {
                return;
            }
            let partial = self.partial;
            self.compress(&[partial]);
        }
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        self.compress(blocks);
        self.partial[..rest.len()].copy_from_slice(rest);
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

    /// The sum of all bytes added.
    pub(crate) fn finish(mut self) -> [u8; 32] {
        let mut last = [0; BLOCK];
        last[..self.length].copy_from_slice(&self.partial[..self.length]);
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
