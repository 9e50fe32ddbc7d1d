//! What went wrong on the way to a server, told from the HTTP stack's chain of errors.

mod diagnosis;
mod network_fault;
mod proxy_login;
mod tls;

pub use network_fault::{FaultKind, NetworkFault};
