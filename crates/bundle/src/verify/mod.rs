//! Whether a bundle is what it claims to be: structure, the digest of every blob, GOST sums.

mod jobs;
mod references;
mod report;
mod run;

pub use report::{CheckedSum, Damage, VerifyReport};
pub use run::verify;
