//! The compression function with AVX-512.

mod kernel;
mod standard;
mod tables;

pub(super) use kernel::Kernel;
