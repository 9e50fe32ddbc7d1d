//! GOST R 34.11-2012 sums of a bundle and of its parts: computing, reading, writing.

mod frontier;
mod gost_sum;
mod pieces;
mod recorded;
mod regions;
mod sum_file;
mod sum_thread;

pub use frontier::FrontierSums;
pub use gost_sum::{GostSum, ParseSumError};
pub(crate) use recorded::RecordedSums;
pub use sum_file::{GostSums, read_sum, write_sum};
pub(crate) use sum_thread::SumThread;
