//! Proxies by Go's rules, and what can go wrong with them.

mod connect_probe;
mod login_schemes;
mod no_proxy;
mod rules;
mod tunnel_fault;

pub(crate) use login_schemes::{login_schemes, unsupported_schemes};
pub(crate) use rules::ProxyRules;
pub(crate) use tunnel_fault::{ProxyFault, ProxyFaultLayer, ProxyProblem};
