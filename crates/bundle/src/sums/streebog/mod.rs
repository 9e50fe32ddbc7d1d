//! The hash function GOST R 34.11-2012 with 256 bits, as fast as the CPU allows.

#[cfg_attr(any(not(target_arch = "x86_64"), feature = "portable-streebog"), path = "no_avx512.rs")]
mod avx512;
mod chain;
mod hasher;
#[cfg(test)]
mod tests;

pub use hasher::Streebog;
