//! The OCI distribution protocol, both ends of it: a client that pulls and pushes, and a server that
//! serves any store; and the credentials that other container tools have already been given.

pub mod client;
pub mod credentials;
pub mod envelope;
pub mod route;
pub mod server;
