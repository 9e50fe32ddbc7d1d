//! GOST R 34.11-2012 sums of a bundle and of its parts: computing, reading, writing.

mod frontier;
mod gost_sum;
mod lane;
mod pieces;
mod regions;
mod stated;
mod streebog;
mod sum_file;

pub use frontier::FrontierSums;
pub use gost_sum::{GostSum, ParseSumError};
pub(crate) use lane::Lane;
pub(crate) use stated::StatedSums;
pub use streebog::Streebog;
pub use sum_file::{GostSums, read_sum, write_sum};
