//! The OCI distribution protocol: a client that pulls and pushes, and the credentials that other container tools have
//! already been given.

#![forbid(unsafe_code)]

pub mod client;
pub mod credentials;
pub mod envelope;
