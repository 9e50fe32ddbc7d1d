//! What tests and benchmarks need: a synthetic distribution, real and faulty servers, slow links,
//! certificates.

pub mod distribution;
