//! The compression function of Streebog with AVX-512: a whole state is one register.
//!
//! One round is S, P and L, each for all 64 bytes in parallel:
//! - S replaces each byte by π. The table is four registers: `vpermi2b` looks a byte's lower seven bits up in
//!   two of them, and its eighth bit chooses between the lower and the upper two.
//! - P transposes: word `i` then holds the bytes `i` of all words `j`.
//! - L multiplies each word with a matrix of 64 × 64 bits. That is 8 × 8 matrices `M(k, j)` of 8 × 8 bits, by
//!   which byte `j` of a word counts in byte `k` of the product, and `gf2p8affineqb` multiplies the eight
//!   bytes of a lane with one such matrix.
//!
//! So byte `k` of all products is the sum of `M(k, j)` times word `j` as it was before P. Lane `k` collects
//! that, and P comes last: the lanes are transposed into words.
//!
//! Word `j` has to get to lane `k` for this, by shuffles, which are what limits the speed. With
//! `j = k + 2g + b` there are four sums `g` of two products `b` each. The products need the words as they are
//! and rotated by one; the sums are rotated by `2g` in the same shuffle that transposes them. That is five
//! shuffles instead of eight (seven rotations and P), and was measured to be a quarter faster.
//!
//! This is one of the two modules that may use `unsafe`; the other one is `cli/libc_shadow.rs`. What has to hold is little: the CPU has the
//! instructions, which a [`Kernel`] proves, and memory is only touched through references to whole registers.
#![expect(unsafe_code, reason = "functions for a CPU that has the instructions, and loads of registers")]

use std::arch::x86_64::{
    __m512i, _mm512_alignr_epi64, _mm512_gf2p8affine_epi64_epi8, _mm512_loadu_si512, _mm512_mask_blend_epi8,
    _mm512_movepi8_mask, _mm512_permutex2var_epi8, _mm512_permutexvar_epi8, _mm512_storeu_si512,
    _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

use super::tables::TABLES;
use crate::words::Words;

/// The right to use the instructions: [`Kernel::detect`] is the only way to get one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernel(());

impl Kernel {
    /// A kernel, if this CPU (and the system, which has to save the registers) can do it.
    pub(crate) fn detect() -> Option<Self> {
        let can = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("gfni");
        can.then_some(Self(()))
    }

    /// Replaces `h` by `g_N(h, m)` for each `(N, m)` of `steps`. Words are least significant first.
    pub(crate) fn compress(self, h: &mut Words, steps: impl Iterator<Item = (Words, Words)>) {
        let Self(()) = self;
        // SAFETY: there is a kernel, so the CPU has all that the function is compiled for.
        unsafe { compress(h, steps) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
fn compress(h: &mut Words, steps: impl Iterator<Item = (Words, Words)>) {
    let mut state = load(h);
    for (n, m) in steps {
        state = g(state, load(&n), load(&m));
    }
    // SAFETY: `h` is 64 bytes that may be written; the instruction asks for no alignment.
    unsafe { _mm512_storeu_si512(h.as_mut_ptr().cast(), state) }
}

/// `g_N(h, m)`: the block cipher E with a key of `h` and `N`, encrypting `m`; both chains in one go, since
/// they depend on each other only once a round and a CPU does them side by side.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
#[inline]
fn g(h: __m512i, n: __m512i, m: __m512i) -> __m512i {
    let (left, right) = lps(_mm512_xor_si512(h, n));
    let mut key = _mm512_xor_si512(left, right);
    let mut mixed = xor3(m, left, right);
    for c in &TABLES.constants {
        let (left, right) = lps(mixed);
        let (key_left, key_right) = lps(_mm512_xor_si512(key, load(&c.0)));
        key = _mm512_xor_si512(key_left, key_right);
        mixed = xor3(left, right, key);
    }
    xor3(mixed, h, m)
}

/// One round without the key, as two halves to be added: who adds the key adds them in the same instruction.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
#[inline]
fn lps(x: __m512i) -> (__m512i, __m512i) {
    let [first, second, third, fourth] = &TABLES.pi;
    let low = _mm512_permutex2var_epi8(load(&first.0), x, load(&second.0));
    let high = _mm512_permutex2var_epi8(load(&third.0), x, load(&fourth.0));
    let x = _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), low, high);

    let next = _mm512_alignr_epi64::<1>(x, x);
    let sums = [0, 1, 2, 3].map(|sum| {
        let [even, odd] = &TABLES.matrices[sum];
        let even = _mm512_gf2p8affine_epi64_epi8::<0>(x, load(&even.0));
        let odd = _mm512_gf2p8affine_epi64_epi8::<0>(next, load(&odd.0));
        _mm512_permutexvar_epi8(load(&TABLES.places[sum].0), _mm512_xor_si512(even, odd))
    });
    (xor3(sums[0], sums[1], sums[2]), sums[3])
}

#[target_feature(enable = "avx512f")]
#[inline]
fn xor3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    // The truth table of a sum of three bits.
    _mm512_ternarylogic_epi64::<0b1001_0110>(a, b, c)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(words: &Words) -> __m512i {
    // SAFETY: `words` is 64 bytes that may be read; the instruction asks for no alignment.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}
