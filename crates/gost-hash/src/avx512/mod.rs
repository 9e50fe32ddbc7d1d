//! The compression function with AVX-512.

mod kernel;
mod standard;
mod tables;

pub(crate) use kernel::Kernel;
