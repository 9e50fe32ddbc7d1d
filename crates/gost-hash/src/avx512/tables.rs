//! The tables of the standard in the form in which the AVX-512 kernel takes them, computed by the compiler.

use super::standard::{A, C, PI};
use crate::words::Words;

/// The content of one register.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Register(pub(super) Words);

const EMPTY: Register = Register([0; 8]);

/// See `kernel.rs` for the names.
#[derive(Debug)]
pub(super) struct Tables {
    /// π, 64 bytes in each.
    pub(super) pi: [Register; 4],
    /// For the sum `g` and its product `b`: in lane `k` the matrix for that lane.
    pub(super) matrices: [[Register; 2]; 4],
    /// For the sum `g`: which of its bytes goes where.
    pub(super) places: [Register; 4],
    /// The iteration constants.
    pub(super) constants: [Register; 12],
}

pub(super) static TABLES: Tables =
    Tables { pi: pi(), matrices: matrices(), places: places(), constants: constants() };

const fn pi() -> [Register; 4] {
    let mut table = [EMPTY; 4];
    let mut at = 0;
    while at < 256 {
        table[at / 64].0[at % 64 / 8] |= (PI[at] as u64) << (at % 8 * 8);
        at += 1;
    }
    table
}

/// Lane `k` of a result takes from lane `k + 2g` of the sum `g` (see `places`), and there the word
/// `k + 2g + b` is at hand: as it is, or rotated by `b`.
const fn matrices() -> [[Register; 2]; 4] {
    let mut table = [[EMPTY; 2]; 4];
    let mut at = 0;
    while at < 64 {
        let (g, b, lane) = (at / 16, at / 8 % 2, at % 8);
        table[g][b].0[lane] = matrix((lane + 8 - 2 * g) % 8, (lane + b) % 8);
        at += 1;
    }
    table
}

/// Moves lane `k + 2g` to lane `k`, and transposes: byte `i` of lane `k` becomes byte `k` of lane `i`.
const fn places() -> [Register; 4] {
    let mut table = [EMPTY; 4];
    let mut at = 0;
    while at < 256 {
        let (g, k, i) = (at / 64, at / 8 % 8, at % 8);
        let from = (k + 2 * g) % 8 * 8 + i;
        table[g].0[i] |= (from as u64) << (k * 8);
        at += 1;
    }
    table
}

/// What the byte `from` of a word adds to byte `to` of its product with [`A`], in the format of `gf2p8affineqb`:
/// byte `7 - r` of the matrix has the bits of the argument that bit `r` of the result is the sum of.
const fn matrix(to: usize, from: usize) -> u64 {
    let mut matrix = 0;
    let mut at = 0;
    while at < 64 {
        let (row, column) = (at / 8, at % 8);
        let bit = A[63 - (8 * from + column)] >> (8 * to + row) & 1;
        matrix |= bit << (8 * (7 - row) + column);
        at += 1;
    }
    matrix
}

const fn constants() -> [Register; 12] {
    let mut table = [EMPTY; 12];
    let mut at = 0;
    while at < 96 {
        table[at / 8].0[at % 8] = C[at / 8][7 - at % 8];
        at += 1;
    }
    table
}
