//! GOST R 34.11-2012 sums of a bundle and of its parts: computing, reading, writing.

mod gost_sum;
mod sum_file;

pub use gost_sum::{GostSum, ParseSumError, Streebog};
pub use sum_file::{GostSums, read_sum, write_sum};
