//! The hash function GOST R 34.11-2012 ("Streebog") with 256 bits, as fast as the CPU allows: with AVX-512, or portable.
//!
//! The only library crate that contains `unsafe`: the AVX-512 kernel in `avx512/kernel.rs`.

#[cfg_attr(any(not(target_arch = "x86_64"), feature = "portable"), path = "no_avx512.rs")]
mod avx512;
mod chain;
mod hasher;
#[cfg(test)]
mod tests;
mod words;

pub use hasher::Streebog;
