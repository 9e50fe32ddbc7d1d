//! Network faults, classified from the HTTP library's chain of errors, with message and hints.

mod diagnose;
mod diagnosis;
mod network_fault;
mod proxy_login;
mod tls;
mod words;

pub use diagnosis::FaultKind;
pub use network_fault::NetworkFault;
